"""What is counted, for whom, and on which day."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from sessions.models import ApiToken, Organisation, User
from sessions.query import read_parameters
from sessions.usage import numbers
from sessions.usage.numbers import Numbers, Usage, UsageRequest
from tests.conftest import Send

JUNE = {"start": "2026-06-01", "end": "2026-06-30"}


def asked(viewer: User, **parameters: str) -> UsageRequest:
    return UsageRequest(read_parameters(viewer, QueryDict(urlencode(parameters))))


def count(viewer: User, **parameters: str) -> Usage:
    return numbers.usage(asked(viewer, **(JUNE | parameters)))


def at(day: int, hour: int = 12, minutes: int = 60, queue: float = 0) -> dict[str, datetime]:
    """A session of June 2026 that ran for `minutes` after `queue` seconds."""
    start = datetime(2026, 6, day, hour, tzinfo=UTC)
    return {
        "requested_at": start - timedelta(seconds=queue),
        "started_at": start,
        "ended_at": start + timedelta(minutes=minutes),
    }


def test_sessions_and_hours_are_summed_per_day_and_in_all(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, **at(3, minutes=90))
    send(acme, **at(3, minutes=30))
    send(acme, **at(5, minutes=6))
    found = count(alice)
    assert (found.days[date(2026, 6, 3)].sessions, found.days[date(2026, 6, 3)].duration_ms) == (2, 2 * 3_600_000)
    assert found.days[date(2026, 6, 5)].duration_ms == 360_000
    assert (found.total.sessions, found.total.duration_ms) == (3, 126 * 60_000)


def test_every_day_of_the_range_is_there_also_one_without_sessions(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, **at(3))
    found = count(alice)
    assert list(found.days) == [date(2026, 6, day) for day in range(1, 31)]
    assert found.days[date(2026, 6, 4)] == Numbers()


def test_queue_times_are_the_median_and_the_95th_percentile_of_the_day(
    acme: Organisation, alice: User, send: Send
) -> None:
    for seconds in range(1, 21):
        send(acme, **at(3, queue=seconds))
    numbers = count(alice).days[date(2026, 6, 3)]
    assert (numbers.queue_median_ms, numbers.queue_p95_ms) == (10_000, 19_000)


def test_an_unknown_queue_time_is_no_short_one(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, started_at=datetime(2026, 6, 3, 12, tzinfo=UTC))
    assert count(alice).days[date(2026, 6, 3)].queue_median_ms is None


def test_apps_devices_and_users_are_named_most_sessions_first(acme: Organisation, alice: User, send: Send) -> None:
    for number, app in enumerate(["a", "b", "b", "c", "c", "c"]):
        send(
            acme,
            **at(number + 1),
            app={"app_id": app, "name": app.upper()},
            device={"model": f"Model {app}"},
            user=f"{app}@acme.example",
        )
    found = count(alice)
    assert [(one.value, one.label, one.numbers.sessions) for one in found.apps] == [
        ("c", "C", 3), ("b", "B", 2), ("a", "A", 1),
    ]  # fmt: skip
    assert [one.value for one in found.devices] == ["Model c", "Model b", "Model a"]
    assert [one.value for one in found.users] == ["c@acme.example", "b@acme.example", "a@acme.example"]


def test_devices_of_one_maker_and_model_are_one_line_whatever_their_type(
    acme: Organisation, alice: User, send: Send
) -> None:
    for manufacturer, kind in (("A", "phone"), ("A", "tablet"), ("B", "phone")):
        send(acme, **at(3), device={"model": "One", "manufacturer": manufacturer, "type": kind})
    assert [(one.value, one.numbers.sessions) for one in count(alice).devices] == [("A One", 2), ("B One", 1)]


def test_only_the_ten_busiest_are_named(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(12):
        send(acme, **at(3), app={"app_id": f"app{number}"})
    assert len(count(alice).apps) == 10


def test_filters_count_what_the_list_shows_for_them(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, **at(3), app={"app_id": "a"}, user="uma@acme.example")
    send(acme, **at(3), app={"app_id": "b"})
    assert count(alice, app="a").total.sessions == 1
    assert count(alice, q="UMA").total.sessions == 1
    assert count(alice, user="nobody").total.sessions == 0
    assert count(alice, status="failed").total.sessions == 0


def test_a_developer_counts_the_own_sessions_and_those_of_own_tokens(
    acme: Organisation, dave: User, nightly: ApiToken, send: Send
) -> None:
    send(acme, **at(3), user="dave@acme.example")
    send(acme, **at(3), token="nightly-ci")
    send(acme, **at(3), user="uma@acme.example", app={"app_id": "secret"})
    send(acme, **at(3))
    found = count(dave)
    assert found.total.sessions == 2
    assert found.apps == []


def test_users_are_named_to_admins_alone(acme: Organisation, uma: User, send: Send) -> None:
    send(acme, **at(3), user="uma@acme.example")
    found = count(uma)
    assert found.total.sessions == 1
    assert found.users == []


def test_another_organisation_is_never_counted(globex: Organisation, alice: User, send: Send) -> None:
    send(globex, **at(3), app={"app_id": "theirs"})
    found = count(alice)
    assert found.total.sessions == 0
    assert found.apps == []


def test_a_session_counts_on_the_day_of_the_viewers_zone(
    acme: Organisation, globex: Organisation, alice: User, globex_admin: User, send: Send
) -> None:
    # 23:30 UTC is half past one in Berlin and half past seven in the evening in New York.
    late = datetime(2026, 6, 3, 23, 30, tzinfo=UTC)
    send(acme, started_at=late)
    send(globex, started_at=late)
    assert count(alice).days[date(2026, 6, 4)].sessions == 1
    assert count(globex_admin).days[date(2026, 6, 3)].sessions == 1


def test_the_day_with_25_hours_has_them_all_and_the_one_with_23_no_more(
    acme: Organisation, alice: User, send: Send
) -> None:
    # Berlin turned its clocks back on 25 October 2026 and forth on 29 March 2026.
    for moment in ("2026-10-24T22:00Z", "2026-10-25T22:59Z", "2026-10-25T23:00Z", "2026-03-28T23:00Z",
                   "2026-03-29T21:59Z", "2026-03-29T22:00Z"):  # fmt: skip
        send(acme, started_at=datetime.fromisoformat(moment))
    autumn = count(alice, start="2026-10-24", end="2026-10-26")
    assert [numbers.sessions for numbers in autumn.days.values()] == [0, 2, 1]
    spring = count(alice, start="2026-03-28", end="2026-03-30")
    assert [numbers.sessions for numbers in spring.days.values()] == [0, 2, 1]


def test_the_day_of_the_clock_change_counts_as_one_day_of_28(alice: User) -> None:
    assert len(asked(alice, end="2026-11-01").days) == 28


def test_a_lost_session_counts_up_to_its_last_sign_of_life_a_running_one_not_yet(
    acme: Organisation, alice: User, send: Send
) -> None:
    start = datetime(2026, 6, 3, 12, tzinfo=UTC)
    send(acme, status="active", started_at=start, last_seen_at=start + timedelta(minutes=20))
    assert count(alice).total == Numbers(1, 20 * 60_000)
    now = datetime.now(UTC)
    send(acme, status="active", started_at=now - timedelta(minutes=5), last_seen_at=now, app={"app_id": "now"})
    running = numbers.usage(asked(alice, app="now"))
    assert (running.total.sessions, running.total.duration_ms) == (1, 0)


def test_more_sessions_than_can_be_counted_in_time_are_not_counted_in_part(
    acme: Organisation, alice: User, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(acme, **at(3))
    send(acme, **at(4))
    monkeypatch.setattr(numbers, "MOST_SESSIONS", 1)
    found = count(alice)
    assert found.too_many
    assert found.total.sessions == 0
