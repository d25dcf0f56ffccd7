"""Lines that break careless programs are refused like any other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.contract.line_errors import LineError
from sessions.ingest.reading.parse import MAX_LINE_BYTES, parse_line, parse_object
from tests.ingest.lines import a_line, an_event
from tests.ingest.test_parse import parsed, refused
from tests.linear.cost import assert_linear

START = json.dumps(a_line()).encode()[:-1]


def with_raw(field: bytes) -> bytes:
    """The line that is in order, and one more field as it stands on the wire."""
    return START + b", " + field + b"}"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"environment": "a\0b"}, "environment"),
        ({"title": "\0"}, "title"),
        ({"outcome": "it failed\0"}, "outcome"),
        ({"initiator": {"type": "anonymous", "label": "\0"}}, "initiator.label"),
        ({"attributes": {"foo": "\0"}}, "attributes.foo"),
        ({"attributes": {"\0": 1}}, "attributes"),
        ({"events": [an_event(event_properties={"a": {"b": ["x", "\0"]}})]}, "events[0].event_properties.a.b[1]"),
    ],
)
def test_nul_which_postgresql_does_not_store(fields: dict[str, Any], field: str) -> None:
    assert refused(a_line(**fields)) == ("invalid_value", field)


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00", rb"\ud800A", rb"\ud800\ud800"])
def test_half_a_surrogate_pair_is_named_where_it_stands(text: bytes) -> None:
    assert refused(with_raw(b'"app": {"name": "%s"}' % text)) == ("invalid_value", "app.name")
    assert refused(with_raw(b'"title": "%s"' % text)) == ("invalid_value", "title")
    assert refused(with_raw(b'"outcome": "%s"' % text)) == ("invalid_value", "outcome")


@pytest.mark.parametrize(("field", "longest"), [("title", 500), ("outcome", 2000)])
def test_a_title_and_an_outcome_have_room_for_so_many_characters(field: str, longest: int) -> None:
    longest_text = "\U0001f3a9" * longest
    assert getattr(parsed(a_line(**{field: longest_text})), field) == longest_text
    assert refused(a_line(**{field: longest_text + "x"})) == ("invalid_value", field)
    assert refused(a_line(**{field: ["text"]})) == ("invalid_value", field)


def test_a_backslash_before_u0000_is_text() -> None:
    assert parsed(a_line(environment="\\u0000")).environment == "\\u0000"


@pytest.mark.parametrize("text", [b"\xed\xa0\x80", b"\xff", b"\xc0\x80", b"\xc3("])
def test_bytes_that_are_not_utf8_are_named_where_they_stand(text: bytes) -> None:
    assert refused(with_raw(b'"app": {"name": "%s"}' % text)) == ("invalid_value", "app.name")


@pytest.mark.parametrize(
    "field",
    [
        b'"environment": "\0"',
        b'"environment": "\n"',
        b'"attributes": {"a": NaN}',
        b'"attributes": {"a": Infinity}',
        b'"attributes": {"a": 01}',
        b'"attributes": {"a": 1_000}',
        b'"attributes": {"a": 1,}',
        b"\"environment\": 'x'",
        b'"environment": "x"} {',
    ],
)
def test_bytes_that_are_not_json(field: bytes) -> None:
    assert refused(with_raw(field)) == ("parse_error", None)


@pytest.mark.parametrize(
    ("field", "path"),
    [
        (b'"attributes": {"b": 1, "a": %s}' % (b"9" * 5000), "attributes.a"),
        (b'"attributes": {"a": %s}' % (b"9" * 30), "attributes.a"),
        (b'"attributes": {"a": 1e999}', "attributes.a"),
        (b'"queue_ms": %s' % (b"9" * 5000), "queue_ms"),
        (b'"queue_ms": %s' % (b"9" * 20), "queue_ms"),
    ],
)
def test_numbers_that_nothing_can_hold(field: bytes, path: str) -> None:
    assert refused(with_raw(field)) == ("invalid_value", path)


@pytest.mark.parametrize(
    ("field", "path"),
    [
        (b'"status": "failed"', "status"),
        (b'"attributes": {"a": 1, "a": 2}', "attributes.a"),
        (b'"events": [{"event_type": "x", "event_time": "2026-11-20T10:01:00Z", "event_type": "y"}]', None),
    ],
)
def test_a_key_that_occurs_twice(field: bytes, path: str | None) -> None:
    assert refused(with_raw(field)) == ("parse_error", path or "events[0].event_type")


KEYS = st.sampled_from(["a", "b", ":", "a:b", "\\u0061", "\\u003a", '\\"', "\\\\", "ü"])
WRITTEN = st.recursive(
    st.sampled_from(["1", "null", '"a:b"', '"\\u003a"', '"\\\\"', "[]", "9" * 30, "1e5"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.builds('"{}" : {}'.format, KEYS, inner), max_size=4).map(lambda pairs: f"{{{', '.join(pairs)}}}"),
    ),
    max_leaves=12,
)


@given(WRITTEN)
def test_keys_that_occur_twice_are_found_wherever_and_however_they_are_written(written: str) -> None:
    occurs_twice = False

    def look(pairs: list[tuple[str, object]]) -> None:
        nonlocal occurs_twice
        occurs_twice |= len({key for key, _ in pairs}) < len(pairs)

    json.loads(written, object_pairs_hook=look)
    try:
        parse_object(b'{"x": %s}' % written.encode())
        code = ""
    except LineError as error:
        code = error.code

    assert (code == "parse_error") == occurs_twice


@pytest.mark.parametrize("depth", [200, 900, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_nested_too_deeply(depth: int, opening: bytes, closing: bytes) -> None:
    nested = opening * depth + b"1" + closing * depth
    event = b'{"event_type": "x", "event_time": "2026-11-20T10:01:00Z", "event_properties": {"a": %s}}' % nested

    code, field = refused(with_raw(b'"events": [%s]' % event))

    assert (code, field) == ("invalid_value", "events[0].event_properties")


def test_ten_megabytes_of_json_take_little_longer_for_a_byte_than_one() -> None:
    def reading(events: int) -> Callable[[], object]:
        line = a_line(events=[an_event(event_properties={"text": "x" * 1000, "n": n}) for n in range(events)])
        raw = json.dumps(line).encode()
        return lambda: parse_line(raw)

    assert_linear(reading, 1_250, "events")


def test_a_line_longer_than_64_mib() -> None:
    assert refused(b" " * (MAX_LINE_BYTES + 1)) == ("parse_error", None)


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "1969-12-31T23:59:59Z",
        "2500-01-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("field", ["requested_at", "started_at", "ended_at", "last_seen_at"])
def test_times_no_calendar_or_period_can_hold(moment: str, field: str) -> None:
    assert refused(a_line(**{field: moment})) == ("invalid_value", field)


def test_an_events_time_no_calendar_can_hold() -> None:
    events = [an_event(event_time="9999-12-31T23:59:59-14:00")]

    assert refused(a_line(events=events)) == ("invalid_value", "events[0].event_time")
