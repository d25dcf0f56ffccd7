"""/api/v1/events and /api/v1/events/latest: events across sessions, of visible sessions only."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from sessions.models import Organisation, User
from sessions.query.events import page as event_pages
from sessions.query.events.page import EventSearch, event_page
from tests.conftest import NOON, Send

LIST, LATEST = "/api/v1/events", "/api/v1/events/latest"


def get(viewer: User, path: str, **parameters: Any) -> Any:
    client = Client(raise_request_exception=False)
    client.force_login(viewer)
    return client.get(path, parameters)


def found(viewer: User, path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = get(viewer, path, **parameters)
    assert response.status_code == 200, response.getvalue()
    events: list[dict[str, Any]] = decoded(response)["events"]
    return events


def decoded(response: Any) -> Any:
    return json.loads(response.getvalue())


def event(n: int, **fields: Any) -> dict[str, Any]:
    return {"event_type": "tap", "event_time": NOON + timedelta(seconds=n), "int1": n, **fields}


@pytest.fixture
def many(acme: Organisation, send: Send) -> UUID:
    return send(acme, installation_id="i", events=[event(n // 2 * 2, view_id=str(n)) for n in range(100)])


def test_an_event_is_what_was_sent_with_its_session(acme: Organisation, alice: User, send: Send) -> None:
    sent = {
        "event_type": "tap",
        "event_time": "2026-06-15T12:00:00.123456Z",
        "interaction": True,
        "device_id": "d",
        "source_properties": {"a": [1, None]},
        "ip": "192.0.2.1",
        "str1": "é",
    }
    ident = send(acme, events=[sent], space_id="s", device={"device_id": "of the session"})
    (event,) = found(alice, LIST)
    assert {name: event[name] for name in sent} == sent
    assert event["session_id"] == str(ident)
    assert (event["session"]["space_id"], event["session"]["device_id"]) == ("s", "of the session")
    assert event["view_id"] is None


def test_newest_first_page_by_page_each_once(alice: User, many: UUID) -> None:
    whole = [event["id"] for event in found(alice, LIST, limit=1000)]
    assert len(set(whole)) == 100
    pages: list[str] = []
    cursor = None
    while True:
        answer = decoded(get(alice, LIST, limit=7, **({"cursor": cursor} if cursor else {})))
        pages += [event["id"] for event in answer["events"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert pages == whole
    assert len(found(alice, LIST)) == 50


def test_one_request_reads_a_bounded_number_of_events(
    acme: Organisation, alice: User, many: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that matches nothing: 36 events are read a request, and pages come back empty until all are."""
    monkeypatch.setattr(event_pages, "MOST_READ", 30)
    monkeypatch.setattr(event_pages, "EVENTS_AT_ONCE", 10)
    search = EventSearch(alice, values={"event_type": "tap", "device_id": "none"})
    page = event_page(search, 5)
    assert ([*page.texts], page.next_cursor is not None) == ([], True)
    requests = 1
    while page.next_cursor:
        page = event_page(search, 5, page.next_cursor)
        assert [*page.texts] == []
        requests += 1
    assert requests == 3


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"event_type": "tap"}, "ab"),
        ({"interaction": "true"}, "a"),
        ({"interaction": "false"}, "b"),
        ({"installation_id": "i-1"}, "ac"),
        ({"space_id": "s-2"}, "b"),
        ({"device_id": "d-1"}, "a"),
        ({"device_id": "own"}, "c"),
        ({"start": "2026-06-15T12:00:01Z"}, "bc"),
        ({"end": "2026-06-15T12:00:01Z"}, "ab"),
        ({"start": "2026-06-15", "end": "2026-06-15"}, "abc"),
        ({"start": "2026-06-16"}, ""),
        ({"event_type": "tap", "space_id": "s-1"}, "a"),
        ({"event_type": ""}, "abc"),
    ],
    ids=str,
)
def test_filters(acme: Organisation, alice: User, send: Send, parameters: dict[str, str], expected: str) -> None:
    of = [{"installation_id": f"i-{n}", "space_id": f"s-{n}", "device": {"device_id": f"d-{n}"}} for n in (1, 2)]
    send(
        acme,
        external_id="1",
        events=[event(0, str1="a", interaction=True), event(2, str1="c", event_type="boot", device_id="own")],
        **of[0],
    )
    send(acme, external_id="2", events=[event(1, str1="b", interaction=False)], **of[1])
    assert {event["str1"] for event in found(alice, LIST, **parameters)} == set(expected)
    if "start" not in parameters and "end" not in parameters:
        day = {"start": "2026-06-15T10:00:00Z", "end": "2026-06-15T20:00:00Z"}
        assert {event["str1"] for event in found(alice, LATEST, distinct="str1", **day, **parameters)} == set(expected)


def test_of_one_session(acme: Organisation, alice: User, many: UUID, send: Send) -> None:
    other = send(acme, external_id="other", events=[event(0)])
    assert [event["session_id"] for event in found(alice, LIST, session=str(other))] == [str(other)]


