import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.viewers.har.archive import MOST_ENTRIES, NotHar
from sessions.viewers.har.body import LONGEST_TEXT
from tests.attachments.archives import har, only, requests_in

MOMENT = "2026-11-20T20:27:15.908Z"


def test_requests_are_read_in_the_order_they_were_begun() -> None:
    late = {"startedDateTime": "2026-11-20T20:27:16.908Z", "request": {"url": "/late"}, "time": 5}
    early = {"startedDateTime": MOMENT, "request": {"url": "/early"}, "time": 10}
    first, second = requests_in(har(late, early))
    assert (first.summary.number, first.request.url, first.summary.start) == (1, "/early", 0)
    assert (second.summary.number, second.request.url, second.summary.start) == (2, "/late", 1000)
    assert second.summary.time == 5


def test_what_does_not_apply_is_unknown_not_minus_one() -> None:
    request = only({"response": {"bodySize": -1, "content": {"size": -1}}, "timings": {"dns": -1, "wait": 3}})
    assert (request.summary.transferred, request.summary.size, request.details.phases) == (None, None, [("wait", 3.0)])


def test_the_time_is_the_sum_of_its_phases_where_it_is_not_given() -> None:
    assert only({"timings": {"connect": 10, "ssl": 8, "wait": 5}}).summary.time == 15


def test_a_request_without_an_answer_failed() -> None:
    summary, request, _ = only(
        {"request": {"method": "get"}, "response": {"status": 0, "_failureText": "net::ERR_ABORTED"}}
    )
    assert (summary.failed, summary.family, request.error) == (True, "none", "net::ERR_ABORTED")
    assert request.method == "GET"


def test_a_body_is_cut_and_says_by_how_much() -> None:
    body = only({"response": {"content": {"text": "x" * (LONGEST_TEXT + 7)}}}).details.response_body
    assert (len(body.text), body.left_out) == (LONGEST_TEXT, 7)


def test_headers_that_let_somebody_in_are_known() -> None:
    headers = [{"name": "Set-Cookie", "value": "a"}, {"name": "Accept", "value": "b"}]
    assert [header.sensitive for header in only({"response": {"headers": headers}}).details.response_headers] == [
        True,
        False,
    ]


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
        assert summary.start >= 0


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with contextlib.suppress(NotHar):
        requests_in(content)
