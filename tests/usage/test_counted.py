"""What was counted ahead comes to the same as reading the sessions, for everybody and whatever is asked."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import ApiToken, ChangedDay, CountedDay, DayCount, Organisation, Session, User
from sessions.postgresql.fetching import fetch_all
from sessions.query import read_parameters
from sessions.retention.purge import purge
from sessions.usage import roll_up
from sessions.usage.numbers import Named, Numbers, Usage, UsageRequest, usage
from sessions.usage.queue_times import percentile, sql_bucket
from sessions.usage.roll_up import count_days
from sessions.usage.rolled_up import parts
from tests.conftest import Send
from tests.query.explained import traced
from tests.query.large import ROWS, fill_both

# Two weeks around each of a year's clock changes in Berlin.
CHANGES = (datetime(2025, 10, 26, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC))
RANGE = {"start": "2025-10-15", "end": "2026-04-10"}
ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/New_York", "UTC")
PEOPLE = ("uma", "dave", "vera")
MODELS = (("One", "A"), ("One", "B"), ("Two", ""), ("", "nameless"))
ASKED: dict[str, dict[str, Any]] = {
    "everything": {},
    "an app": {"app": "app-1"},
    "apps": {"app": ["app-1", "app-2", "app-6"]},
    "a device that two makers have": {"device": "One"},
    "devices": {"device": ["One", "Two"]},
    "a person": {"user": "dave@acme.example"},
    "people": {"user": ["dave@acme.example", "vera@acme.example"]},
    "nobody": {"user": "nobody@acme.example"},
    "from a moment to a moment": {"start": "2025-10-25T10:20:00Z", "end": "2026-03-29T01:30:00Z"},
    "an app from a moment": {"app": "app-1", "start": "2025-10-25T10:20:00Z"},
    "a day": {"start": "2026-03-29", "end": "2026-03-29"},
    "an app and a device": {"app": "app-1", "device": "One"},
    "a status": {"status": "failed"},
    "a flag": {"flag": "crash"},
    "a search": {"q": "app-1"},
}


@pytest.fixture(autouse=True)
def _few_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that of a day's thirty sessions some have counts of their own and some are read, as of thousands."""
    monkeypatch.setattr(roll_up, "BUSY", 5)


def random_line(rng: random.Random, number: int) -> dict[str, Any]:
    start = rng.choice(CHANGES) + timedelta(minutes=15 * rng.randrange(-7 * 96, 7 * 96))
    status = rng.choice(("ended", "ended", "failed", "active", "queued", "lost"))
    requested = start - timedelta(milliseconds=int(rng.expovariate(1 / 20_000)))
    model, manufacturer = rng.choice(MODELS)
    person = rng.choice(PEOPLE)
    initiator: dict[str, str] = rng.choice((
        {"type": "user", "email": f"{person}@acme.example"},
        {"type": "user", "email": f"{person}@acme.example"},
        {"type": "token", "label": "nightly-ci"},
        {"type": "token", "label": "nightly-ci", "email": f"{person}@acme.example"},
        {"type": "anonymous"},
    ))  # fmt: skip
    line = {
        "external_id": f"s-{number}",
        "status": status,
        "initiator": initiator,
        "app": {"app_id": f"app-{int(rng.paretovariate(1)) % 8}"} if rng.random() < 0.9 else None,
        "device": {"model": model, "manufacturer": manufacturer} if rng.random() < 0.9 else None,
        "flags": {"crash": rng.random() < 0.2},
        "requested_at": requested if status == "queued" or rng.random() < 0.9 else None,
        "started_at": None if status == "queued" else start,
        "ended_at": start + timedelta(seconds=rng.randrange(4000)) if status in ("ended", "failed") else None,
        "last_seen_at": start + timedelta(hours=2),
    }
    return {name: value for name, value in line.items() if value is not None}


def send_random(to: Organisation, rng: random.Random, numbers: range, folder: Path) -> None:
    lines = [random_line(rng, number) for number in numbers]
    assert not load(to, [prepare(to, msgspec.json.encode(line), 1, folder) for line in lines]).refused


def counted(organisation: Organisation) -> int:
    """How many days were."""
    *_, last = [roll_up.Days(0, 0), *count_days(organisation)]
    return last.counted


def asked(viewer: User, **parameters: Any) -> UsageRequest:
    found = UsageRequest(read_parameters(viewer, QueryDict(urlencode(RANGE | parameters, doseq=True))))
    assert not found.given.errors
    return found


