"""Where a file lies on a session's axis."""

from dataclasses import dataclass

from sessions.contract.schema import Attachment
from sessions.replay.axis import Axis

ASSUMED = "start assumed: session’s start"


@dataclass(frozen=True)
class Start:
    """When a file's first frame or byte is, in seconds on the axis. `assumed` is in words, where nobody said it."""

    t: float
    assumed: str = ""


def start_of(file: Attachment, axis: Axis) -> Start:
    return Start(0.0, ASSUMED) if file.starts_at is None else Start(axis.t(file.starts_at))
