"""Files in S3: only what is wanted is fetched from there, and browsers fetch it themselves where that is configured."""

import tracemalloc
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.test import Client

from sessionhistory.storage import attachment_storage
from sessions.files.delivery import signed_origin, signed_url
from sessions.files.ranges import ByteRange, slice_of
from sessions.models import Attachment, Organisation
from tests.bucket import Bucket
from tests.detail.conftest import Attach
from tests.detail.test_serving import DIGITS, SCRIPT, body

LARGE = bytes(range(250)) * 200_000
VIDEO = {"kind": "video", "content_type": "video/webm"}
# A block, what the connection has read ahead of it, and what a request takes anyway.
MOST_MEMORY = 4_000_000


def received(browser: Client, url: str, **headers: str) -> tuple[Any, int, int]:
    """The answer, how many bytes came with it, and the most memory that took here, where S3 is another process."""
    tracemalloc.start()
    try:
        response: Any = browser.get(url, headers=headers)
        length = sum(len(block) for block in response.streaming_content)
        return response, length, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_byte_of_a_large_file_is_all_that_is_fetched(alices: Client, attach: Attach, bucket: Bucket) -> None:
    response, length, memory = received(alices, attach(LARGE, **VIDEO), Range="bytes=40000001-40000001")
    assert (response.status_code, response["Content-Range"]) == (206, "bytes 40000001-40000001/50000000")
    assert length == 1
    assert memory < MOST_MEMORY
    assert bucket.asked("GET") == [("bytes=40000001-40000001", 1)]


def test_a_large_file_streams_in_little_memory(alices: Client, attach: Attach, bucket: Bucket) -> None:
    _, length, memory = received(alices, attach(LARGE, **VIDEO))
    assert length == len(LARGE)
    assert memory < MOST_MEMORY
    assert bucket.asked("GET") == [("bytes=0-49999999", len(LARGE))]


def test_a_file_that_is_closed_early_is_not_read_on(acme: Organisation, attach: Attach, bucket: Bucket) -> None:
    attach(LARGE, **VIDEO)
    file = default_storage.open(Attachment.objects.get(organisation=acme).storage_name)
    part = slice_of(file, ByteRange(0, len(LARGE)))
    blocks = iter(part)
    assert 0 < len(next(blocks)) < 1_000_000
    part.close()
    with pytest.raises(pytest.importorskip("botocore.exceptions").IncompleteReadError):
        next(blocks)


@pytest.mark.parametrize(
    ("content", "header", "part"),
    [
        (DIGITS, "bytes=0-9", b"0123456789"),
        (DIGITS, "bytes=-3", b"789"),
        (DIGITS, "bytes=995-", b"56789"),
        (DIGITS, "", DIGITS),
        (b"", "", b""),
    ],
)
def test_a_part_is_that_part(
    alices: Client, attach: Attach, bucket: Bucket, content: bytes, header: str, part: bytes
) -> None:
    response = alices.get(attach(content), headers={"Range": header} if header else {})
    assert body(response) == part
    assert response["Content-Length"] == str(len(part))


@pytest.mark.parametrize("declared", ["image/png", "video/webm", "audio/ogg"])
def test_a_picture_is_fetched_from_s3_as_it_would_be_sent_from_here(
    alices: Client, attach: Attach, signed: Bucket, declared: str
) -> None:
    response = alices.get(attach(DIGITS, "a ü.x", content_type=declared))
    assert response.status_code == 302
    assert response["Location"].startswith(f"{signed.url}/{signed.name}/kept/")
    assert parse_qs(urlsplit(response["Location"]).query)["X-Amz-Expires"] == ["600"]
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    with urlopen(response["Location"]) as answer:
        assert answer.read() == DIGITS
        assert answer.headers["Content-Type"] == declared
        assert answer.headers["Content-Disposition"] == "inline; filename*=utf-8''a%20%C3%BC.x"
        assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "application/pdf", "text/plain"])
def test_what_is_saved_is_fetched_from_s3_and_cannot_be_shown(
    alices: Client, attach: Attach, signed: Bucket, declared: str
) -> None:
    url = alices.get(f"{attach(SCRIPT, 'x', content_type=declared)}?download")["Location"]
    with urlopen(url) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="x"'
        assert answer.headers["Content-Type"] == (
            "text/plain; charset=utf-8" if declared == "text/plain" else "application/octet-stream"
        )


