"""Bodies that break careless programs are refused by field."""

import json
import re
from typing import Any

import pytest
from django.conf import LazySettings

from sessions.models import Event, Session
from tests.api_writing.program import SESSIONS, Program, error
from tests.ingest.lines import a_line, an_event

START = json.dumps(a_line(status="active", ended_at=None)).encode()[:-1]
NESTED = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

BODIES: dict[str, tuple[bytes, str, str | None]] = {
    "unknown field": (b'"bogus": 1', "unknown_parameter", "bogus"),
    "unknown field inside": (b'"app": {"bogus": 1}', "unknown_parameter", "app.bogus"),
    "an id of one's own": (b'"id": "1"', "unknown_parameter", "id"),
    "a file on the server": (
        b'"attachments": [{"name": "a", "kind": "log", "content_type": "text/plain", "file": "/etc/passwd"}]',
        "unknown_parameter",
        "attachments[0].file",
    ),
    "wrong type": (b'"environment": 1', "invalid_value", "environment"),
    "NUL": (rb'"environment": "a\u0000b"', "invalid_value", "environment"),
    "NUL in the title": (rb'"title": "a\u0000b"', "invalid_value", "title"),
    "a title that is too long": (b'"title": "%s"' % (b"x" * 501), "invalid_value", "title"),
    "an outcome that is too long": (b'"outcome": "%s"' % (b"x" * 2001), "invalid_value", "outcome"),
    "lone surrogate in the outcome": (rb'"outcome": "\ud800"', "invalid_value", "outcome"),
    "NUL in attributes": (rb'"attributes": {"a": "\u0000"}', "invalid_value", "attributes.a"),
    "lone surrogate": (rb'"environment": "\ud800"', "invalid_value", "environment"),
    "lone surrogate in a list": (
        rb'"attachments": [{"name": "\udc00"}]',
        "invalid_value",
        "attachments[0].name",
    ),
    "lone surrogate in a key": (rb'"attributes": {"\ud800": 1}', "invalid_value", "attributes"),
    "not UTF-8": (b'"environment": "\xff"', "invalid_value", "environment"),
    "not UTF-8 in a list": (b'"attachments": [{"name": "\xc3("}]', "invalid_value", "attachments[0].name"),
    "not UTF-8 in a key": (b'"attributes": {"\xff": 1}', "invalid_value", "attributes"),
    "not UTF-8 in a field's name": (b'"\xff": 1', "invalid_value", None),
    "not UTF-8 between the fields": (b'"environment": "a"\xff', "parse_error", None),
    "300 digits": (b'"attributes": {"a": %s}' % (b"9" * 300), "invalid_value", "attributes.a"),
    "300 digits where a number belongs": (b'"queue_ms": %s' % (b"9" * 300), "invalid_value", "queue_ms"),
    "a key twice": (b'"environment": "a", "environment": "b"', "parse_error", "environment"),
    "deep nesting": (b'"environment": ' + NESTED, "invalid_value", "environment"),
    "deep nesting of what is not closed": (b'"attributes": {"a": ' + b"[" * 100_000, "parse_error", None),
    "a value that does not fit, and no JSON after it": (b'"attributes": {"a": []}, "b": tru', "parse_error", None),
    "NaN": (b'"attributes": {"a": NaN}', "parse_error", None),
    "end before start": (b'"ended_at": "2026-11-20T09:00:00Z", "status": "ended"', "parse_error", "status"),
    "a time without a zone": (b'"requested_at": "2026-11-20T09:00:00"', "invalid_value", "requested_at"),
    "a time out of this world": (b'"requested_at": "9999-12-31T23:59:59-14:00"', "invalid_value", "requested_at"),
    "no address": (b'"network": {"client_ip": "localhost"}', "invalid_value", "network.client_ip"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_post_that_is_refused(daves: Program, name: str) -> None:
    field, code, path = BODIES[name]

    assert error(daves.post(START + b", " + field + b"}")) == (400, code, path)
    assert not Session.objects.exists()


@pytest.mark.parametrize("name", [name for name in BODIES if name != "end before start"])
def test_a_change_that_is_refused(daves: Program, name: str) -> None:
    field, code, path = BODIES[name]
    ident = daves.new(status="active", ended_at=None)
    before = daves.get(ident)

    assert error(daves.patch(ident, b"{" + field + b"}")) == (400, code, path)
    assert daves.get(ident) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"attributes": %s}' % NESTED, "attributes.a"),
        (b'{"attributes": {"b": 1, "a": %s}}' % NESTED, "attributes.a"),
        (b'{"attachments": [{"name": %s}]}' % NESTED, "attachments[0].name"),
        (b'{"app": {"name": %s}}' % NESTED, "app.name"),
    ],
)
def test_deep_nesting_is_named_where_it_begins_to_be_wrong(daves: Program, body: bytes, field: str) -> None:
    ident = daves.new(status="active", ended_at=None)

    assert error(daves.post(START + b", " + body[1:])) == (400, "invalid_value", field)
    assert error(daves.patch(ident, body)) == (400, "invalid_value", re.split(r"\W", field)[0])