def test_only_of_visible_sessions(
    acme: Organisation, globex: Organisation, alice: User, dave: User, globex_admin: User, send: Send
) -> None:
    sent = {
        name: send(to, user=f"{name}@{to.slug}.example", events=[event(0, str1=name)])
        for to, name in ((acme, "dave"), (acme, "uma"), (globex, "gina"))
    }
    day = {"start": "2026-06-15T10:00:00Z"}
    for viewer, names in ((alice, {"dave", "uma"}), (dave, {"dave"}), (globex_admin, {"gina"})):
        assert {event["str1"] for event in found(viewer, LIST)} == names
        assert {event["str1"] for event in found(viewer, LATEST, distinct="str1", **day)} == names
        for name, ident in sent.items():
            assert len(found(viewer, LIST, session=str(ident))) == (name in names)
            assert len(found(viewer, LATEST, distinct="str1", session=str(ident), **day)) == (name in names)


def test_a_cursor_opens_nothing_of_another_organisation(alice: User, globex_admin: User, many: UUID) -> None:
    cursor = decoded(get(alice, LIST, limit=5))["next_cursor"]
    assert found(globex_admin, LIST, cursor=cursor) == []


def test_latest_is_of_the_past_day_unless_a_range_is_given(acme: Organisation, alice: User, send: Send) -> None:
    for number, hours in enumerate((1, 25)):
        moment = timezone.now() - timedelta(hours=hours)
        send(acme, external_id=str(number), started_at=moment, events=[event(0, str1="a") | {"event_time": moment}])
    assert len(found(alice, LATEST, distinct="str1")) == 1
    end = (timezone.now() - timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    assert len(found(alice, LATEST, distinct="str1", end=end)) == 1


@pytest.mark.parametrize(
    ("path", "parameters", "field", "code"),
    [
        (LIST, {"distinct": "str1"}, "distinct", "unknown_parameter"),
        (LIST, {"session": "not-a-uuid"}, "session", "invalid_value"),
        (LIST, {"interaction": "maybe"}, "interaction", "invalid_value"),
        (LIST, {"limit": "100001"}, "limit", "invalid_value"),
        (LIST, {"limit": "0"}, "limit", "invalid_value"),
        (LIST, {"limit": "1_000"}, "limit", "invalid_value"),
        (LIST, {"limit": "9" * 5000}, "limit", "invalid_value"),
        (LIST, {"cursor": "forged"}, "cursor", "invalid_value"),
        (LIST, {"cursor": "x" * 5000}, "cursor", "invalid_value"),
        (LIST, {"start": "banana"}, "start", "invalid_value"),
        (LIST, {"start": "2026-06-16", "end": "2026-06-15"}, "end", "invalid_value"),
        (LIST, {"space_id": ["a", "b"]}, "space_id", "invalid_value"),
        (LIST, {"space_id": "a\0"}, "space_id", "invalid_value"),
        (LIST, {"space_id": "a" * 256}, "space_id", "invalid_value"),
        (LATEST, {}, "distinct", "required_field"),
        (LATEST, {"distinct": "str9"}, "distinct", "invalid_value"),
        (LATEST, {"distinct": " , "}, "distinct", "invalid_value"),
        (LATEST, {"distinct": "str1", "limit": "5"}, "limit", "unknown_parameter"),
        (LATEST, {"distinct": "str1", "start": "2026-06-01", "end": "2026-06-03"}, "start", "invalid_value"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_answered_is_named(
    alice: User, path: str, parameters: dict[str, Any], field: str, code: str
) -> None:
    response = get(alice, path, **parameters)
    assert response.status_code == 400
    said = decoded(response)
    assert (said["field"], said["code"]) == (field, code)


def test_events_are_read_by_their_index(acme: Organisation, alice: User, many: UUID) -> None:
    """Not the table: with many events a plan that sorts them all would cost as much as there are."""
    search = EventSearch(alice, start=NOON, end=NOON + timedelta(days=1))
    with connection.cursor() as cursor:
        # Of few events, or of many of which the statistics of another test say that they are few, all may be sorted.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(
            f"EXPLAIN SELECT * FROM history_event e WHERE {search.sql_range()} "
            f"ORDER BY {event_pages.NEWEST_FIRST} LIMIT 2000",
            search.parameters,
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "event_in_organisation" in plan
    # In its order; only what has the same place in it is left to be sorted.
    assert 'Presorted Key: event_time, "position"' in plan


def test_a_day_that_the_zone_skipped_has_no_events_and_is_no_error(acme: Organisation, alice: User, send: Send) -> None:
    alice.time_zone = "Pacific/Apia"
    alice.save()
    moments = ["2011-12-30T09:59:59.999999Z", "2011-12-30T10:00:00Z"]
    send(acme, events=[{"event_type": "tap", "event_time": moment} for moment in moments])
    days = [("29", "29"), ("29", "30"), ("30", "30"), ("30", "31"), ("31", "31")]
    ranges = [{"start": f"2011-12-{first}", "end": f"2011-12-{last}"} for first, last in days]
    assert [len(found(alice, LIST, **given)) for given in ranges] == [1, 1, 0, 1, 1]
    response = get(alice, LIST, start="2011-12-31", end="2011-12-30")
    assert (response.status_code, decoded(response)["field"]) == (400, "end")
