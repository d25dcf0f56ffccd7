"""The lanes of a session's files, and the first thing that went wrong in each of them."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from uuid import UUID

from django.core.files.storage import default_storage

from sessions.contract.choices import AttachmentKind
from sessions.contract.schema import Session
from sessions.files.contents import HEAD_BYTES
from sessions.files.encodings import encoding_of
from sessions.files.media import Viewer, viewer_of
from sessions.models import Attachment
from sessions.replay.axis import Axis
from sessions.replay.log import LARGEST as LARGEST_LOG
from sessions.replay.log import LogLane, has_log_index, log_errors, log_index_of, log_lane
from sessions.replay.log_placing import place_log
from sessions.replay.network import (
    Bar,
    failed_requests,
    har_index_of,
    is_har_at_hand,
    place_requests,
    request_lane,
    shifted,
)
from sessions.replay.trouble import Count, Trouble
from sessions.viewers.crash import MOST_BYTES, read_crash
from sessions.viewers.har.address import without_secrets
from sessions.viewers.har.archive import NotHar
from sessions.viewers.levels import Level
from sessions.viewers.log_index import LEVELS
from sessions.viewers.times import without_time

ERROR = LEVELS.index(Level.ERROR)
# Each is read for each page, and a session may have any number of them.
MOST_REPORTS = 20
LINES, REQUESTS, REPORTS = "error line", "failed request", "crash report"


@dataclass(frozen=True)
class Drawn:
    """A box of a lane, in percent of the axis and of the lane's height."""

    t: float
    x: float
    width: float
    height: float
    is_bad: bool


@dataclass(frozen=True)
class FileLane:
    """`is_pending` where the file is large and has not been read yet; then nothing else is known."""

    label: str
    template: str
    file: Attachment
    boxes: list[Drawn] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    count: Count | None = None
    is_pending: bool = False


@dataclass(frozen=True)
class Reading:
    """How the files' clocks are read: the zones that a time without one may mean, and which kinds are shifted."""

    zones: Sequence[tzinfo] = ()
    shifts: Collection[str] = ()


def file_lanes(record: Session, axis: Axis, reading: Reading, *, read_all: bool) -> list[FileLane]:
    """Of the first log and the first network log, and of the first crash reports. With `read_all`, none is pending.

    What the storage has lost, is too large, or nobody can read, has no lane: its panel says why.
    """
    found = []
    for file, is_read in _files(record.id):
        if not is_read:
            found.append(FileLane("", "", file, count=Count("log", REPORTS, 1)))
            continue
        try:
            found.append(_lane(file, record, axis, reading, read_all=read_all))
        except (OSError, NotHar):
            continue
    return found


def _files(session_id: UUID) -> Iterator[tuple[Attachment, bool]]:
    """Each with whether it is read; crash reports beyond MOST_REPORTS are only counted."""
    shown: Counter[str] = Counter()
    for file in Attachment.objects.filter(session_id=session_id, available=True).order_by("name"):
        viewer = viewer_of(file.kind, file.content_type)
        is_crash = file.kind == AttachmentKind.CRASH_REPORT and viewer is Viewer.LOG
        is_log = file.kind == AttachmentKind.LOG and viewer is Viewer.LOG
        name = "crash" if is_crash else "log" if is_log else "network" if viewer is Viewer.REQUESTS else ""
        if name and (is_crash or not shown[name]):
            shown[name] += 1
            yield file, shown[name] <= MOST_REPORTS


def _lane(file: Attachment, record: Session, axis: Axis, reading: Reading, *, read_all: bool) -> FileLane:
    """Raises OSError and NotHar."""
    if file.kind == AttachmentKind.CRASH_REPORT:
        return _crash(file, record, axis)
    if file.kind == AttachmentKind.LOG:
        if file.size > LARGEST_LOG:
            return FileLane("Log", "detail/lane_log.html", file)
        if not read_all and not has_log_index(file):
            return FileLane("Log", "detail/lane_log.html", file, is_pending=True)
        return _log(file, axis, reading)
    if not read_all and not is_har_at_hand(file):
        return FileLane("Network", "detail/lane_network.html", file, is_pending=True)
    return _network(file, axis, reading)


def _log(file: Attachment, axis: Axis, reading: Reading) -> FileLane:
    index = log_index_of(file)
    placing = place_log(index, axis, file.starts_at, reading.zones, correct="log" in reading.shifts)
    lane = log_lane(index, placing, axis)
    first = log_errors(index, placing, file, axis, most=1)
    troubles = [
        Trouble("log", error.t, "log", without_time(error.text), LINES, file.name, error.number) for error in first
    ]
    count = Count("log", LINES, index.counts[Level.ERROR], (("level", Level.ERROR.value),))
    return FileLane("Log", "detail/lane_log.html", file, list(_densities(lane, axis)), troubles, count)


def _densities(lane: LogLane | None, axis: Axis) -> Iterator[Drawn]:
    """The height is the root of the number of lines, so that a single error is seen beside a thousand lines."""
    if lane is None or not (most := lane.most):
        return
    width = 100 / len(lane.buckets)
    for place, counts in enumerate(lane.buckets):
        for number, is_bad in ((sum(counts), False), (counts[ERROR], True)):
            if number:
                height = max((number / most) ** 0.5 * 100, 8.0)
                yield Drawn(place * width / 100 * axis.length, place * width, width, height, is_bad)


def _network(file: Attachment, axis: Axis, reading: Reading) -> FileLane:
    placement = place_requests(har_index_of(file), axis, file.starts_at)
    if "network" in reading.shifts:
        placement = shifted(placement)
    failures, name = failed_requests(file, placement, most=1), file.name
    troubles = [
        Trouble(
            "network",
            one.t,
            f"{one.method} {one.status or 'no answer'}",
            one.error or without_secrets(one.url),
            REQUESTS,
            name,
        )
        for one in failures.first
    ]
    failed = (("status", "4xx"), ("status", "5xx"), ("status", "none"))
    count = Count("network", REQUESTS, failures.count, failed)
    boxes = [_drawn(bar, axis) for bar in request_lane(placement, axis)]
    return FileLane("Network", "detail/lane_network.html", file, boxes, troubles, count)


def _drawn(bar: Bar, axis: Axis) -> Drawn:
    x = axis.share(bar.t)
    return Drawn(bar.t, x, max(axis.share(bar.t + bar.length) - x, 0.15), 100.0, bar.failed)


def _crash(file: Attachment, record: Session, axis: Axis) -> FileLane:
    """It has no lane of its own: what it says stands in what went wrong."""
    with default_storage.open(file.storage_name) as content:
        head = content.read(MOST_BYTES)
    crash = read_crash(head.decode(encoding_of(file.content_type, head[:HEAD_BYTES]), "replace"), record.app.app_id)
    if crash is None:
        return FileLane("", "", file)
    t = None if file.starts_at is None else axis.t(file.starts_at)
    text = f"{crash.error} at {crash.frame}" if crash.frame else crash.error
    return FileLane(
        "", "", file, [], [Trouble("log", t, "crash report", text, REPORTS, file.name)], Count("log", REPORTS, 1)
    )
