"""Clients that do not read, do not send, or hardly do either: the others do not notice."""

import http.client
import json
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sessions.accounts.tokens import make_token
from sessions.models import Organisation, User
from tests.web_server import cookie_of, documented_servers, fill, free_port, nginx, serving

# Some 17 MB: more than sockets hold, and little enough for nginx to take forty times.
ROWS = 4_000
CLIENTS = 40
# Two processes, each at six.
ADMITTED = 12
EXPORT = "/sessions/export.csv"
# The rows of the page: the page itself needs static files that were collected.
LIST = "/api/v1/sessions?limit=50"


@pytest.fixture
def cookie(transactional_db: None, alice: User) -> str:
    return cookie_of(alice)


@pytest.fixture
def _rows(transactional_db: None, acme: Organisation) -> None:
    fill(acme.pk, ROWS)


@pytest.fixture
def connections() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def direct(server: int, folder: Path) -> tuple[int, ExitStack]:
    return server, ExitStack()


def behind_nginx(server: int, folder: Path) -> tuple[int, ExitStack]:
    port, running = free_port(), ExitStack()
    running.enter_context(nginx(folder / "nginx", documented_servers(server, port)))
    return port, running


def connect(port: int, sent: str) -> socket.socket:
    """One that has room for little, like a client far away."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", port))
    connection.sendall(sent.encode())
    return connection


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(12).split()[1])


def request(method: str, path: str, *headers: str) -> str:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""])


def get(port: int, path: str, cookie: str = "") -> tuple[int, float]:
    """The status, and the seconds that it took."""
    started = time.monotonic()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    client.request("GET", path, headers={"Cookie": cookie})
    response = client.getresponse()
    response.read()
    client.close()
    return response.status, time.monotonic() - started


def p95_of_list(port: int, cookie: str) -> float:
    answers = [get(port, LIST, cookie) for _ in range(20)]
    assert {status for status, _ in answers} == {200}
    return sorted(seconds for _, seconds in answers)[18]


def seconds_of_health(port: int) -> float:
    """Of most answers: a single one may wait for what else the machine is at."""
    answers = [get(port, "/healthz") for _ in range(10)]
    assert {status for status, _ in answers} == {200}
    return sorted(seconds for _, seconds in answers)[7]


def assert_alive(port: int, calm: float) -> None:
    """As soon as before: whoever has to wait for a thread waits a second at least."""
    assert seconds_of_health(port) < max(0.5, 5 * calm)


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize("way", [direct, behind_nginx])
def test_forty_who_never_read_an_export_stop_nobody(
    cookie: str, tmp_path: Path, connections: ExitStack, way: Callable[[int, Path], tuple[int, ExitStack]]
) -> None:
    server = connections.enter_context(serving(tmp_path, workers=2, LONG_TRANSFERS_PER_PERSON="0"))
    port, running = way(server.port, tmp_path)
    connections.enter_context(running)
    p95_of_list(port, cookie)  # the first pages are slower
    before, calm = p95_of_list(port, cookie), seconds_of_health(port)

    # That a client says it wants no other answer does not mean that it hangs up.
    export = request("GET", EXPORT, f"Cookie: {cookie}", "Connection: close")
    readers = [connections.enter_context(connect(port, export)) for _ in range(CLIENTS)]
    statuses = Counter(status_of(reader) for reader in readers)
    assert statuses.keys() == {200, 503}
    if way is direct:
        assert statuses[200] <= ADMITTED

    assert_alive(port, calm)
    # Without limits nobody is answered at all; the rest is what else a busy machine may be at.
    assert p95_of_list(port, cookie) < max(4 * before, before + 2)


@pytest.mark.usefixtures("_rows")
def test_one_person_has_some_of_the_exports_and_others_have_the_rest(
    cookie: str, alice: User, dave: User, tmp_path: Path, connections: ExitStack
) -> None:
    server = connections.enter_context(serving(tmp_path, LONG_TRANSFERS_PER_PERSON="2"))
    export = request("GET", EXPORT, f"Cookie: {cookie}")
    mine = [connections.enter_context(connect(server.port, export)) for _ in range(2)]
    assert [status_of(reader) for reader in mine] == [200, 200]

    token = make_token(alice, "nightly", ("read",))[1]
    for path, header, kind in (
        (EXPORT, {"Cookie": cookie, "Accept": "text/html"}, "text/html"),
        ("/api/v1/sessions?limit=100000", {"Cookie": cookie}, "application/json"),
        ("/api/v1/sessions?limit=100000", {"Authorization": f"Bearer {token}"}, None),
    ):
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        client.request("GET", path, headers=header)
        response = client.getresponse()
        if kind is None:  # a token is somebody of its own
            assert response.status == 200
        else:
            assert (response.status, response.headers["Retry-After"]) == (503, "5")
            assert response.headers["Content-Type"].startswith(kind)
            assert "of your downloads" in response.read().decode()
        client.close()

    # What ends makes room.
    mine[0].close()
    assert eventually(lambda: get(server.port, EXPORT, cookie)[0] == 200)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
    return False


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_reader_who_takes_nothing_for_a_while_gets_a_broken_download(
    cookie: str, tmp_path: Path, connections: ExitStack, version: str
) -> None:
    server = connections.enter_context(serving(tmp_path, CLIENT_TIMEOUT_SECONDS="1"))
    export = request("GET", EXPORT, f"Cookie: {cookie}").replace("HTTP/1.1", f"HTTP/{version}")
    reader = connections.enter_context(connect(server.port, export))
    assert status_of(reader) == 200
    assert eventually(lambda: "kept the server waiting" in server.log)

    with pytest.raises(ConnectionResetError):
        read_to_the_end(reader)
    assert "Traceback" not in server.log


def read_to_the_end(reader: socket.socket) -> None:
    while reader.recv(1 << 20):
        pass


@pytest.mark.parametrize("way", [direct, behind_nginx])
def test_forty_who_send_a_batch_slowly_stop_nobody(
    cookie: str, dave: User, tmp_path: Path, connections: ExitStack, way: Callable[[int, Path], tuple[int, ExitStack]]
) -> None:
    server = connections.enter_context(serving(tmp_path, workers=2, LONG_TRANSFERS_PER_PERSON="0"))
    port, running = way(server.port, tmp_path)
    connections.enter_context(running)
    token = make_token(dave, "nightly", ("write",))[1]
    headers = [f"Authorization: Bearer {token}", "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"]
    begun = request("POST", "/api/v1/sessions/batch", *headers) + "10\r\n" + "x" * 10
    calm = seconds_of_health(port)
    senders = [connections.enter_context(connect(port, begun)) for _ in range(CLIENTS)]

    assert_alive(port, calm)
    assert get(port, LIST, cookie)[0] == 200
    if way is direct:
        # The server waits for what the others still have to send.
        assert eventually(lambda: len(answered(senders)) >= CLIENTS - ADMITTED)
        refused = Counter(map(refusal_of, answered(senders)))
        assert refused["unavailable"] >= CLIENTS - ADMITTED
        # Of those that were let in, some may have been given up on already, since threads are short.
        assert refused.keys() <= {"unavailable", "request_timeout"}


def answered(senders: list[socket.socket]) -> list[socket.socket]:
    return select.select(senders, [], [], 0.05)[0]


def refusal_of(sender: socket.socket) -> str:
    response = http.client.HTTPResponse(sender)
    response.begin()
    code: str = json.loads(response.read())["code"]
    return code


@pytest.mark.usefixtures("transactional_db")
def test_a_sender_who_stops_is_told(dave: User, tmp_path: Path, connections: ExitStack) -> None:
    server = connections.enter_context(serving(tmp_path, CLIENT_TIMEOUT_SECONDS="1"))
    token = make_token(dave, "nightly", ("read", "write"))[1]
    for path, kind, length in (
        ("/api/v1/sessions/batch", "application/x-ndjson", "Transfer-Encoding: chunked"),
        ("/api/v1/sessions", "application/json", "Content-Length: 100"),
        ("/core.v1.SessionsService/ListSessionsV2", "application/json", "Content-Length: 100"),
    ):
        headers = [f"Authorization: Bearer {token}", f"Content-Type: {kind}", length]
        sender = connections.enter_context(connect(server.port, request("POST", path, *headers) + "10\r\n{"))
        response = http.client.HTTPResponse(sender)
        response.begin()
        assert response.status == 408
        assert json.loads(response.read())["code"]
    assert "Traceback" not in server.log


@pytest.mark.parametrize(
    "sent", ["", "GET /sess", "POST /signin/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_those_who_say_half_a_sentence_are_not_waited_for(
    cookie: str, tmp_path: Path, connections: ExitStack, sent: str
) -> None:
    # Who has said nothing is on no thread. The others take turns of a second on sixteen.
    seconds = "1" if sent else "600"
    server = connections.enter_context(serving(tmp_path, workers=2, CLIENT_TIMEOUT_SECONDS=seconds))
    calm = seconds_of_health(server.port)
    for _ in range(CLIENTS):
        connections.enter_context(connect(server.port, sent))
    assert_alive(server.port, calm)
    assert get(server.port, LIST, cookie)[0] == 200