@pytest.mark.parametrize("body", [b" ", b"[]", b"1", b'"x"', b"{", b"null", b"\xef\xbb\xbf{}"])
def test_a_body_that_is_no_object(daves: Program, body: bytes) -> None:
    ident = daves.new()

    for response in (
        daves.post(body),
        daves.patch(ident, body),
        daves.send("POST", f"{SESSIONS}/{ident}/events", body),
    ):
        assert error(response)[:2] == (400, "parse_error")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"status": None}, "required_field", "status"),
        ({"started_at": None}, "required_field", "started_at"),
        ({"ended_at": "2026-11-20T09:00:00Z"}, "invalid_value", "ended_at"),
        ({"status": "active"}, "invalid_value", "ended_at"),
        ({"last_seen_at": "2026-11-20T10:04:59Z"}, "invalid_value", "last_seen_at"),
        ({"duration_ms": 1}, "invalid_value", "duration_ms"),
        (
            {"attachments": [{"name": "../x", "kind": "log", "content_type": "a/b"}]},
            "invalid_value",
            "attachments[0].name",
        ),
        ({"events": [an_event(), {"event_type": "x"}]}, "required_field", "events[1].event_time"),
    ],
)
def test_a_session_that_cannot_be(daves: Program, fields: dict[str, Any], code: str, field: str) -> None:
    assert error(daves.post(a_line(**{"ended_at": None} | fields if "started_at" in fields else fields))) == (
        400,
        code,
        field,
    )


@pytest.mark.parametrize(
    "media",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
    ],
)
def test_another_content_type(daves: Program, media: str) -> None:
    ident = daves.new()
    for method, path in (
        ("POST", SESSIONS),
        ("PATCH", f"{SESSIONS}/{ident}"),
        ("POST", f"{SESSIONS}/batch"),
        ("POST", f"{SESSIONS}/{ident}/events"),
    ):
        assert error(daves.send(method, path, a_line(), media))[:2] == (415, "unsupported_media_type")


def test_a_compressed_body(daves: Program) -> None:
    response = daves.send("POST", SESSIONS, a_line(), **{"Content-Encoding": "gzip"})

    assert error(response)[:2] == (415, "unsupported_media_type")


def test_utf_8_may_be_named(daves: Program) -> None:
    assert daves.send("POST", SESSIONS, a_line(), "Application/JSON; charset=UTF-8").status_code == 201


def test_a_session_that_is_too_large(daves: Program, settings: LazySettings) -> None:
    settings.API_MAX_BODY_BYTES = 1000
    response = daves.post(a_line(environment="x" * 1000))

    assert error(response)[:2] == (413, "too_large")
    assert response.json()["max_bytes"] == 1000


def test_an_event_that_is_refused_is_named_by_its_place(daves: Program) -> None:
    ident = daves.new()

    assert error(daves.events(ident, an_event(), an_event(bogus=1))) == (400, "unknown_parameter", "events[1].bogus")
    lines = b"\n".join(json.dumps(event).encode() for event in (an_event(), an_event(ip="x")))
    response = daves.send("POST", f"{SESSIONS}/{ident}/events", lines, "application/x-ndjson")
    assert error(response) == (400, "invalid_value", "events[1].ip")
    assert not Event.objects.exists()
