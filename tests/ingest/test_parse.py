"""A line that is wrong is refused with the code and the path of what is wrong."""

import json
import re
from typing import Any

import pytest

from sessions.contract.line_errors import LineError
from sessions.contract.schema import SessionLine
from sessions.ingest.reading.normalise import normalise
from sessions.ingest.reading.parse import parse_line, parse_object
from tests.ingest.lines import a_line, an_event


def parsed(line: dict[str, Any] | bytes) -> SessionLine:
    return normalise(parse_line(line if isinstance(line, bytes) else json.dumps(line).encode()))


def refused(line: dict[str, Any] | bytes) -> tuple[str, str | None]:
    with pytest.raises(LineError) as caught:
        parsed(line)
    assert caught.value.message
    return caught.value.code, caught.value.field


def attachment(**fields: Any) -> dict[str, Any]:
    return {"name": "a.log", "kind": "log", "content_type": "text/plain", "file": "a.log", **fields}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"status": None}, "required_field", "status"),
        ({"initiator": None}, "required_field", "initiator"),
        ({"initiator": {}}, "required_field", "initiator.type"),
        ({"initiator": {"type": "user"}}, "required_field", "initiator.email"),
        ({"initiator": {"type": "user", "email": "", "username": ""}}, "required_field", "initiator.email"),
        ({"initiator": {"type": "token"}}, "required_field", "initiator.label"),
        ({"initiator": {"type": "token", "label": "x" * 201}}, "invalid_value", "initiator.label"),
        ({"initiator": {"type": "robot"}}, "invalid_value", "initiator.type"),
        ({"initiator": {"type": "user", "email": "dave"}}, "invalid_value", "initiator.email"),
        ({"initiator": {"type": "user", "email": "a@b@c"}}, "invalid_value", "initiator.email"),
        ({"initiator": {"type": "user", "email": "a b@c.de"}}, "invalid_value", "initiator.email"),
        ({"initiator": {"type": "user", "username": "x" * 151}}, "invalid_value", "initiator.username"),
        ({"status": "done"}, "invalid_value", "status"),
        ({"colour": "red"}, "unknown_parameter", "colour"),
        ({"app": {"appid": "x"}}, "unknown_parameter", "app.appid"),
        ({"app": {"name": 5}}, "invalid_value", "app.name"),
        ({"app": {"app_id": ""}}, "invalid_value", "app.app_id"),
        ({"app": {"name": "Shop"}}, "required_field", "app.app_id"),
        ({"app": {"app_id": "x", "platform": "symbian"}}, "invalid_value", "app.platform"),
        ({"device": {"screen_width": -1}}, "invalid_value", "device.screen_width"),
        ({"location": {"latitude": 91}}, "invalid_value", "location.latitude"),
        ({"network": {"client_ip": "300.1.1.1"}}, "invalid_value", "network.client_ip"),
        ({"network": {"client_ip": "fe80::1%eth0"}}, "invalid_value", "network.client_ip"),
        ({"network": {"server_ip": "localhost"}}, "invalid_value", "network.server_ip"),
        ({"attributes": {"a": 1, "foo": [1]}}, "invalid_value", "attributes.foo"),
        ({"attributes": {"foo": "x" * 17_000}}, "invalid_value", "attributes"),
        ({"attributes": []}, "invalid_value", "attributes"),
        ({"events": {}}, "invalid_value", "events"),
        ({"events": [{"event_type": "x"}]}, "required_field", "events[0].event_time"),
        ({"events": [an_event(), an_event(event_time="10:00")]}, "invalid_value", "events[1].event_time"),
        ({"events": [an_event(event_type="")]}, "invalid_value", "events[0].event_type"),
        ({"events": [an_event(int1=2**63)]}, "invalid_value", "events[0].int1"),
        ({"events": [an_event(ip="x")]}, "invalid_value", "events[0].ip"),
        ({"events": [an_event(str9="x")]}, "unknown_parameter", "events[0].str9"),
        ({"attachments": [{"name": "a.log"}]}, "required_field", "attachments[0].kind"),
        ({"attachments": [attachment(kind="movie")]}, "invalid_value", "attachments[0].kind"),
        ({"attachments": [attachment(), attachment()]}, "invalid_value", "attachments[1].name"),
        ({"attachments": [attachment(content_type="text")]}, "invalid_value", "attachments[0].content_type"),
        ({"attachments": [attachment(content_type="a/b\r\nX: y")]}, "invalid_value", "attachments[0].content_type"),
        ({"attachments": [attachment(sha256="abc")]}, "invalid_value", "attachments[0].sha256"),
        ({"attachments": [attachment(size=-1)]}, "invalid_value", "attachments[0].size"),
        ({"queue_ms": -1}, "invalid_value", "queue_ms"),
        ({"queue_ms": 1.5}, "invalid_value", "queue_ms"),
        ({"started_at": "2026-11-20T10:00:00"}, "invalid_value", "started_at"),
        ({"started_at": "yesterday"}, "invalid_value", "started_at"),
        ({"started_at": 1763632800}, "invalid_value", "started_at"),
    ],
)
def test_it_names_the_field_that_is_wrong(fields: dict[str, Any], code: str, field: str) -> None:
    assert refused(a_line(**fields)) == (code, field)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a\\b", "a\nb", "a\x7fb", "/etc/passwd"])
