"""Which days are counted."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.http import QueryDict

from sessions.models import User
from sessions.query import read_parameters
from sessions.usage.numbers import UsageRequest

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _today() -> object:
    with time_machine.travel(datetime(2026, 6, 15, 12, tzinfo=UTC), tick=False):
        yield


def asked(viewer: User, **parameters: str) -> UsageRequest:
    return UsageRequest(read_parameters(viewer, QueryDict(urlencode(parameters))))


def test_without_dates_it_is_the_last_28_days_today_included(alice: User) -> None:
    days = asked(alice).days
    assert (days[0], days[-1], len(days)) == (date(2026, 5, 19), TODAY, 28)


def test_a_start_alone_reaches_to_today(alice: User) -> None:
    days = asked(alice, start="2026-06-10").days
    assert (days[0], days[-1]) == (date(2026, 6, 10), TODAY)


def test_an_end_alone_has_28_days_before_it(alice: User) -> None:
    days = asked(alice, end="2026-03-31").days
    assert (days[0], days[-1], len(days)) == (date(2026, 3, 4), date(2026, 3, 31), 28)


def test_a_leap_year_is_counted_as_it_is(alice: User) -> None:
    found = asked(alice, start="2024-01-01", end="2024-12-31")
    assert (len(found.days), found.is_cut) == (366, False)


def test_of_more_than_366_days_the_last_366_are_counted_and_it_is_said(alice: User) -> None:
    found = asked(alice, start="2020-01-01", end="2026-04-02")
    assert (found.days[0], found.days[-1], found.is_cut) == (date(2025, 4, 2), date(2026, 4, 2), True)
    assert found.given.values["start"] == date(2025, 4, 2)


def test_a_range_of_moments_keeps_them(alice: User) -> None:
    found = asked(alice, start="2026-06-03T10:00:00Z", end="2026-06-04T10:00:00Z")
    assert found.days == [date(2026, 6, 3), date(2026, 6, 4)]
    assert found.request.clauses.start == datetime(2026, 6, 3, 10, tzinfo=UTC)


def test_a_start_in_the_future_is_one_day(alice: User) -> None:
    assert asked(alice, start="2026-07-01").days == [date(2026, 7, 1)]


def test_the_first_day_of_the_calendar_has_nothing_before_it(alice: User) -> None:
    assert asked(alice, end="1970-01-05").days[0] == date(1970, 1, 2)


@pytest.mark.parametrize(("start", "end"), [(30, 30), (29, 30), (30, 31), (29, 31)])
def test_a_day_that_the_zone_skipped_stands_among_the_days_and_is_empty(alice: User, start: int, end: int) -> None:
    alice.time_zone = "Pacific/Apia"
    found = asked(alice, start=f"2011-12-{start}", end=f"2011-12-{end}")
    assert found.given.errors == []
    assert found.days == [date(2011, 12, day) for day in range(start, end + 1)]
    lengths = dict(zip(found.days, [day.end - day.start for day in found.ranges], strict=True))
    assert lengths.pop(date(2011, 12, 30)) == timedelta(0)
    assert set(lengths.values()) <= {timedelta(days=1)}


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"start": "banana"}, "start"),
        ({"end": "2026-02-30"}, "end"),
        ({"start": "2026-06-10", "end": "2026-06-01"}, "end"),
        ({"status": "asleep"}, "status"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_parameter_is_named_and_the_last_28_days_apply(
    alice: User, parameters: dict[str, str], field: str
) -> None:
    found = asked(alice, **parameters)
    assert [error.field for error in found.given.errors] == [field]
    assert len(found.days) == 28
    assert found.days[-1] - found.days[0] == timedelta(days=27)
