"""The axis of a session: seconds counted from its start, on which everything that happened in it has a place."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict
from django.utils import timezone

from sessions.contract.schema import Session

# What came later than this after the end, by a clock that was wrong, does not make the axis longer.
AFTERMATH = 30.0
SHORTEST = 0.001
# Python would also read "1_000", "nan" and the digits of other scripts.
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)


@dataclass(frozen=True)
class Axis:
    """`origin` is the session's start, or its request while it waits; `length` is in seconds, above 0."""

    origin: datetime
    length: float

    def t(self, moment: datetime) -> float:
        """Seconds from the origin; less than 0 for what came before it."""
        return (moment - self.origin) / timedelta(seconds=1)

    def moment(self, t: float) -> datetime:
        """Raises OverflowError for a moment outside the calendar."""
        return self.origin + timedelta(seconds=t)

    def share(self, t: float) -> float:
        """Where a moment lies on the axis, in percent: at its ends for what lies outside it."""
        return min(max(t / self.length, 0.0), 1.0) * 100


@dataclass(frozen=True)
class Scope:
    """What a page is asked to show: the moment `t`, and the stretch from `first` to `last`, in seconds on the axis.

    None where nothing is asked.
    """

    t: float | None = None
    first: float | None = None
    last: float | None = None

    @property
    def has_range(self) -> bool:
        return self.first is not None and self.last is not None

    def holds(self, t: float) -> bool:
        return self.first is None or self.last is None or self.first <= t <= self.last


def axis_of(record: Session, last_event: datetime | None = None) -> Axis:
    """The axis of a session, which ends where the session did, or now; events just after the end are on it as well."""
    origin = record.started_at or record.requested_at or timezone.now()
    if record.duration_ms is not None:
        length = record.duration_ms / 1000
    elif record.ended_at or record.last_seen_at:
        length = ((record.ended_at or record.last_seen_at or origin) - origin).total_seconds()
    else:
        length = 0.0
    if record.status == "active":
        length = max(length, (timezone.now() - origin).total_seconds())
    if last_event is not None:
        after = (last_event - origin).total_seconds()
        length = after if length < after <= length + AFTERMATH else length
    return Axis(origin, max(length, SHORTEST))


def scope_of(parameters: QueryDict) -> Scope:
    """`?t=83.4&range=10-25`. What is not understood is not asked: an address that was cut still shows the session."""
    first, hyphen, last = parameters.get("range", "").partition("-")
    start, end = seconds(first), seconds(last)
    if not hyphen or start is None or end is None or start >= end:
        start = end = None
    return Scope(seconds(parameters.get("t", "")), start, end)


def seconds(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text) else None


def clock(t: float) -> str:
    """`0:12.480`, `−0:03.200` before the start, `1:02:03.004` after an hour; cut to milliseconds."""
    # Milliseconds before the cut: 12.48 is a little less in binary.
    whole = math.floor(round(abs(t) * 1000, 3))
    sign = "−" if t < 0 and whole else ""
    minutes, milliseconds = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    rest = f"{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    return f"{sign}{hours:,}:{minutes:02}:{rest}" if hours else f"{sign}{minutes}:{rest}"
