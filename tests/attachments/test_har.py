import base64
import contextlib
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.files import json_items
from sessions.files.json_items import items
from sessions.viewers.har.archive import LONGEST_ENTRY, MOST_ENTRIES, NotHar
from sessions.viewers.har.body import LONGEST_TEXT, Body
from tests.attachments.archives import har, only, requests_in

MOMENT = "2026-11-20T20:27:15.908Z"


def test_requests_are_read_in_the_order_they_were_begun() -> None:
    late = {"startedDateTime": "2026-11-20T20:27:16.908Z", "request": {"url": "/late"}, "time": 5}
    early = {"startedDateTime": MOMENT, "request": {"url": "/early"}, "time": 10}
    first, second = requests_in(har(late, early))
    assert (first.summary.number, first.request.url) == (1, "/early")
    assert (second.summary.number, second.request.url) == (2, "/late")
    assert first.summary.started is not None
    assert second.summary.started == first.summary.started + 1000
    assert second.summary.time == 5


def test_what_does_not_apply_is_unknown_not_minus_one() -> None:
    request = only({"response": {"bodySize": -1, "content": {"size": -1}}, "timings": {"dns": -1, "wait": 3}})
    assert (request.summary.transferred, request.summary.size, request.details.phases) == (None, None, [("wait", 3.0)])


