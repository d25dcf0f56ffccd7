"""Requests of two sessions: by address, whatever their order."""

import io
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.test import Client

from sessions.models import Attachment, Organisation
from sessions.viewers.differing.requests import MOST_REQUESTS, compare_requests, read_requests
from tests.compare.conftest import SendFiles, compared, entry
from tests.linear.cost import assert_linear


def pairs(first: list[Any], second: list[Any]) -> list[tuple[str, str, str]]:
    """Of each pair the change and both statuses."""
    found = compare_requests(*(read_requests(io.BytesIO(archive(side))) for side in (first, second)))
    return [
        (pair.change.value, pair.first.answer if pair.first else "", pair.second.answer if pair.second else "")
        for pair in found
    ]


def archive(entries: list[Any]) -> bytes:
    return json.dumps({"log": {"entries": entries}}).encode()


def test_another_status_or_time_is_a_change_and_a_little_time_is_none() -> None:
    first = [entry("/a", at=1), entry("/b", at=2, time=50), entry("/c", at=3, time=50), entry("/d", at=4, time=1000)]
    second = [
        entry("/a", 503, at=1),
        entry("/b", at=2, time=140),
        entry("/c", at=3, time=160),
        entry("/d", at=4, time=1200),
    ]
    assert [change for change, *_ in pairs(first, second)] == ["changed", "same", "changed", "same"]


def test_requests_without_a_partner_are_missing_or_added_in_their_place() -> None:
    first, second = [entry("/a", at=0), entry("/b", at=1)], [entry("/a", at=0), entry("/c/d", at=2)]
    assert pairs(first, second) == [("same", "200", "200"), ("missing", "200", ""), ("added", "", "200")]


def test_the_order_of_requests_that_ran_side_by_side_is_no_difference() -> None:
    first = [entry("/a", at=0), entry("/b", at=0.1), entry("/a", 404, at=0.2)]
    second = [entry("/b", at=0), entry("/a", at=0.1), entry("/a", 404, at=0.2)]
    assert [change for change, *_ in pairs(first, second)] == ["same"] * 3


def test_an_address_with_another_id_or_query_is_the_same_request_changed() -> None:
    assert pairs([entry("/orders/17?page=1")], [entry("/orders/18?page=2")]) == [("changed", "200", "200")]


def test_a_request_without_an_answer_says_so() -> None:
    assert pairs([entry("/a")], [entry("/a", 0)]) == [("changed", "200", "no answer")]


def test_the_page_says_what_became_of_a_request(alices: Client, send_files: SendFiles) -> None:
    a = send_files(har=[entry("/pay", time=40), entry("/gone", at=1)])
    page = compared(alices, a, send_files(har=[entry("/pay", 503, time=1240), entry("/new/one", at=1)]), "requests")
    assert "1 changed" in page
    assert "1 missing in B" in page
    assert "1 added in B" in page
    assert "1.2 s slower" in page
    assert '<span class="visually-hidden">became</span> 503' in page


def test_a_session_without_a_network_log_says_so(alices: Client, send_files: SendFiles) -> None:
    nothing, something = send_files(), send_files(har=[entry("/")])
    assert "Neither session has a network log." in compared(alices, nothing, send_files(), "requests")
    page = compared(alices, something, nothing, "requests")
    assert "Session B has no network log, so there is nothing to compare." in page
    assert "network.har" in page


def test_archives_without_requests_say_so(alices: Client, send_files: SendFiles) -> None:
    assert "Neither network log holds a request." in compared(
        alices, send_files(har=[]), send_files(har=[]), "requests"
    )


def test_a_file_that_cannot_be_compared_says_why(alices: Client, acme: Organisation, send_files: SendFiles) -> None:
    good, bad, lost, late = (send_files(har=har) for har in ([entry("/")], b'{"a": 1}', [entry("/x")], [entry("/y")]))
    assert "there are no log.entries in it" in compared(alices, good, bad, "requests")
    Attachment.objects.filter(session_id=lost).update(storage_name="nowhere")
    assert "It is no longer in the storage." in compared(alices, good, lost, "requests")
    Attachment.objects.filter(session_id=late).update(available=False)
    assert "It was announced, and has not arrived" in compared(alices, late, good, "requests")
    Attachment.objects.filter(session_id=good).update(size=2**40)
    assert "It is too large to be read as requests." in compared(alices, good, good_copy(send_files), "requests")


def good_copy(send_files: SendFiles) -> UUID:
    return send_files(har=[entry("/")])


def test_an_archive_in_utf_16_is_read(alices: Client, send_files: SendFiles) -> None:
    wide = send_files(har=archive([entry("/größe")]).decode().encode("utf-16"))
    assert "No difference in 1 request" in compared(alices, wide, send_files(har=[entry("/größe")]), "requests")


def test_of_a_long_archive_the_first_requests_are_compared(alices: Client, send_files: SendFiles) -> None:
    long = send_files(har=[entry("/", at=number) for number in range(MOST_REQUESTS + 1)])
    page = compared(alices, long, send_files(har=[entry("/")]), "requests")
    assert "Compared are the first 2,000 requests: A has more." in page


def test_time_grows_with_the_number_of_requests() -> None:
    def run(size: int) -> Callable[[], object]:
        paths = ["/same"] * size, [f"/{'x' * (number % 9)}" for number in range(size)]
        first, second = (
            read_requests(io.BytesIO(archive([entry(path, at=number) for number, path in enumerate(side)])))
            for side in paths
        )
        return lambda: compare_requests(first, second)

    assert_linear(run, MOST_REQUESTS // 8, "requests")
