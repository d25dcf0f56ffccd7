"""Where a log's lines lie on its session's axis, and what is assumed about that."""

from calendar import isleap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from sessions.replay.axis import Axis
from sessions.replay.placing import ASSUMED
from sessions.viewers.log_index import LogIndex
from sessions.viewers.stamp_formats import DAY, Clock

# A clock that is off by less than this may be right: a device runs before its session and after it.
LEAST_OFF = 600.0
# Zones lie whole quarters of an hour apart.
QUARTER = 900.0
# Moved by whole quarters, a log may reach over its session's ends by this much.
FITS = 60.0
FROM_LOG = "times from the log"
SENT = "starts_at: sent by the producer"


@dataclass(frozen=True)
class Placing:
    """A line's place on the axis is its stamp plus `shift`, in seconds; None where lines have no times.

    `source` says where the places come from, `start` is where the log as a whole begins. `off` is by how many seconds
    its times lie outside the session, negative where they are too early, and `correction` what the view may move them
    by; both are 0 where nothing is wrong. `is_corrected` says that they were moved.
    """

    shift: float | None
    source: str
    start: float
    off: float = 0.0
    correction: float = 0.0
    is_corrected: bool = False

    def t(self, seconds: float | None) -> float | None:
        return None if seconds is None or self.shift is None else seconds + self.shift

    def seconds(self, t: float) -> float | None:
        """The stamp of a line at this place."""
        return None if self.shift is None else t - self.shift


@dataclass(frozen=True)
class _Reading:
    """One way to understand the stamps: what they are read as, and the shift that makes."""

    shift: float
    name: str = ""


def place_log(
    index: LogIndex,
    axis: Axis,
    starts_at: datetime | None = None,
    zones: Sequence[tzinfo] = (),
    *,
    correct: bool = False,
) -> Placing:
    """By the log's own times where it has any, else by `starts_at`, else from the session's start.

    `zones` are those that a clock without a zone may have shown, after UTC. Of all that its times may mean, that counts
    which lies best within the session, or nearest to `starts_at`. With `correct`, a clock that is hours off is set.
    """
    start = axis.t(starts_at) if starts_at else None
    if index.stamps is None or index.opening is None or index.low is None or index.high is None:
        return Placing(None, ASSUMED if start is None else SENT, start or 0.0)
    if index.stamps.clock is Clock.RELATIVE:
        return _relative(index, axis, start)
    readings = list(_readings(index.stamps.clock, index.opening, axis, zones))
    if start is None:
        best = min(readings, key=lambda reading: _overhang(index, reading.shift, axis))
    else:
        best = min(readings, key=lambda reading: abs(index.opening + reading.shift - start))  # type: ignore[operator]
    source = f"{FROM_LOG}, read as {best.name}" if best.name else FROM_LOG
    off = _off(index.low + best.shift, index.high + best.shift, axis)
    correction = _correction(index, best.shift, axis) if off else 0.0
    shift = best.shift + (correction if correct else 0.0)
    return Placing(shift, source, index.low + shift, off, correction, correct and bool(off))


def _relative(index: LogIndex, axis: Axis, start: float | None) -> Placing:
    """With `starts_at` it is known when the first line was written. Without, a count from the session's start fits, or
    else the first line is taken to be at it."""
    assert index.opening is not None
    assert index.low is not None
    if start is not None:
        return Placing(start - index.opening, f"seconds from the log, {SENT}", start)
    shift = 0.0 if _overhang(index, 0.0, axis) <= FITS else -index.opening
    return Placing(shift, f"seconds from the log, {ASSUMED}", index.low + shift)


def _readings(clock: Clock, opening: float, axis: Axis, zones: Iterable[tzinfo]) -> Iterator[_Reading]:
    origin = axis.origin.astimezone(UTC)
    zero = -origin.timestamp()
    if clock is Clock.ABSOLUTE:
        yield _Reading(zero)
        return
    for offset in dict.fromkeys([0.0, *(_offset(zone, axis.origin) for zone in zones)]):
        zone = _zone_name(offset)
        if clock is Clock.LOCAL:
            yield _Reading(zero - offset, zone)
        elif clock is Clock.YEARLESS:
            for year in (origin.year, origin.year - 1, origin.year + 1):
                for shift in _to_year(opening, year):
                    yield _Reading(zero - offset + shift, f"{year}, {zone}")
        else:
            for days in (0, -1, 1):
                day = origin.date() + timedelta(days=days)
                midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
                yield _Reading(zero - offset + midnight, f"{day:%Y-%m-%d}, {zone}")


def _to_year(stamp: float, year: int) -> Iterator[float]:
    """How far a moment of YEAR is from the same month, day and time of another one. 1 March stands for 29 February as
    well."""
    day = datetime.fromtimestamp(stamp, UTC).date()
    yield (day.replace(year=year) - day).days * DAY
    if isleap(year) and (day.month, day.day) == (3, 1):
        yield (date(year, 2, 29) - day).days * DAY


def _offset(zone: tzinfo, moment: datetime) -> float:
    return (moment.astimezone(zone).utcoffset() or timedelta()).total_seconds()


def _zone_name(offset: float) -> str:
    """`UTC`, `UTC+01:00`."""
    hours, minutes = divmod(round(abs(offset)) // 60, 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}" if offset else "UTC"


def _overhang(index: LogIndex, shift: float, axis: Axis) -> float:
    """For how many seconds the log reaches over the session's ends."""
    assert index.low is not None
    assert index.high is not None
    return max(-(index.low + shift), 0.0) + max(index.high + shift - axis.length, 0.0)


def _off(first: float, last: float, axis: Axis) -> float:
    """By how much all of it lies after the session, or, negative, before it; 0 for what is near enough."""
    if first - axis.length > LEAST_OFF:
        return first - axis.length
    return last if last < -LEAST_OFF else 0.0


def _correction(index: LogIndex, shift: float, axis: Axis) -> float:
    """Whole quarters of an hour, as a wrong zone makes, where that brings the log into the session; else what brings
    its first line to the session's start."""
    assert index.opening is not None
    opening = index.opening + shift
    quarters = -round(opening / QUARTER) * QUARTER
    best = min(
        (quarters + some * QUARTER for some in (0, 1, -1)), key=lambda moved: _overhang(index, shift + moved, axis)
    )
    return best if _overhang(index, shift + best, axis) <= FITS else -opening
