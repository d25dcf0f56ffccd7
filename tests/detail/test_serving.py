"""Files as a browser, a player and somebody hostile ask for them."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from sessions.models import Attachment, Organisation, User
from tests.detail.conftest import Attach

DIGITS = b"0123456789" * 100
ETAG = f'"{hashlib.sha256(DIGITS).hexdigest()}"'
GZIP = {"Accept-Encoding": "gzip"}


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_file_is_served_whole_with_its_length_and_identity(alices: Client, attach: Attach) -> None:
    response = alices.get(attach(DIGITS))
    assert (response.status_code, body(response)) == (200, DIGITS)
    assert response["Content-Length"] == "1000"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["ETag"] == ETAG
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("header", "content_range", "content"),
    [
        ("bytes=0-9", "bytes 0-9/1000", b"0123456789"),
        ("bytes=995-", "bytes 995-999/1000", b"56789"),
        ("bytes=-3", "bytes 997-999/1000", b"789"),
        ("bytes=990-99999", "bytes 990-999/1000", b"0123456789"),
    ],
)
def test_a_range_is_served_alone(
    alices: Client, attach: Attach, header: str, content_range: str, content: bytes
) -> None:
    response = alices.get(attach(DIGITS), headers={"Range": header} | GZIP)
    assert (response.status_code, body(response)) == (206, content)
    assert response["Content-Range"] == content_range
    assert response["Content-Length"] == str(len(content))


def test_several_ranges_are_answered_with_the_whole(alices: Client, attach: Attach) -> None:
    response = alices.get(attach(DIGITS), headers={"Range": "bytes=0-1,5-6"})
    assert (response.status_code, body(response)) == (200, DIGITS)


def test_a_range_outside_the_file_is_a_416_that_names_the_size(alices: Client, attach: Attach) -> None:
    response = alices.get(attach(DIGITS), headers={"Range": "bytes=1000-"})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */1000")


@pytest.mark.parametrize(
    ("condition", "status"),
    [(ETAG, 206), ('"another"', 200), (f"W/{ETAG}", 200), ("Sat, 21 Nov 2026 02:00:00 GMT", 200)],
)
def test_if_range_decides_by_the_strong_etag(alices: Client, attach: Attach, condition: str, status: int) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": condition}
    assert alices.get(attach(DIGITS), headers=headers).status_code == status


def test_what_the_browser_has_is_not_sent_again(alices: Client, attach: Attach) -> None:
    url = attach(DIGITS)
    response = alices.get(url, headers={"If-None-Match": ETAG, "Range": "bytes=0-9"})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", ETAG)
    assert alices.get(url, headers={"If-Match": '"another"'}).status_code == 412


def test_head_answers_as_get_without_the_content(alices: Client, attach: Attach) -> None:
    response = alices.head(attach(DIGITS), headers=GZIP)
    assert (response.status_code, response.content) == (200, b"")
    assert (response["Content-Length"], response["ETag"]) == ("1000", ETAG)


def test_nothing_is_compressed_on_the_way(alices: Client, attach: Attach) -> None:
    response = alices.get(attach(DIGITS), headers=GZIP)
    assert response["Content-Encoding"] == "identity"
    assert (response["Content-Length"], response["ETag"], body(response)) == ("1000", ETAG, DIGITS)


def test_an_empty_file_is_served(alices: Client, attach: Attach) -> None:
    response = alices.get(attach(b""))
    assert (response.status_code, response["Content-Length"], body(response)) == (200, "0", b"")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_page_only_reads_files(alices: Client, attach: Attach, method: str) -> None:
    assert getattr(alices, method)(attach(DIGITS)).status_code == 405


SCRIPT = b"<script>alert(document.cookie)</script>"


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("x.html", "text/html"),
        ("x.svg", "image/svg+xml"),
        ("x.xml", "text/xml"),
        ("x.xhtml", "application/xhtml+xml"),
        ("x.pdf", "application/pdf"),
        ("x.js", "text/javascript"),
        ("x", "text/html; charset=utf-8"),
    ],
)
def test_what_could_run_is_a_download_of_bytes(alices: Client, attach: Attach, name: str, declared: str) -> None:
    response = alices.get(attach(SCRIPT, name, content_type=declared))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("declared", ["image/png", "video/webm", "text/plain", "application/json"])
def test_safe_types_are_shown_and_locked_in(alices: Client, attach: Attach, declared: str) -> None:
    url = attach(SCRIPT, "x", content_type=declared)
    response = alices.get(url)
    assert response["Content-Disposition"] == 'inline; filename="x"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert alices.get(f"{url}?download")["Content-Disposition"] == 'attachment; filename="x"'


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ('"; filename=evil.html', r'inline; filename="\"; filename=evil.html"'),
        ("back\\slash", r'inline; filename="back\\slash"'),
        ("a\r\nSet-Cookie: a=b", 'inline; filename="a__Set-Cookie: a=b"'),
        ("ends with a line\n", 'inline; filename="ends with a line_"'),
        ("Prüfung 日本.log", "inline; filename*=utf-8''Pr%C3%BCfung%20%E6%97%A5%E6%9C%AC.log"),
        ("100% ?#&.log", 'inline; filename="100% ?#&.log"'),
    ],
)
def test_a_name_stays_a_name_in_the_header(
    alices: Client, acme: Organisation, attach: Attach, name: str, disposition: str
) -> None:
    url = attach(DIGITS, "plain")
    Attachment.objects.filter(organisation=acme, name="plain").update(name=name)
    response = alices.get(url.removesuffix("plain") + _quoted(name))
    assert (response.status_code, response["Content-Disposition"]) == (200, disposition)


def _quoted(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode())


def test_a_declared_type_cannot_add_a_header(alices: Client, acme: Organisation, attach: Attach) -> None:
    url = attach(DIGITS)
    Attachment.objects.filter(organisation=acme).update(content_type="image/png\r\nSet-Cookie: a=b")
    response = alices.get(url)
    assert (response["Content-Type"], "Set-Cookie" in response) == ("application/octet-stream", False)


def test_what_another_organisation_or_person_has_does_not_exist(
    attach: Attach, umas: Client, client_of: Callable[[User], Client], globex_admin: User
) -> None:
    url = attach(DIGITS, user="bob@acme.example")
    for browser in (umas, client_of(globex_admin)):
        for address in (url, f"{url}/view/", f"/api/v1{url}"):
            assert browser.get(address).status_code == 404


def test_own_files_are_there(attach: Attach, umas: Client) -> None:
    url = attach(DIGITS, user="uma@acme.example")
    assert umas.get(url).status_code == 200
    assert umas.get(f"/api/v1{url}").status_code == 200


def test_whoever_is_not_signed_in_gets_nothing(attach: Attach, client: Client) -> None:
    url = attach(DIGITS)
    assert client.get(url)["Location"].startswith("/signin/")
    assert client.get(f"/api/v1{url}").status_code == 401


def test_a_file_that_is_not_there_says_why(alices: Client, acme: Organisation, attach: Attach) -> None:
    url = attach(DIGITS)
    Attachment.objects.filter(organisation=acme).update(available=False)
    for address in (url, f"{url}/view/"):
        response = alices.get(address)
        assert response.status_code == 404
        assert "has not arrived or has been deleted" in response.content.decode()
    answer = alices.get(f"/api/v1{url}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_file_lost_by_the_storage_is_not_an_error(alices: Client, acme: Organisation, attach: Attach) -> None:
    url = attach(DIGITS)
    default_storage.delete(Attachment.objects.get(organisation=acme).storage_name)
    for address in (url, f"{url}/view/"):
        response = alices.get(address)
        assert response.status_code == 404
        assert "no longer in the storage" in response.content.decode()


def test_a_name_that_is_not_there_does_not_exist(alices: Client, attach: Attach) -> None:
    assert alices.get(f"{attach(DIGITS)}x").status_code == 404
    assert alices.get(f"/sessions/{UUID(int=1)}/attachments/x").status_code == 404
