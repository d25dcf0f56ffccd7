"""What a producer's clock says, held against ours."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.http import http_date

from sessions.ingest.reading.clocks import CLOCK_TOLERANCE
from sessions.models import Organisation, Session, User
from tests.api_writing.program import NDJSON, SESSIONS, Program, error
from tests.ingest.lines import a_line, an_event, send_lines, stored

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OPEN: dict[str, Any] = {"status": "active", "ended_at": None}
START = {"started_at": "2026-11-21T11:00:00Z"}


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def at(moment: datetime) -> str:
    return moment.isoformat()


FUTURE: list[dict[str, Any]] = [
    {"events": [an_event(event_time="2099-01-01T00:00:00Z")]},
    {"last_seen_at": "2099-01-01T00:00:00Z"},
    {"duration_ms": 2_000_000_000_000},
    {"started_at": at(NOW + 2 * HOUR)},
    {"started_at": at(NOW + 2 * HOUR), "events": [an_event(event_time=at(NOW + 3 * HOUR))]},
    {"requested_at": at(NOW + HOUR), "started_at": at(NOW + 2 * HOUR), "last_seen_at": at(NOW + 3 * HOUR)},
]


@pytest.mark.parametrize("future", FUTURE)
@pytest.mark.parametrize("way", ["post", "batch", "patch", "import"])
def test_an_open_session_is_lost_when_it_has_been_silent_for_the_limit_whatever_it_says_of_the_future(
    daves: Program, acme: Organisation, future: dict[str, Any], way: str
) -> None:
    line = a_line(**{**OPEN, **START, **future})
    match way:
        case "post":
            assert daves.post(line).status_code == 201
        case "batch":
            assert daves.batch(line)[0]["status"] == "created"
        case "patch":
            ident = daves.new(**OPEN, **START)
            response = daves.patch(ident, {name: value for name, value in future.items() if name != "duration_ms"})
            assert response.status_code == 200, response.content
        case "import":
            assert not send_lines(acme, line).refused
    row = stored(acme)

    assert row.last_seen_at <= NOW + CLOCK_TOLERANCE
    if way != "import":  # what is imported was not heard now
        assert row.last_seen_at == NOW
    silent = NOW + acme.lost_after + CLOCK_TOLERANCE + timedelta(seconds=1)
    with time_machine.travel(silent, tick=False):
        record = daves.get(row.id) if row.token_id else read(acme, row)
        assert record["status"] == "lost"
        assert record["duration_ms"] is None or record["duration_ms"] <= HOUR // timedelta(milliseconds=1)


def read(acme: Organisation, row: Session) -> Any:
    admin = User(organisation=acme, email="admin@acme.example", role="admin", can_sign_in=True)
    admin.save()
    client = Client()
    client.force_login(admin)
    return client.get(f"{SESSIONS}/{row.id}").json()


@pytest.mark.parametrize(
    "future", [{"events": [an_event(event_time="2027-01-01T00:00:00Z")]}, {"last_seen_at": "2027-01-01T00:00:00Z"}]
)
def test_no_duration_ends_in_the_future(daves: Program, acme: Organisation, future: dict[str, Any]) -> None:
    line = a_line(ended_at=None, **START, **future)
    posted = daves.post(line)

    assert posted.json() == daves.get(posted.json()["id"])
    assert posted.json()["duration_ms"] == 0
    send_lines(acme, line | {"external_id": "imported"})
    assert stored(acme, "imported").duration_ms == 0


def test_a_session_that_is_to_start_later_has_no_duration(daves: Program) -> None:
    posted = daves.post(a_line(status="failed", started_at=at(NOW + 2 * HOUR), ended_at=None))

    assert posted.json() == daves.get(posted.json()["id"])
    assert posted.json()["duration_ms"] is None
    ended = daves.post(
        a_line(external_id="two", started_at=at(NOW + 2 * HOUR), ended_at=at(NOW + 2 * HOUR + 4 * MINUTE))
    )
    assert ended.json()["duration_ms"] == 240_000


@pytest.mark.parametrize("field", ["started_at", "requested_at"])
def test_a_start_more_than_a_day_ahead_is_refused(daves: Program, acme: Organisation, field: str) -> None:
    fields = {"started_at": at(NOW + 3 * 24 * HOUR), "ended_at": None} | {field: at(NOW + 24 * HOUR + MINUTE)}
    line = a_line(**fields)

    assert error(daves.post(line)) == (400, "invalid_value", field)
    assert [(line["code"], line["field"]) for line in daves.batch(line)] == [("invalid_value", field)]
    ident = daves.new(**OPEN, **START)
    assert error(daves.patch(ident, {"started_at": fields["started_at"], field: fields[field]})) == (
        400,
        "invalid_value",
        field,
    )
    assert daves.post(line | {field: at(NOW + 24 * HOUR), "started_at": at(NOW + 24 * HOUR)}).status_code == 200


def test_what_is_a_little_ahead_is_kept_as_it_was_sent(daves: Program) -> None:
    """Clocks differ by seconds or minutes, and the events of one clock belong together."""
    soon = at(NOW + 4 * MINUTE)
    record = daves.post(a_line(ended_at=None, **START, events=[an_event(event_time=soon)])).json()

    assert (record["last_seen_at"], record["duration_ms"]) == ("2026-11-21T12:04:00.000000Z", 64 * 60_000)
    assert record["clock_skew_ms"] is None


AHEAD = timedelta(hours=2, minutes=3)


@pytest.mark.parametrize(("skew", "text"), [(AHEAD, "2h 03m ahead"), (-AHEAD, "2h 03m behind")])
@pytest.mark.parametrize("way", ["post", "batch", "patch", "events", "file"])
def test_the_date_of_a_request_tells_how_far_its_clock_is_off(
    daves: Program, acme: Organisation, alice: User, client_of: Any, way: str, skew: timedelta, text: str
) -> None:
    date = {"Date": http_date((NOW + skew).timestamp())}
    line = a_line(**OPEN, **START)
    ident = acme.session_id("one")
    if way not in ("post", "batch"):
        daves.new(**OPEN, **START)
    match way:
        case "post":
            posted = daves.send("POST", SESSIONS, line, **date).json()
            assert posted == daves.get(ident)
        case "batch":
            assert daves.send("POST", f"{SESSIONS}/batch", json.dumps(line).encode(), NDJSON, **date).getvalue()
        case "patch":
            daves.send("PATCH", f"{SESSIONS}/{ident}", {}, **date)
        case "events":
            daves.send("POST", f"{SESSIONS}/{ident}/events", {"events": [an_event()]}, **date)
        case "file":
            daves.send("PUT", f"{SESSIONS}/{ident}/attachments/a.log", b"text", "text/plain", **date)

    record = daves.get(ident)
    assert record["clock_skew_ms"] == skew // timedelta(milliseconds=1)
    assert record["last_seen_at"] == "2026-11-21T12:00:00.000000Z"
    page = client_of(alice).get(f"/sessions/{ident}/").content.decode()
    assert f"The producer’s clock was {text}" in page
    # A request that says nothing of its clock, or of one that is right by now, does not undo it.
    daves.patch(ident, {})
    daves.send("PATCH", f"{SESSIONS}/{ident}", {}, Date=http_date(NOW.timestamp()))
    assert daves.get(ident)["clock_skew_ms"] == record["clock_skew_ms"]


@pytest.mark.parametrize("way", ["post", "events", "import"])
def test_without_a_date_the_newest_time_that_is_sent_tells_it(daves: Program, acme: Organisation, way: str) -> None:
    ahead = an_event(event_time=at(NOW + AHEAD))
    match way:
        case "post":
            daves.new(**OPEN, **START, events=[ahead])
        case "events":
            daves.events(daves.new(**OPEN, **START), ahead)
        case "import":
            send_lines(acme, a_line(**OPEN, **START, events=[ahead]))

    assert stored(acme).clock_skew_ms == AHEAD // timedelta(milliseconds=1)


def test_a_right_clock_is_believed_before_the_times_that_are_sent(daves: Program, acme: Organisation) -> None:
    line = a_line(**OPEN, **START, events=[an_event(event_time=at(NOW + AHEAD))])
    daves.send("POST", SESSIONS, line, Date=http_date(NOW.timestamp()))

    assert stored(acme).clock_skew_ms is None


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Nov 2026 99:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_date_that_nobody_can_read_breaks_nothing(daves: Program, date: str) -> None:
    assert daves.send("POST", SESSIONS, a_line(**OPEN, **START), Date=date).status_code == 201


def test_how_far_a_clock_is_off_is_not_for_producers_to_say(daves: Program) -> None:
    assert error(daves.post(a_line(clock_skew_ms=1))) == (400, "unknown_parameter", "clock_skew_ms")
    ident = daves.new()
    assert error(daves.patch(ident, {"clock_skew_ms": 1})) == (400, "unknown_parameter", "clock_skew_ms")


def test_an_old_file_says_nothing_of_the_clock(acme: Organisation, tmp_path: Path) -> None:
    send_lines(acme, a_line(events=[an_event()]))

    assert stored(acme).clock_skew_ms is None