def read(query: UsageRequest) -> Usage:
    """The same with nothing counted ahead."""
    with transaction.atomic():
        CountedDay.objects.update(counted_at=None)
        found = usage(query)
        transaction.set_rollback(True)
    assert not found.is_about
    return found


def uses_counts(query: UsageRequest) -> bool:
    return bool(parts(query.request.criteria, query.ranges).counts)


def agree(query: UsageRequest) -> None:
    found, truth = usage(query), read(query)
    assert list(found.days) == list(truth.days)
    for one, other in [(found.total, truth.total), *zip(found.days.values(), truth.days.values(), strict=True)]:
        assert (one.sessions, one.duration_ms) == (other.sessions, other.duration_ms)
        assert_near(one.queue_median_ms, other.queue_median_ms)
        assert_near(one.queue_p95_ms, other.queue_p95_ms)
    assert without_ties(found.apps) == without_ties(truth.apps)
    assert without_ties(found.devices) == without_ties(truth.devices)
    assert without_ties(found.users) == without_ties(truth.users)
    if len(parts(query.request.criteria, query.ranges).keys) <= 1:
        assert found.days == truth.days


def assert_near(one: int | None, other: int | None) -> None:
    if one is None or other is None:
        assert one is other
    else:
        assert abs(one - other) <= 1 + other * 0.01


def without_ties(names: list[Named]) -> list[Named]:
    """There are fewer names than are shown, so all are there."""
    assert len(names) < 10
    return sorted(names, key=lambda one: one.value)


@pytest.fixture
def viewers(acme: Organisation, alice: User, dave: User, uma: User, nightly: ApiToken) -> list[User]:
    for name in ZONES[1:]:
        User.objects.create(organisation=acme, email=f"{name}@acme.example", time_zone=name, can_sign_in=True)
    return [alice, dave, uma]


def everybody_everywhere(viewers: list[User]) -> Iterator[User]:
    for viewer in viewers:
        for zone in ZONES:
            viewer.time_zone = zone
            yield viewer