@pytest.mark.parametrize("declared", ["text/plain", "application/json"])
def test_a_text_that_is_shown_keeps_the_policy_that_s3_cannot_send(
    alices: Client, attach: Attach, signed: Bucket, declared: str
) -> None:
    response = alices.get(attach(DIGITS, content_type=declared))
    assert (response.status_code, body(response)) == (200, DIGITS)
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_the_api_sends_files_itself(alices: Client, attach: Attach, signed: Bucket) -> None:
    url = attach(DIGITS, content_type="image/png")
    response = alices.get(f"/api/v1{url}", headers={"Range": "bytes=0-9"})
    assert (response.status_code, body(response)) == (206, DIGITS[:10])
    session = alices.get(f"/api/v1{url.partition('/attachments')[0]}").json()
    assert [file["url"] for file in session["attachments"]] == [f"/api/v1{url}"]


def test_who_may_not_see_the_session_gets_no_signed_url(
    umas: Client, client: Client, attach: Attach, signed: Bucket
) -> None:
    url = attach(DIGITS, user="bob@acme.example", content_type="image/png")
    assert umas.get(url).status_code == 404
    assert client.get(url)["Location"].startswith("/signin/")


def test_a_file_that_s3_has_lost_is_not_left_to_it(alices: Client, attach: Attach, signed: Bucket) -> None:
    url = attach(DIGITS, content_type="image/png")
    signed.objects.all().delete()
    response = alices.get(url)
    assert response.status_code == 404
    assert "no longer in the storage" in response.content.decode()


def test_pages_that_show_files_allow_the_origin_of_s3_and_others_do_not(
    alices: Client, attach: Attach, signed: Bucket
) -> None:
    url = attach(DIGITS, content_type="image/png")
    for page in (f"{url}/view/", f"{url.partition('attachments')[0]}"):
        policy = directives(alices.get(page))
        assert policy["img-src"] == ["'self'", "data:", signed.url]
        assert policy["media-src"] == ["'self'", signed.url]
        assert policy["connect-src"] == policy["script-src"] == ["'self'"]
    assert signed.url not in alices.get("/sessions/")["Content-Security-Policy"]


def directives(response: Any) -> dict[str, list[str]]:
    return {name: sources for name, *sources in map(str.split, response["Content-Security-Policy"].split(";"))}


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("s3://history", "https://history.s3.amazonaws.com"),
        ("s3://history?region_name=eu-central-1", "https://history.s3.eu-central-1.amazonaws.com"),
        ("s3://history.files?region_name=eu-central-1", "https://s3.eu-central-1.amazonaws.com"),
        ("s3://history?endpoint_url=https://files.example.com:9000", "https://files.example.com:9000"),
        (
            "s3://history?endpoint_url=https://files.example.com&addressing_style=virtual",
            "https://history.files.example.com",
        ),
    ],
)
@pytest.mark.usefixtures("signed")
def test_the_origin_is_that_of_the_signed_urls(settings: LazySettings, address: str, origin: str) -> None:
    settings.STORAGES = settings.STORAGES | {"default": attachment_storage(address)}
    url = signed_url("a", {"Content-Type": "a", "Content-Disposition": "b", "Cache-Control": "c"})
    assert url
    assert url.startswith(f"{origin}/")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert signed_origin() == origin


@pytest.mark.usefixtures("bucket")
def test_without_signed_urls_pages_allow_nothing_from_elsewhere(alices: Client, attach: Attach) -> None:
    policy = directives(alices.get(f"{attach(DIGITS, content_type='image/png')}/view/"))
    assert policy["img-src"] == ["'self'", "data:"]
    assert policy["media-src"] == ["'self'"]


def test_a_log_is_read_here_whoever_sends_downloads(alices: Client, attach: Attach, signed: Bucket) -> None:
    page = alices.get(f"{attach(DIGITS)}/view/")
    assert page.status_code == 200
    assert "0123456789" in page.content.decode()