def test_an_attachments_name_is_a_plain_file_name(name: str) -> None:
    assert refused(a_line(attachments=[attachment(name=name)])) == ("invalid_value", "attachments[0].name")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"5", b"null", b'"x"', b"hello", b'{"status": ended}'])
def test_what_is_not_one_json_object_is_a_parse_error(raw: bytes) -> None:
    assert refused(raw) == ("parse_error", None)


def test_null_means_absent() -> None:
    line = parsed(json.dumps(a_line() | {"app": None, "events": None, "flags": {"crash": None}, "sdk": None}).encode())

    assert line.app.app_id is None
    assert line.events == []
    assert line.flags.crash is False


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"app": None, "": None}, ""),
        ({"app": None, "colour": None}, "colour"),
        ({"sdk": None, "app_id": None}, "app_id"),
        ({"app": None, "events": [an_event(str9=None)]}, "events[0].str9"),
    ],
)
def test_null_for_a_field_that_nobody_knows_is_refused_beside_one_that_is_absent(
    fields: dict[str, Any], field: str
) -> None:
    assert refused(json.dumps(a_line() | fields).encode()) == ("unknown_parameter", field)


def test_a_null_attribute_is_kept_beside_fields_that_are_null() -> None:
    line = parsed(json.dumps(a_line(attributes={"premium": None}) | {"app": None}).encode())

    assert line.attributes == {"premium": None}


def test_null_for_a_field_that_is_required_is_its_absence() -> None:
    assert refused(json.dumps(a_line() | {"initiator": None}).encode()) == ("required_field", "initiator")


def test_addresses_are_written_one_way() -> None:
    line = parsed(a_line(network={"client_ip": "2001:DB8:0:0:0:0:0:1", "server_ip": "10.0.0.1"}))

    assert (line.network.client_ip, line.network.server_ip) == ("2001:db8::1", "10.0.0.1")


ENDS = (
    b"", b"\\u003a", b"\\\\u003a", b"\\ud800", b"\\ud83dx", b"\\udc00", b"\xff", b"\\x", b"\n", b'","status":"ended"',
    b'","b":1,"b":"',
)  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("after", [b"", b',"status":"ended"', b',"b":%b' % (b"9" * 30)])
def test_what_is_wrong_is_the_same_beside_a_long_text(end: bytes, after: bytes) -> None:
    refusals = []
    for length in (10, 10_000):
        text = "\U0001f642".encode() * length + end
        refusals.append(refusal_of(b'{"a":"%b"%b}' % (text, after)))
    assert refusals[0] == refusals[1]


def refusal_of(raw: bytes) -> tuple[str, str | None, str] | None:
    """Without the byte at which it was noticed."""
    try:
        parse_object(raw)
    except LineError as error:
        return error.code, error.field, re.sub(r"(byte|char|column|position) \d+", "", error.message)
    return None