@pytest.mark.parametrize("seed", range(3))
def test_counted_or_read_it_comes_to_the_same(
    acme: Organisation, viewers: list[User], tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    send_random(acme, rng, range(900), tmp_path)
    counted(acme)
    # Some change, some move to another day, some are new: their days are read again, and the others are not.
    send_random(acme, rng, range(897, 903), tmp_path)
    used = set()
    for viewer in everybody_everywhere(viewers):
        for name, parameters in ASKED.items():
            query = asked(viewer, **parameters)
            agree(query)
            if uses_counts(query):
                used.add(name)
    # Were nothing counted, all would agree as well.
    assert set(ASKED) - used - {"a day"} == {"nobody", "an app and a device", "a status", "a flag"}


def test_it_stays_so_while_days_are_counted_again_and_purged(
    acme: Organisation, viewers: list[User], tmp_path: Path
) -> None:
    rng = random.Random(5)
    send_random(acme, rng, range(600), tmp_path)
    for turn in range(4):
        counted(acme)
        send_random(acme, rng, range(turn * 100, turn * 100 + 60), tmp_path)
        list(purge(acme, CHANGES[0] + timedelta(days=turn - 4)))
        for viewer in viewers:
            agree(asked(viewer))
            agree(asked(viewer, app="app-1"))
    counted(acme)
    assert not ChangedDay.objects.exists()
    for viewer in everybody_everywhere(viewers):
        agree(asked(viewer))


def test_of_many_days_a_filter_without_counts_is_read_only_if_that_is_bounded(
    acme: Organisation, alice: User, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four in five have just ended, which no index tells: to find them, all would be read."""
    for number in range(10):
        at = datetime(2026, 3, 10 + number, 12, tzinfo=UTC)
        send(acme, started_at=at, status="ended" if number % 5 else "failed", app={"app_id": f"app-{number}"})
    counted(acme)
    monkeypatch.setattr("sessions.usage.numbers.MOST_SESSIONS", 9)
    assert usage(asked(alice)).total.sessions == 10
    assert usage(asked(alice, status="ended")).too_many
    assert usage(asked(alice, status="ended", app=["app-0", "app-1"])).total.sessions == 1
    assert usage(asked(alice, status="ended", start="2026-03-01")).total.sessions == 8
    assert usage(asked(alice, status="failed")).total.sessions == 2
    monkeypatch.setattr("sessions.usage.numbers.MOST_SESSIONS", 10)
    assert usage(asked(alice, status="ended")).total.sessions == 8


def test_a_developer_sees_the_own_sessions_once_though_they_are_the_persons_and_the_tokens(
    acme: Organisation, alice: User, dave: User, nightly: ApiToken, send: Send
) -> None:
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    person, token = {"email": "dave@acme.example"}, {"type": "token", "label": "nightly-ci"}
    for number, initiator in enumerate(({"type": "user", **person}, token, token | person)):
        for copy in range(7):
            send(acme, started_at=at, initiator=initiator, external_id=f"{number}-{copy}")
    counted(acme)
    assert usage(asked(dave)).total.sessions == 21
    assert usage(asked(alice, user="dave@acme.example")).total.sessions == 14
    agree(asked(dave))


def test_what_another_organisation_has_counted_is_never_seen(
    acme: Organisation, globex: Organisation, alice: User, globex_admin: User, send: Send
) -> None:
    acme.time_zone = globex.time_zone = "UTC"
    acme.save()
    globex.save()
    send(globex, started_at=datetime(2026, 3, 10, 12, tzinfo=UTC), app={"app_id": "theirs"})
    counted(globex)
    assert usage(asked(alice)).total.sessions == 0
    assert uses_counts(asked(globex_admin))


def test_today_and_days_that_touch_it_are_not_counted(acme: Organisation, alice: User, send: Send) -> None:
    now = timezone.now()
    for hours in range(0, 72, 2):
        send(acme, started_at=now - timedelta(hours=hours))
    counted(acme)
    assert all(day.end_at <= now for day in CountedDay.objects.all())
    agree(asked(alice, start=str((now - timedelta(days=5)).date()), end=str(now.date())))


def test_days_are_counted_where_the_members_are_that_can_look(acme: Organisation, uma: User, send: Send) -> None:
    send(acme, started_at=datetime(2026, 3, 10, 20, tzinfo=UTC))
    uma.time_zone = "Asia/Kathmandu"
    uma.save()
    User.objects.create(organisation=acme, email="gone@acme.example", time_zone="Asia/Tokyo", is_active=False)
    counted(acme)
    starts = CountedDay.objects.order_by("start_at").values_list("start_at", flat=True)
    assert [start.isoformat() for start in starts] == ["2026-03-09T23:00:00+00:00", "2026-03-10T18:15:00+00:00"]


def test_counting_again_counts_nothing_and_after_a_write_only_its_day(acme: Organisation, send: Send) -> None:
    for day in (10, 11, 12):
        send(acme, started_at=datetime(2026, 3, day, 12, tzinfo=UTC), external_id=str(day))
    assert [counted(acme), counted(acme)] == [3, 0]
    send(acme, started_at=datetime(2026, 3, 11, 13, tzinfo=UTC), external_id="another")
    # The UTC day touches two of Berlin's.
    assert counted(acme) == 2


def test_a_session_that_moves_gives_up_the_day_it_leaves(acme: Organisation, alice: User, send: Send) -> None:
    for day in (10, 20):
        send(acme, started_at=datetime(2026, 3, day, 12, tzinfo=UTC), external_id=str(day))
    counted(acme)
    send(acme, started_at=datetime(2026, 3, 20, 12, tzinfo=UTC), external_id="10")
    found = usage(asked(alice))
    assert found.days[date(2026, 3, 10)] == Numbers()
    assert found.days[date(2026, 3, 20)].sessions == 2
    assert set(ChangedDay.objects.values_list("day", flat=True)) == {date(2026, 3, 10), date(2026, 3, 20)}


def test_what_was_open_when_it_was_counted_counts_only_once_it_is_lost(
    acme: Organisation, alice: User, send: Send
) -> None:
    """Its duration is known then, whatever the organisation calls lost by the time somebody looks."""
    yesterday = timezone.now() - timedelta(days=2)
    asks = {"start": str((yesterday - timedelta(days=2)).date()), "end": str(timezone.now().date())}
    send(acme, status="active", started_at=yesterday, last_seen_at=yesterday + timedelta(hours=1))
    counted(acme)
    assert usage(asked(alice, **asks)).total.duration_ms == 3_600_000
    assert uses_counts(asked(alice, **asks))
    acme.lost_after = timedelta(days=7)
    acme.save()
    alice.organisation.refresh_from_db()
    assert usage(asked(alice, **asks)).total.duration_ms == 0
    assert not uses_counts(asked(alice, **asks))


def test_times_of_one_day_are_exact_and_those_of_many_are_said_to_be_about(
    acme: Organisation, alice: User, send: Send
) -> None:
    for day, seconds in ((10, 61), (11, 67)):
        start = datetime(2026, 3, day, 12, tzinfo=UTC)
        send(acme, requested_at=start - timedelta(seconds=seconds), started_at=start)
    counted(acme)
    found = usage(asked(alice))
    assert found.days[date(2026, 3, 11)].queue_median_ms == 67_000
    assert found.is_about
    alone = usage(asked(alice, start="2026-03-11", end="2026-03-11"))
    assert alone.total.queue_median_ms == 67_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(0, 10**9), min_size=1, max_size=50), part=st.sampled_from((0.5, 0.95)))
def test_a_queue_time_from_buckets_is_within_one_percent_and_a_millisecond(
    db: None, times: list[int], part: float
) -> None:
    [(exact,)] = fetch_all(
        f"SELECT percentile_disc({part}) WITHIN GROUP (ORDER BY t) FROM unnest(%(times)s::bigint[]) t", {"times": times}
    )
    found = fetch_all(
        f"SELECT {sql_bucket('t')}, count(*) FROM unnest(%(times)s::bigint[]) t GROUP BY 1", {"times": times}
    )
    assert_near(percentile(dict(found), part), exact)
    assert exact >= 50 or percentile(dict(found), part) == exact


def test_no_queue_times_have_no_percentile() -> None:
    assert percentile({}, 0.5) is None


def test_of_a_year_only_the_days_that_are_not_counted_are_read(
    acme: Organisation, globex: Organisation, alice: User, dave: User, send: Send
) -> None:
    fill_both(acme, globex, dave)
    counted(acme)
    changed = timezone.now() - timedelta(days=100)
    send(acme, started_at=changed)
    today = timezone.localdate(timezone=alice.zone)
    year = {"start": str(today - timedelta(days=365)), "end": str(today)}
    # Of 75 sessions a day: the changed UTC day, which touches two of Berlin's, and today with what touches it; twice,
    # where PostgreSQL brings two indexes together.
    bound = 2 * 5 * ROWS // 400
    for parameters in ({}, {"user": "dave"}, {"device": ["private", "new"]}):
        query = asked(alice, **year, **parameters)
        statements = traced(lambda query=query: usage(query))
        assert sum(statement.rows for statement in statements) <= bound, parameters
        assert usage(query).total.sessions > 10_000


def test_an_organisation_that_goes_takes_its_counts_along(acme: Organisation, send: Send) -> None:
    send(acme)
    counted(acme)
    send(acme)
    Session.objects.all().delete()
    acme.delete()
    assert [model.objects.count() for model in (CountedDay, DayCount, ChangedDay)] == [0, 0, 0]


def test_counts_that_are_given_up_between_two_looks_are_not_used(
    acme: Organisation, alice: User, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that commits between the look for the counts and their use."""
    send(acme, started_at=datetime(2026, 3, 10, 12, tzinfo=UTC))
    counted(acme)
    looked = []

    def look_and_be_overtaken(*arguments: Any) -> Any:
        looked.append(parts(*arguments))
        send(acme, started_at=datetime(2026, 3, 10, 13, tzinfo=UTC), external_id=str(len(looked)))
        return looked[-1]

    monkeypatch.setattr("sessions.usage.numbers.parts", look_and_be_overtaken)
    assert usage(asked(alice)).total.sessions == 2 + 1
    assert [bool(one.counts) for one in looked] == [True, False]


def test_a_version_that_was_counted_anew_meanwhile_is_not_the_one_that_was_found(
    acme: Organisation, alice: User, send: Send
) -> None:
    """Its rows may be of other keys."""
    send(acme, started_at=datetime(2026, 3, 10, 12, tzinfo=UTC))
    counted(acme)
    query = asked(alice)
    [old] = parts(query.request.criteria, query.ranges).counts
    send(acme, started_at=datetime(2026, 3, 10, 13, tzinfo=UTC), external_id="another")
    counted(acme)
    [new] = parts(query.request.criteria, query.ranges).counts
    assert new == replace(old, version=old.version + 1)
