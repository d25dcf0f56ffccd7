"""What a producer's clock may say, held against ours: now is when we hear of it.

A sign of life never lies in the future, or a session would be in progress until then; nor does a duration end there.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sessions.contract.line_errors import invalid
from sessions.contract.schema import SessionLine

# A clock that is off by no more than this is taken to be right.
CLOCK_TOLERANCE = timedelta(minutes=5)
# A start that lies further ahead is no clock that goes wrong, but a wrong value.
FURTHEST_AHEAD = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)


def check_not_far_ahead(time: datetime, now: datetime, field: str) -> None:
    """Raises LineError for a start that is more than FURTHEST_AHEAD from now."""
    if time - now > FURTHEST_AHEAD:
        raise invalid(field, "lies more than 24 hours ahead")


def is_heard(time: datetime, now: datetime) -> bool:
    """Whether something can have been seen at that time."""
    return time - now <= CLOCK_TOLERANCE


def last_heard(line: SessionLine, now: datetime) -> datetime:
    """The latest of a session's times that is no later than now, but for last_seen_at; now if there is none."""
    own = (line.requested_at, line.started_at, line.ended_at)
    times = [time for time in own if time is not None] + [event.event_time for event in line.events]
    return max((time for time in times if is_heard(time, now)), default=now)


def times_of(line: SessionLine) -> Iterator[datetime]:
    """Every time that it says."""
    for time in (line.requested_at, line.started_at, line.ended_at, line.last_seen_at):
        if time is not None:
            yield time
    yield from (event.event_time for event in line.events)
    yield from (file.starts_at for file in line.attachments if file.starts_at is not None)


def skew_ms(said: Iterable[datetime], now: datetime, ahead: timedelta | None = None) -> int | None:
    """How far the producer's clock is from ours, positive where it is ahead; None while that is tolerable.

    `ahead` is the difference where it is known. Otherwise the clock is at least at the newest time that it has said,
    and may be behind without anybody knowing.
    """
    if ahead is None:
        ahead = max(max(said, default=now) - now, timedelta())
    return ahead // MILLISECOND if abs(ahead) > CLOCK_TOLERANCE else None
