"""Days are those of the viewer's zone, both ends included to the microsecond, however long they are."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from sessions.models import Organisation, Session, User
from sessions.query import parse, read_parameters
from sessions.query.parameters import FIRST_DAY, LAST_DAY, day_range, is_reversed
from tests.conftest import Send
from tests.query.readers import Reader

# (zone, day, its first moment in UTC, its hours)
DAYS = [
    ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00", 23),
    ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00", 25),
    ("Europe/Berlin", "2026-06-15", "2026-06-14T22:00:00", 24),
    ("America/New_York", "2026-03-08", "2026-03-08T05:00:00", 23),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00:00", 25),
    ("America/New_York", "2026-06-15", "2026-06-15T04:00:00", 24),
    # Without summer time, and three quarters of an hour off.
    ("Asia/Kathmandu", "2026-03-29", "2026-03-28T18:15:00", 24),
    ("Asia/Kathmandu", "2026-10-25", "2026-10-24T18:15:00", 24),
    # A quarter of an hour was left out when 1986 began.
    ("Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30:00", 23.75),
    # Clocks go forward at midnight, so there is none.
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00", 23),
    ("America/Havana", "2026-03-08", "2026-03-08T05:00:00", 23),
    ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00", 23),
    # Midnight comes twice, or the hour before it does.
    ("America/Havana", "2026-11-01", "2026-11-01T04:00:00", 25),
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00", 25),
    ("Asia/Beirut", "2026-10-24", "2026-10-23T21:00:00", 25),
]
# Days that never were, where the zone moved across the date line: (zone, day, where it would begin in UTC).
SKIPPED = [
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00"),
    ("Pacific/Fakaofo", "2011-12-30", "2011-12-30T11:00:00"),
    ("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00:00"),
    ("Pacific/Kiritimati", "1994-12-31", "1994-12-31T10:00:00"),
]
TICK = timedelta(microseconds=1)
ZONES = sorted(available_timezones())


@pytest.mark.parametrize("zoned", DAYS, ids=str)
def test_a_day_begins_and_ends_with_the_zone(
    acme: Organisation, alice: User, send: Send, reader: Reader, zoned: tuple[str, str, str, float]
) -> None:
    zone, day, first, hours = zoned
    alice.time_zone = zone
    alice.save()
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    end = begin + timedelta(hours=hours)
    send(acme, started_at=begin - TICK)
    inside = [send(acme, started_at=moment) for moment in (begin, begin + (end - begin) / 2, end - TICK)]
    send(acme, started_at=end)
    assert reader.ask(alice, start=day, end=day) == inside[::-1]


@pytest.mark.parametrize(("zone", "day", "first", "hours"), DAYS)
def test_consecutive_days_meet_without_gap_or_overlap(
    acme: Organisation, alice: User, zone: str, day: str, first: str, hours: float
) -> None:
    acme.time_zone = zone
    acme.save()
    alice.refresh_from_db()
    before, after = (str(date.fromisoformat(day) + timedelta(days=days)) for days in (-1, 1))
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert range_of(alice, before)[1] == begin
    assert range_of(alice, day) == (begin, begin + timedelta(hours=hours))
    assert range_of(alice, after)[0] == begin + timedelta(hours=hours)


def test_the_zone_is_the_persons_else_the_organisations(acme: Organisation, alice: User) -> None:
    acme.time_zone = "America/New_York"
    acme.save()
    alice.refresh_from_db()
    assert range_of(alice, "2026-06-15")[0] == datetime(2026, 6, 15, 4, tzinfo=UTC)
    alice.time_zone = "Asia/Kathmandu"
    assert range_of(alice, "2026-06-15")[0] == datetime(2026, 6, 14, 18, 15, tzinfo=UTC)


@pytest.mark.parametrize("day", ["1970-01-02", "2199-12-31"])
def test_the_first_and_last_days_that_can_be_asked_for_answer(
    acme: Organisation, alice: User, send: Send, reader: Reader, day: str
) -> None:
    moment = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    ident = send(acme)
    # No producer may send one so far ahead; one that is stored is found.
    Session.objects.update(started_at=moment, ended_at=None, last_seen_at=moment)
    assert reader.ask(alice, start=day, end=day) == [ident]


@pytest.mark.parametrize(("zone", "day", "moment"), SKIPPED)
def test_a_day_that_the_zone_skipped_has_no_sessions_and_is_no_error(
    acme: Organisation, alice: User, send: Send, reader: Reader, zone: str, day: str, moment: str
) -> None:
    alice.time_zone = zone
    alice.save()
    begin = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    before, after = send(acme, started_at=begin - TICK), send(acme, started_at=begin)
    day_before, day_after = (str(date.fromisoformat(day) + timedelta(days=days)) for days in (-1, 1))
    assert reader.ask(alice, start=day, end=day) == []
    assert reader.ask(alice, start=day_before, end=day) == [before]
    assert reader.ask(alice, start=day, end=day_after) == [after]
    assert reader.ask(alice, start=day_before, end=day_after) == [after, before]
    assert read_parameters(alice, QueryDict(f"start={day_after}&end={day}")).invalid == {"end"}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-06-15", "2026-06-15", False),
        ("2026-06-15", "2026-06-14", True),
        ("2026-06-15T12:00:00Z", "2026-06-15T12:00:00Z", False),
        ("2026-06-15T12:00:00Z", "2026-06-15T11:59:59Z", True),
        ("2026-06-15T12:00:00Z", "2026-06-15", False),
        ("2026-06-15", "2026-06-15T12:00:00Z", False),
        ("2026-06-15", "2026-06-14T12:00:00Z", True),
        ("2026-06-15T12:00:00Z", "2026-06-14", True),
    ],
)
def test_a_range_is_reversed_by_what_was_given(alice: User, start: str, end: str, expected: bool) -> None:
    asked = read_parameters(alice, QueryDict(f"start={start}&end={end}"))
    assert bool(asked.errors) is expected
    assert (asked.request.clauses.start is None) is expected


@given(zone=st.sampled_from(ZONES), day=st.dates(FIRST_DAY + timedelta(days=2), LAST_DAY - timedelta(days=3)))
@example("Pacific/Apia", date(2011, 12, 29))
@example("Pacific/Kwajalein", date(1993, 8, 20))
@example("America/Sao_Paulo", date(2018, 11, 3))
@example("Africa/Cairo", date(2014, 9, 25))
@example("America/St_Johns", date(1988, 4, 2))
def test_in_every_zone_the_days_partition_the_time_line(zone: str, day: date) -> None:
    days = [day + timedelta(days=number) for number in range(3)]
    ranges = [day_range(one, one, ZoneInfo(zone)) for one in days]
    whole = day_range(days[0], days[-1], ZoneInfo(zone))
    assert not any(is_reversed(one, one, ZoneInfo(zone)) for one in days)
    assert whole == (ranges[0][0], ranges[-1][1])
    for (_, end), (following, _) in pairwise(ranges):
        assert end == following
    for one, (start, end) in zip(days, ranges, strict=True):
        assert start is not None
        assert end is not None
        assert start <= end
        # What lies in it is shown as of this day, first moment and noon alike, however long it is.
        assert start == end or start.astimezone(ZoneInfo(zone)).date() == one
        noon = datetime.combine(one, time(12), tzinfo=ZoneInfo(zone)).astimezone(UTC)
        assert start == end or start <= noon < end


def range_of(viewer: User, day: str) -> tuple[datetime | None, datetime | None]:
    clauses = parse(viewer, QueryDict(f"start={day}&end={day}")).clauses
    return clauses.start, clauses.end
