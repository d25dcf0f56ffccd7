"""Sessions and events as JSON: what is posted comes back, and every error says what and where."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.db import connection
from django.test import Client

from sessions.models import ApiToken, Organisation, User
from tests.conftest import NOON, Send
from tests.query.readers import text_of

SESSIONS = "/api/v1/sessions"

FULL: dict[str, Any] = {
    "external_id": "run:1/ä",
    "title": "checkout › pays with an expired card",
    "status": "failed",
    "outcome": "TypeError: price is undefined\n  at cart.js:12",
    "initiator": {"type": "user", "username": "uma", "email": "uma@acme.example", "label": None},
    "app": {
        "app_id": "com.acme.shop", "name": "Shop “2”", "group": "Retail", "platform": "ios", "version": "2.4",
        "build": "241",
    },
    "device": {
        "device_id": "D-7", "manufacturer": "Apple", "model": "iPhone 15", "type": "phone", "screen_width": 1179,
        "screen_height": 2556, "network_type": "wifi",
    },
    "os": {"name": "iOS", "version": "17.5.1"},
    "sdk": {"version": "4.1", "plug_version": "0.9"},
    "requested_at": "2026-06-15T11:59:57.500000Z",
    "started_at": "2026-06-15T12:00:00.123456Z",
    "ended_at": "2026-06-15T12:01:30.120000Z",
    "last_seen_at": "2026-06-15T12:02:00.000000Z",
    "queue_ms": 2623,
    "duration_ms": 89996,
    "flags": {"exception": True, "crash": True, "anr": False, "rage_tap": True},
    "network": {"client_ip": "192.0.2.7", "server_ip": "2001:db8::1", "user_agent": 'Shop/2.4 "x"'},
    "location": {"country": "DE", "latitude": 52.520008, "longitude": -13.404954, "accuracy": 20.5},
    "environment": "production",
    "data_residency": "eu",
    "space_id": "space-1",
    "installation_id": "inst-1",
    "installation_version": "7.1",
    "client_id": "client-1",
    "capture_id": "capture-1",
    "resource": {"type": "db", "id": "r1", "name": "orders", "technology": "postgres"},
    "connector": {"id": "c1", "name": "main"},
    "sidecar": {"id": "s1", "name": "side", "technology": "envoy"},
    "attributes": {"shift": "early", "seats": 4, "ratio": 0.25, "vip": True, "note": None, "日本": "\\\"\n"},
}  # fmt: skip

EVENT: dict[str, Any] = {
    "event_type": "click",
    "event_time": "2026-06-15T12:00:01.500000Z",
    "interaction": True,
    "view_id": "v1",
    "device_id": "D-7",
    "source_type": "web",
    "source_properties": {"url": {"host": "acme.example", "query": {"q": {"values": ["a", "b"]}}}, "referrer": None},
    "event_properties": {"x": 1.5, "names": ["ä"], "deep": {"er": True}},
    "product_id": "p",
    "category_id": "c",
    **{f"int{number}": number * 10**12 for number in range(1, 6)},
    **{f"str{number}": f"text {number}" for number in range(1, 6)},
    "stateful": False,
    "public": 3,
    "client_id": "client-1",
    "capture_id": "capture-1",
    "ip": "192.0.2.9",
}


@pytest.fixture
def alices(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def read(client: Client, url: str, **parameters: int) -> Any:
    response = client.get(url, parameters)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    return msgspec.json.decode(text_of(response))


def test_what_is_sent_comes_back_field_by_field(acme: Organisation, alices: Client, send: Send) -> None:
    ident = send(acme, **FULL)
    expected = FULL | {"id": str(ident), "attachments": []}
    body = alices.get(f"{SESSIONS}/{ident}").json()
    assert body == expected | {"clock_skew_ms": None}


def test_the_list_has_the_same_of_each_session(acme: Organisation, alices: Client, send: Send) -> None:
    ident = send(acme, **FULL)
    (listed,) = alices.get(SESSIONS).json()["sessions"]
    assert listed == alices.get(f"{SESSIONS}/{ident}").json()


def test_what_is_absent_is_null(acme: Organisation, alices: Client, send: Send) -> None:
    ident = send(acme)
    body = alices.get(f"{SESSIONS}/{ident}").json()
    assert body.pop("id") == str(ident)
    assert body.pop("status") == "ended"
    assert body.pop("initiator") == {"type": "anonymous", "username": None, "email": None, "label": None}
    assert body.pop("started_at") == body.pop("last_seen_at") == "2026-06-15T12:00:00.000000Z"
    assert body.pop("flags") == dict.fromkeys(("exception", "crash", "anr", "rage_tap"), False)
    assert (body.pop("attributes"), body.pop("attachments"), body.pop("duration_ms")) == ({}, [], 0)
    for name, value in body.items():
        assert value is None or set(value.values()) == {None}, name


@pytest.mark.parametrize("fraction", ["", ".1", ".123", ".000001"])
def test_times_keep_their_precision_and_all_have_one_form(
    acme: Organisation, alices: Client, send: Send, fraction: str
) -> None:
    ident = send(acme, started_at=f"2026-06-15T12:00:00{fraction}Z")
    started_at = alices.get(f"{SESSIONS}/{ident}").json()["started_at"]
    assert started_at == f"2026-06-15T12:00:00.{fraction[1:]:0<6}Z"


def test_a_time_with_an_offset_comes_back_in_utc(acme: Organisation, alices: Client, send: Send) -> None:
    ident = send(acme, started_at="2026-06-16T01:30:00.25+05:45")
    assert alices.get(f"{SESSIONS}/{ident}").json()["started_at"] == "2026-06-15T19:45:00.250000Z"


def test_tokens_are_named_by_label(acme: Organisation, alices: Client, nightly: ApiToken, send: Send) -> None:
    ident = send(acme, token="nightly-ci")
    initiator = alices.get(f"{SESSIONS}/{ident}").json()["initiator"]
    assert initiator == {"type": "token", "username": None, "email": None, "label": "nightly-ci"}


def test_attachments_say_what_they_are_and_where(
    acme: Organisation, alices: Client, send: Send, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    file = {"name": "a b?#ä%.log", "kind": "log", "content_type": "text/plain", "file": "file"}
    ident = send(acme, attachments=[file])
    (attachment,) = alices.get(f"{SESSIONS}/{ident}").json()["attachments"]
    url = attachment.pop("url")
    assert attachment == {
        "name": "a b?#ä%.log",
        "kind": "log",
        "content_type": "text/plain",
        "size": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "available": True,
        "starts_at": None,
    }
    assert b"".join(alices.get(url).streaming_content) == b"hello"  # type: ignore[attr-defined]


def test_events_come_back_whole_and_in_the_order_they_happened(acme: Organisation, alices: Client, send: Send) -> None:
    bare = {"event_type": "load", "event_time": "2026-06-15T12:00:00Z"}
    ident = send(acme, events=[EVENT, bare], last_seen_at=NOON + timedelta(minutes=1))
    body = read(alices, f"{SESSIONS}/{ident}/events")
    absent = dict.fromkeys(EVENT) | {"source_properties": {}, "event_properties": {}}
    found = [{name: event[name] for name in EVENT} for event in body["events"]]
    assert [in_full(event) for event in found] == [in_full(absent | bare), in_full(EVENT)]


def in_full(event: dict[str, Any]) -> dict[str, Any]:
    """With its time as a moment: 1.5 and 1.500000 seconds are the same."""
    assert event["event_time"].endswith("Z")
    return event | {"event_time": datetime.fromisoformat(event["event_time"])}


def test_a_session_without_events_has_an_empty_list(acme: Organisation, alices: Client, send: Send) -> None:
    assert read(alices, f"{SESSIONS}/{send(acme)}/events")["events"] == []


def test_a_list_says_what_lies_around_it_and_how_many_there_are(acme: Organisation, alices: Client, send: Send) -> None:
    for number in range(5):
        send(acme, started_at=NOON + timedelta(minutes=number))
    body = alices.get(SESSIONS, {"limit": 2}).json()
    assert set(body) == {"sessions", "next_cursor", "prev_cursor", "count"}
    assert body["count"] == {"value": 5, "capped": False}
    assert (len(body["sessions"]), body["prev_cursor"]) == (2, None)
    middle = alices.get(SESSIONS, {"limit": 2, "cursor": body["next_cursor"]}).json()
    assert middle["prev_cursor"]
    assert middle["next_cursor"]
    back = alices.get(SESSIONS, {"limit": 2, "cursor": middle["prev_cursor"], "mode": "before"}).json()
    assert back["sessions"] == body["sessions"]


def test_an_empty_list_is_a_list(alices: Client) -> None:
    assert alices.get(SESSIONS).json() == {
        "sessions": [], "next_cursor": None, "prev_cursor": None, "count": {"value": 0, "capped": False},
    }  # fmt: skip


BAD = [
    ("start", "banana"), ("start", "2026-02-30"), ("start", "2026-13-01"), ("start", "2026-06-15T12:00:00"),
    ("start", "0001-01-01"), ("start", "9999-12-31"), ("end", "9999-12-31T23:59:59-14:00"), ("end", "20260615"),
    ("end", "2026-W25-1"),
    ("start", "2026-06-15T12Z"), ("start", "20260615T120000Z"), ("start", "2026-06-15T12:00:00+0200"),
    ("end", "\u0662\u0660\u0662\u0666-01-01x"), ("platform", "amiga"), ("platform", "iOS"), ("status", "sleeping"),
    ("flag", "red"), ("sort", "colour"), ("sort", "date;drop"), ("mode", "sideways"), ("limit", "0"), ("limit", "-1"),
    ("limit", "ten"), ("limit", "1.5"), ("limit", "1_000"), ("limit", "²"), ("limit", "１２"),
    ("limit", "100001"), ("limit", "9" * 5000),
    ("cursor", "banana"), ("cursor", "x" * 501), ("q", "x" * 2_001), ("user", "x" * 1026), ("app", "x" * 1026),
    ("device", "x" * 1026), ("os", "x" * 1026),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD, ids=lambda text: text[:30])
def test_a_bad_value_is_refused_with_its_field(
    acme: Organisation, alices: Client, send: Send, field: str, value: str
) -> None:
    response = alices.get(SESSIONS, {field: value})
    assert response.status_code == 400
    body = response.json()
    assert (body["code"], body["field"]) == ("invalid_value", field)
    assert 0 < len(body["message"]) < 600


@pytest.mark.parametrize("field", ["user", "app", "device", "os"])
def test_more_values_than_anybody_means_are_refused(alices: Client, field: str) -> None:
    query = "&".join(f"{field}={number}" for number in range(501))
    assert alices.get(f"{SESSIONS}?{query}").json()["field"] == field
    assert alices.get(f"{SESSIONS}?{query.rpartition('&')[0]}").status_code == 200


def test_the_end_before_the_start_is_refused(alices: Client) -> None:
    body = alices.get(SESSIONS, {"start": "2026-06-02", "end": "2026-06-01"}).json()
    assert (body["code"], body["field"]) == ("invalid_value", "end")


@pytest.mark.parametrize("name", ["colour", "page", "startdate", "Q", "<script>", "x" * 3000, "ü"])
def test_an_unknown_parameter_is_refused_by_name(alices: Client, name: str) -> None:
    response = alices.get(SESSIONS, {name: "1"})
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")
    assert response.json()["field"] == name


@pytest.mark.parametrize("field", ["q", "user", "app", "device", "os", "start", "status", "cursor", "limit"])
def test_nul_is_refused_by_field(alices: Client, field: str) -> None:
    body = alices.get(SESSIONS, {field: "a\0b"}).json()
    assert (body["code"], body["field"]) == ("invalid_value", field)


def test_a_hundred_thousand_rows_may_be_asked_for_at_once(acme: Organisation, alices: Client, send: Send) -> None:
    send(acme)
    assert len(read(alices, SESSIONS, limit=100_000)["sessions"]) == 1


def test_more_rows_than_are_fetched_at_once_come_in_order(acme: Organisation, alices: Client) -> None:
    fill(acme, 2_300)
    found = [session["id"] for session in read(alices, SESSIONS, limit=5_000)["sessions"]]
    assert len(found) == 2_300
    assert found == sorted(found, reverse=True)


def fill(acme: Organisation, rows: int) -> None:
    """All at one moment, so that the ids alone order them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (id, organisation_id, status, initiator_type, started_at, last_seen_at,
                                         exception, crash, anr, rage_tap, attributes)
            SELECT gen_random_uuid(), %s, 'ended', 'anonymous', %s, %s, false, false, false, false, '{}'
            FROM generate_series(1, %s)
            """,
            [acme.pk, NOON, NOON, rows],
        )


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/events", "/{id}/attachments/a.log"])
def test_somebody_not_signed_in_is_told_so_in_json(acme: Organisation, send: Send, path: str) -> None:
    response = Client().get(SESSIONS + path.format(id=send(acme)))
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/{id}", "/{id}/events", "/{id}/attachments/a.log"])
def test_a_session_of_others_or_of_another_organisation_is_not_found(
    acme: Organisation, globex: Organisation, client_of: Callable[[User], Client], uma: User, send: Send, path: str
) -> None:
    idents: list[UUID] = [send(acme, user="dave@acme.example"), send(globex, user="uma@acme.example"), uuid4()]
    as_one = {"X-Request-Id": "the-same"}  # errors name it
    answers = [client_of(uma).get(SESSIONS + path.format(id=ident), headers=as_one) for ident in idents]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].json()["code"] == "not_found"


@pytest.mark.parametrize(
    "path", ["/banana", "/1", "/banana/events", "/../../etc/passwd", "/%00", "x", "/" + "9" * 3000]
)
def test_an_address_that_is_none_is_not_found_in_json(alices: Client, path: str) -> None:
    response = alices.get(f"{SESSIONS}{path}")
    assert response.status_code in (400, 404)
    assert response["Content-Type"] == "application/json"
    assert response.json()["code"] in ("not_found", "invalid_value")


def test_a_method_that_is_not_answered_is_refused_in_json(acme: Organisation, alices: Client, send: Send) -> None:
    ident = send(acme)
    for url in (SESSIONS, f"{SESSIONS}/{ident}", f"{SESSIONS}/{ident}/events"):
        response = alices.delete(url)
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed"), url
        assert "GET" in response["Allow"]


def test_head_answers_as_get_does_without_a_body(acme: Organisation, alices: Client, send: Send) -> None:
    for url in (SESSIONS, f"{SESSIONS}/{send(acme)}"):
        response = alices.head(url)
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Type"] == "application/json"
