"""A real server, a real download: one that fails in the middle is seen to have failed, however it comes."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sessions.models import Organisation, User
from tests.web_server import (
    Server,
    cookie_of,
    documented_servers,
    end_copy,
    fill,
    free_port,
    module_server,
    nginx,
    shared_server,
)

__all__ = ["module_server", "shared_server"]

# Some 45 MB of CSV: more than what sockets and buffers between the two hold.
ROWS = 11_000
EXPORT = "/sessions/export.csv"

# With nginx's own default: HTTP/1.0 to the server, which cannot mark the end of an answer.
DEFAULTS = "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}"


@pytest.fixture
def server(shared_server: Server) -> int:
    return shared_server.port


@pytest.fixture
def cookie(transactional_db: None, acme: Organisation, alice: User) -> str:
    fill(acme.pk, ROWS)
    return cookie_of(alice)


def test_a_download_whose_database_goes_away_breaks_off(server: int, cookie: str, module_server: Server) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    client.request("GET", EXPORT, headers={"Cookie": cookie, "X-Request-Id": "broken-one"})
    response = client.getresponse()
    assert response.status == 200
    assert response.read(1_000_000).startswith(b"\xef\xbb\xbfUser,")

    assert end_copy() == 1
    with pytest.raises(http.client.IncompleteRead):
        response.read()

    # One line says so, under the request's id.
    wait_until(lambda: "[broken-one]" in module_server.log)
    [line] = [line for line in module_server.log.splitlines() if "[broken-one]" in line]
    assert f"[ERROR] [broken-one] sessions.http.streams: GET {EXPORT}: broken off, the database cannot answer" in line
    assert "Traceback" not in module_server.log

    # The server is none the worse for it, and a download that is left alone is whole.
    client = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    client.request("GET", f"{EXPORT}?app=none", headers={"Cookie": cookie})
    assert client.getresponse().read().endswith(b"Attributes,Title,Outcome\r\n")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class OldConnection(http.client.HTTPConnection):
    """Speaks HTTP/1.0, where an answer without a length is over when the connection is."""

    _http_vsn = 10
    _http_vsn_str = "HTTP/1.0"


@pytest.mark.parametrize("client", [http.client.HTTPConnection, OldConnection])
def test_it_breaks_off_for_the_oldest_client_too(
    server: int, cookie: str, client: type[http.client.HTTPConnection]
) -> None:
    assert_broken(client("127.0.0.1", server, timeout=60), cookie)


def default_server(upstream: int, port: int) -> str:
    return DEFAULTS.format(port=port, upstream=upstream)


@pytest.mark.parametrize("configuration", [documented_servers, default_server])
def test_it_breaks_off_behind_nginx(
    server: int, cookie: str, tmp_path: Path, configuration: Callable[[int, int], str]
) -> None:
    port = free_port()
    with nginx(tmp_path / "nginx", configuration(server, port)):
        assert_broken(http.client.HTTPConnection("127.0.0.1", port, timeout=60), cookie)


def assert_broken(client: http.client.HTTPConnection, cookie: str) -> None:
    client.request("GET", EXPORT, headers={"Cookie": cookie})
    response = client.getresponse()
    assert response.status == 200  # one that ends before it has begun is a 503
    with breaking(), pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        response.read()


@contextmanager
def breaking() -> Iterator[None]:
    """Whatever export runs within this block is ended as soon as it is seen: nginx would soon have taken it whole."""
    done = threading.Event()
    breaker = threading.Thread(target=break_one, args=[done])
    breaker.start()
    try:
        yield
    finally:
        done.set()
        breaker.join()


def break_one(done: threading.Event) -> None:
    while not done.is_set() and not end_copy():
        pass