def test_the_time_is_the_sum_of_its_phases_where_it_is_not_given() -> None:
    assert only({"timings": {"connect": 10, "ssl": 8, "wait": 5}}).summary.time == 15


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ({"response": {"status": 304}}, "answered"),
        ({"response": {"status": 404}}, "failed"),
        # Chromium writes it of a script whose answer it no longer needed once it knew the status.
        ({"response": {"status": 404, "_failureText": "net::ERR_ABORTED"}}, "failed"),
        ({"response": {"status": 200, "_failureText": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"}}, "failed"),
        ({"response": {"status": 0}}, "failed"),
        ({}, "failed"),
        ({"response": {"status": 0, "_error": "net::ERR_CONNECTION_ABORTED"}}, "failed"),
        ({"response": {"status": 0, "_error": "net::ERR_ABORTED"}}, "aborted"),
        ({"response": {"status": -1, "_failureText": "NS_BINDING_ABORTED"}}, "aborted"),
        ({"response": {"status": 0, "_error": "Load request cancelled"}}, "aborted"),
        ({"response": {"status": 0}, "_fromCache": "memory"}, "cached"),
        ({"response": {"status": 0}, "_fetchType": "Disk Cache"}, "cached"),
        ({"response": {"status": -1}, "time": -1}, "unfinished"),
        ({"response": {"status": 0}, "_webSocketMessages": []}, "unfinished"),
    ],
)
def test_no_answer_is_a_failure_unless_the_archive_says_why_there_is_none(entry: object, outcome: str) -> None:
    summary = only(entry).summary
    assert (summary.outcome, summary.failed) == (outcome, outcome == "failed")


def test_what_the_browser_said_of_a_failure_is_kept() -> None:
    request = only({"request": {"method": "get"}, "response": {"_failureText": "net::ERR_TIMED_OUT"}}).request
    assert (request.method, request.error) == ("GET", "net::ERR_TIMED_OUT")


def test_a_body_is_cut_and_says_by_how_much() -> None:
    body = only({"response": {"content": {"text": "x" * (LONGEST_TEXT + 7)}}}).details.response_body
    assert (len(body.text), body.left_out) == (LONGEST_TEXT, 7)


def test_headers_that_let_somebody_in_are_known() -> None:
    headers = [{"name": "Set-Cookie", "value": "a"}, {"name": "Accept", "value": "b"}]
    assert [header.sensitive for header in only({"response": {"headers": headers}}).details.response_headers] == [
        True,
        False,
    ]


def test_a_form_is_its_fields_from_whichever_place_names_them() -> None:
    params = [{"name": "hat", "value": "blue felt"}, {"name": "photo", "fileName": "hat.png"}, {"name": "Password"}]
    form = only({"request": {"postData": {"params": params}}}).details.request_body.form
    assert [(field.name, field.value, field.file_name, field.sensitive) for field in form] == [
        ("hat", "blue felt", "", False),
        ("photo", "", "hat.png", False),
        ("Password", "", "", True),
    ]
    sent = {"mimeType": "application/x-www-form-urlencoded; charset=utf-8", "text": "hat=blue+felt&size=57"}
    form = only({"request": {"postData": sent}}).details.request_body.form
    assert [(field.name, field.value) for field in form] == [("hat", "blue felt"), ("size", "57")]


def base64_body(content: bytes, mime_type: str) -> Body:
    sent = {"mimeType": mime_type, "encoding": "base64", "text": base64.b64encode(content).decode()}
    return only({"response": {"content": sent}}).details.response_body


def test_base64_is_the_text_or_the_picture_that_it_stands_for() -> None:
    assert base64_body('{"name":"Zoë"}'.encode(), "application/json").text == '{\n  "name": "Zoë"\n}'
    assert base64_body("Касса".encode("cp1251"), "text/html; charset=windows-1251").text == "Касса"
    assert base64_body(b"\x89PNG", "image/png").image == "data:image/png;base64,iVBORw=="
    assert base64_body(b"\x00\xff" * 500, "application/octet-stream").binary_size == 1000
    assert base64_body(b"x" * 30_000, "text/plain").left_out == 30_000 - LONGEST_TEXT // 3 * 3


def test_messages_of_a_websocket_have_a_direction_a_time_and_their_data() -> None:
    messages = [
        {"type": "send", "time": 1795946401.1, "opcode": 1, "data": "hat-please"},
        {"type": "receive", "opcode": 2, "data": "AAAA"},
    ]
    read = only({"startedDateTime": "2026-11-29T10:00:00Z", "_webSocketMessages": messages}).details.messages
    assert [(one.sent, one.text, one.binary_size) for one in read] == [(True, "hat-please", None), (False, "", 3)]
    assert read[0].after == pytest.approx(1100, abs=1)
    assert read[1].after is None


def test_of_an_entry_that_is_too_large_only_the_long_texts_are_cut() -> None:
    content = {"mimeType": "text/plain", "text": "x" * (LONGEST_ENTRY + 100), "size": 5}
    entry = {"request": {"url": "https://a.example/", "headers": [{"name": "a"}]}, "response": {"content": content}}
    read = only(entry)
    assert (read.request.url, read.request.size) == ("https://a.example/", 5)
    assert len(read.details.request_headers) == 1
    assert len(read.details.response_body.text) == LONGEST_TEXT
    assert read.details.response_body.left_out == LONGEST_ENTRY + 100 - LONGEST_TEXT


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
def test_where_a_block_ends_makes_no_difference(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"request": {"url": 'a"\\[{', "headers": [{"name": "é", "value": "}"}]}, "time": 12.5, "a": [[[1], {}]]}
    expected = [item[:2] for item in items(io.BytesIO(har(entry, None, 5, "x")), ("log", "entries"), 10_000)]
    monkeypatch.setattr(json_items, "BLOCK", block)
    found = list(items(io.BytesIO(har(entry, None, 5, "x")), ("log", "entries"), 10_000))
    assert [item[:2] for item in found] == expected
    assert [json.loads(item.head) for item in found] == [entry, None, 5, "x"]


def test_half_a_surrogate_pair_and_nul_can_be_encoded_and_shown() -> None:
    url = requests_in(b'{"log":{"entries":[{"request":{"url":"\\ud800\\u0000"}}]}}')[0].request.url
    assert url.encode() == "?␀".encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[]", "not an HTTP archive"),
        (b"null", "not an HTTP archive"),
        (b'{"log":[]}', "not an HTTP archive"),
        (b'{"log":{"entries":{}}}', "not an HTTP archive"),
        (b'{"log":{"entries":[{"request":', "cut short"),
        (b'{"log":{"entries":' + b"[" * 100_000, "nested too deeply"),
        (b'{"log":' * 100_000, "nested too deeply"),
        (har(*[None] * (MOST_ENTRIES + 1)), "more than 20,000 requests"),
    ],
)
def test_what_is_no_archive_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(NotHar, match=reason):
        requests_in(content)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        [],
        {"request": "GET /", "response": 200, "timings": [], "time": "soon"},
        {"request": {"method": {}, "url": ["a"], "headers": {"a": "b"}}, "response": {"headers": [1, None, "x"]}},
        {"response": {"status": 10**300, "bodySize": 1e308, "content": {"size": True, "text": 5}}},
        {"startedDateTime": "9999-12-31T23:59:59-14:00"},
        {"startedDateTime": "0001-01-01T00:00:00+14:00"},
        {"startedDateTime": "yesterday"},
    ],
)
def test_an_entry_of_the_wrong_shape_is_a_request_of_which_little_is_known(entry: object) -> None:
    assert len(requests_in(har(entry))) == 1


def test_numbers_that_are_none_count_as_unknown() -> None:
    summary, *_ = requests_in(b'{"log":{"entries":[{"time":NaN,"response":{"status":1e999,"bodySize":-Infinity}}]}}')[0]
    assert (summary.time, summary.status, summary.transferred) == (0, 0, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["startedDateTime", "time", "request", "response", "timings", "serverIPAddress"]
ENTRY = st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON


@settings(max_examples=200)
@given(st.lists(ENTRY, max_size=4))
def test_no_archive_breaks_the_reader(entries: list[object]) -> None:
    try:
        requests = requests_in(json.dumps({"log": {"entries": entries}}).encode())
    except NotHar:
        return
    assert len(requests) == len(entries)
    for summary, request, _ in requests:
        request.url.encode()
        assert summary.time >= 0


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with contextlib.suppress(NotHar):
        requests_in(content)
