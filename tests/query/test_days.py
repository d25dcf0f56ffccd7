"""Days are those of the viewer's zone, both ends included to the microsecond, however long they are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict

from sessions.models import Organisation, User
from sessions.query import parse
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
]
TICK = timedelta(microseconds=1)


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
    ident = send(acme, started_at=moment)
    assert reader.ask(alice, start=day, end=day) == [ident]


def range_of(viewer: User, day: str) -> tuple[datetime | None, datetime | None]:
    clauses = parse(viewer, QueryDict(f"start={day}&end={day}")).clauses
    return clauses.start, clauses.end
