"""Files that nginx sends: what is decided here, what nginx is told, and what comes out of a real one."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from sessions.models import Attachment, Organisation, User
from tests.detail.conftest import Attach
from tests.detail.test_serving import DIGITS, ETAG
from tests.web_server import NGINX, cookie_of, documented, free_port, server
from tests.web_server import nginx as running_nginx

__all__ = ["server"]


@pytest.fixture
def _handed_over(settings: LazySettings) -> None:
    settings.ATTACHMENTS_X_ACCEL_PREFIX = "/protected/"


def stored(acme: Organisation) -> Attachment:
    return Attachment.objects.get(organisation=acme)


@pytest.mark.usefixtures("_handed_over")
@pytest.mark.parametrize("api", ["", "/api/v1"])
def test_nginx_is_told_the_file_and_the_headers(alices: Client, acme: Organisation, attach: Attach, api: str) -> None:
    response = alices.get(api + attach(DIGITS), headers={"Range": "bytes=0-9"})
    assert (response.status_code, response.content) == (200, b"")  # ranges are nginx's
    assert response["X-Accel-Redirect"] == f"/protected/{stored(acme).storage_name}"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'inline; filename="console.log"'
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["ETag"] == ETAG
    assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.usefixtures("_handed_over")
@pytest.mark.parametrize("name", ["1/a b", "1/50%25", "1/a?b#c", "1/ü", "1/a\r\nSet-Cookie: a=b"])
def test_an_odd_name_stays_a_path(alices: Client, acme: Organisation, attach: Attach, name: str) -> None:
    url = attach(DIGITS)
    default_storage.save(name, ContentFile(DIGITS))
    Attachment.objects.filter(organisation=acme).update(storage_name=name)
    path = alices.get(url)["X-Accel-Redirect"]
    assert re.fullmatch(r"/protected/1/[\w.%-]+", path, re.ASCII)
    assert unquote(path) == f"/protected/{name}"


@pytest.mark.usefixtures("_handed_over")
def test_who_may_not_see_the_session_gets_no_path(umas: Client, client: Client, attach: Attach) -> None:
    url = attach(DIGITS, user="bob@acme.example")
    for browser, status in ((umas, 404), (client, 302)):
        response = browser.get(url)
        assert (response.status_code, "X-Accel-Redirect" in response) == (status, False)


@pytest.mark.usefixtures("_handed_over")
def test_what_needs_no_content_needs_no_nginx(alices: Client, attach: Attach) -> None:
    url = attach(DIGITS)
    kept = alices.get(url, headers={"If-None-Match": ETAG})
    assert (kept.status_code, "X-Accel-Redirect" in kept) == (304, False)
    other = alices.get(url, headers={"If-Match": '"another"'})
    assert (other.status_code, "X-Accel-Redirect" in other) == (412, False)
    head = alices.head(url)
    assert (head["Content-Length"], "X-Accel-Redirect" in head) == ("1000", False)


@pytest.mark.usefixtures("_handed_over")
def test_a_file_that_is_lost_is_not_left_to_nginx(alices: Client, acme: Organisation, attach: Attach) -> None:
    url = attach(DIGITS)
    default_storage.delete(stored(acme).storage_name)
    response = alices.get(url)
    assert (response.status_code, "X-Accel-Redirect" in response) == (404, False)
    assert "no longer in the storage" in response.content.decode()


@pytest.mark.usefixtures("_handed_over")
def test_a_viewer_reads_here(alices: Client, attach: Attach) -> None:
    response = alices.get(f"{attach(DIGITS)}/view/")
    assert "X-Accel-Redirect" not in response
    assert "0123456789" in response.content.decode()


@pytest.fixture
def _server_behind_nginx(monkeypatch: pytest.MonkeyPatch) -> None:
    if NGINX is None:
        pytest.skip("nginx is not installed")
    monkeypatch.setenv("ATTACHMENTS_X_ACCEL_PREFIX", "/protected/")


@pytest.fixture
def nginx(_server_behind_nginx: None, server: int, tmp_path: Path) -> Iterator[int]:
    """nginx before the server, with the location that the documentation gives. Its port."""
    location = documented("location /protected/").replace(
        "/srv/session-history/attachments/", f"{tmp_path}/attachments/"
    )
    port = free_port()
    servers = f"""
        server {{
            listen 127.0.0.1:{port};
            location / {{ proxy_pass http://127.0.0.1:{server}; proxy_http_version 1.1; }}
            {location}
        }}"""
    with running_nginx(tmp_path / "nginx", servers):
        yield port


def ask(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_through_nginx_a_file_comes_as_it_would_from_here(
    nginx: int, alice: User, acme: Organisation, attach: Attach
) -> None:
    url, cookie = attach(DIGITS), cookie_of(alice)

    whole, content = ask(nginx, url, Cookie=cookie)
    assert (whole.status, content) == (200, DIGITS)
    assert "X-Accel-Redirect" not in whole.headers
    # With If-Match the server sends the file itself, so this is what it says.
    from_here, same = ask(nginx, url, Cookie=cookie, **{"If-Match": ETAG})
    assert (from_here.status, same) == (200, DIGITS)
    assert said(whole) == said(from_here)

    part, content = ask(nginx, url, Cookie=cookie, Range="bytes=995-")
    assert (part.status, part.headers["Content-Range"], content) == (206, "bytes 995-999/1000", b"56789")
    assert said(part) == said(whole) | {"Content-Length": "5"}
    for condition, status in ((ETAG, 206), ('"another"', 200)):
        assert ask(nginx, url, Cookie=cookie, Range="bytes=0-9", **{"If-Range": condition})[0].status == status
    assert ask(nginx, url, Cookie=cookie, Range="bytes=1000-")[0].status == 416
    assert ask(nginx, url, Cookie=cookie, **{"If-None-Match": ETAG})[0].status == 304


def test_nginx_finds_a_file_of_an_odd_name(nginx: int, alice: User, acme: Organisation, attach: Attach) -> None:
    url, name = attach(DIGITS), "1/a b%25?c#ü"
    default_storage.save(name, ContentFile(b"odd"))
    Attachment.objects.filter(organisation=acme).update(storage_name=name)
    response, content = ask(nginx, url, Cookie=cookie_of(alice))
    assert (response.status, content) == (200, b"odd")


def said(response: http.client.HTTPResponse) -> dict[str, Any]:
    """All but what is of one answer alone, an encoding that is none, and what is for pages with scripts."""
    of_each = {"Server", "Date", "Connection", "Content-Range", "Content-Encoding", "Vary", "X-Request-Id"}
    of_pages = {"Cross-Origin-Opener-Policy", "Permissions-Policy"}
    return {name: value for name, value in response.headers.items() if name not in of_each | of_pages}


def test_nobody_passes_by_to_nginx_s_files(nginx: int, alice: User, acme: Organisation, attach: Attach) -> None:
    attach(DIGITS)
    path = f"/protected/{stored(acme).storage_name}"
    assert (ask(nginx, path)[0].status, ask(nginx, path, Cookie=cookie_of(alice))[0].status) == (404, 404)
