"""A real server, real sockets: what happens at once, in pieces, without end, or only in part."""

import http.client
import json
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from sessions.accounts.tokens import make_token
from sessions.http.body import CHUNK_BYTES
from sessions.ingest.reading.parse import MAX_SENT_BYTES
from sessions.models import App, Attachment, Event, RemovedFile, Session, User
from tests.api_writing.program import NDJSON, SESSIONS
from tests.ingest.lines import a_line, an_event
from tests.web_server import Server, module_server, shared_server

__all__ = ["module_server", "shared_server"]

THREADS = 20
JSON = "application/json"
FORMAL = "/core.v1.SessionsService/ListSessionsV2"
MAX_BYTES = 3_000_000
SERVED: dict[str, Any] = {"workers": 2, "ATTACHMENT_MAX_BYTES": str(MAX_BYTES)}
RUNNING = {"status": "active", "ended_at": None}


class Wire:
    def __init__(self, port: int, secret: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        """An iterator is sent in chunks, without a length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = body if isinstance(body, bytes | Iterator) else json.dumps(body).encode()
        try:
            connection.request(method, path, sent, self.headers | headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        return response.status, raw if response.headers["Content-Type"] == NDJSON else json.loads(raw)

    def at_once(self, method: str, path: str, bodies: list[Any], **headers: str) -> list[tuple[int, Any]]:
        with ThreadPoolExecutor(len(bodies)) as threads:
            return list(threads.map(lambda body: self.send(method, path, body, **headers), bodies))


@pytest.fixture
def wire(shared_server: Server, dave: User) -> Wire:
    return Wire(shared_server.port, make_token(dave, "nightly-ci", ("read", "write"))[1])


@pytest.fixture
def ident(wire: Wire) -> UUID:
    return UUID(wire.send("POST", SESSIONS, a_line(external_id="open", **RUNNING))[1]["id"])


def test_names_are_those_last_sent_whichever_worker_was_sent_them(wire: Wire) -> None:
    lost = []
    for number in range(60):
        name = f"Name {number % 2}"
        body = a_line(
            external_id=str(number),
            app={"app_id": "renamed", "name": name},
            initiator={"type": "user", "email": "mia@acme.example", "username": name},
        )
        status, record = wire.send("POST", SESSIONS, body)
        answered = (status, record["app"]["name"], record["initiator"]["username"])
        stored = (201, App.objects.get().name, User.objects.get(email="mia@acme.example").username)
        if {answered, stored} != {(201, name, name)}:
            lost.append((number, answered, stored))

    assert lost == []


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def _no_files_are_left(wire: Wire) -> Iterator[None]:
    yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def test_one_session_sent_by_twenty_at_once_is_one(wire: Wire) -> None:
    body = a_line(
        app={"app_id": "new", "name": "New"},
        device={"model": "new"},
        os={"name": "new"},
        initiator={"type": "user", "email": "new@acme.example"},
        events=[an_event()],
    )

    answers = wire.at_once("POST", SESSIONS, [body] * THREADS)

    assert Counter(status for status, _ in answers) == {201: 1, 200: THREADS - 1}
    assert len({record["id"] for _, record in answers}) == 1
    assert (Session.objects.count(), Event.objects.count()) == (1, 1)


def test_of_twenty_ends_one_is_the_outcome(wire: Wire, ident: UUID) -> None:
    ends = [{"status": "ended", "ended_at": f"2026-11-20T10:05:{second:02}Z"} for second in range(THREADS)]

    answers = wire.at_once("PATCH", f"{SESSIONS}/{ident}", ends)

    assert Counter(status for status, _ in answers) == {200: 1, 409: THREADS - 1}
    [winner] = [record for status, record in answers if status == 200]
    assert wire.send("GET", f"{SESSIONS}/{ident}", b"")[1]["ended_at"] == winner["ended_at"]


def test_what_twenty_change_of_one_session_adds_up(wire: Wire, ident: UUID) -> None:
    patches = [{"attributes": {f"n{number}": number}, "app": {"app_id": f"a{number % 3}"}} for number in range(THREADS)]

    answers = wire.at_once("PATCH", f"{SESSIONS}/{ident}", patches)

    assert {status for status, _ in answers} == {200}
    assert len(Session.objects.get().attributes) == THREADS


def test_batches_that_overlap_do_not_wait_for_each_other_in_circles(wire: Wire) -> None:
    lines = [json.dumps(a_line(external_id=str(number), os={"name": str(number)})).encode() for number in range(50)]
    bodies = [b"\n".join(lines[::step]) for step in (1, -1) * 4]

    answers = wire.at_once("POST", f"{SESSIONS}/batch", bodies, **{"Content-Type": NDJSON})

    for status, raw in answers:
        assert status == 200
        assert {json.loads(line)["status"] for line in raw.splitlines()} <= {"created", "updated"}
    assert Session.objects.count() == 50


def test_the_same_events_at_once_are_there_once(wire: Wire, ident: UUID) -> None:
    answers = wire.at_once("POST", f"{SESSIONS}/{ident}/events", [{"events": [an_event(), an_event(str1="x")]}] * 8)

    assert sum(answer["new"] for _, answer in answers) == Event.objects.count() == 2


def test_the_same_file_at_once_is_there_whole(wire: Wire, ident: UUID) -> None:
    path, content = f"{SESSIONS}/{ident}/attachments/a.bin", bytes(range(256)) * 4000

    answers = wire.at_once("PUT", path, [content, content[::-1]] * 4, **{"Content-Type": "application/x-own"})

    assert {status for status, _ in answers} <= {200, 201}
    file = Path(default_storage.path(Attachment.objects.get().storage_name))
    assert file.read_bytes() in (content, content[::-1])
    # Whatever else was sent is noted, and deleted later, for the sake of backups.
    removed = {Path(default_storage.path(removed.storage_name)) for removed in RemovedFile.objects.all()}
    assert set(stored_files()) - {file} <= removed


def test_a_file_may_come_in_chunks_of_unknown_number(wire: Wire, ident: UUID) -> None:
    status, body = wire.send(
        "PUT", f"{SESSIONS}/{ident}/attachments/a.log", iter([b"x" * 100_000] * 20), **{"Content-Type": "text/plain"}
    )
    assert (status, body["size"]) == (201, 2_000_000)
    assert [path.stat().st_size for path in stored_files()] == [2_000_000]


def test_lines_may_come_in_chunks_too(wire: Wire) -> None:
    lines = (json.dumps(a_line(external_id=str(number))).encode() + b"\n" for number in range(1500))

    status, raw = wire.send("POST", f"{SESSIONS}/batch", lines, **{"Content-Type": NDJSON})

    assert (status, raw.count(b'"created"')) == (200, 1500)


EVERY_BODY: dict[str, tuple[str, str, str, bytes, int]] = {
    "a session": ("POST", SESSIONS, JSON, json.dumps(a_line(external_id="chunked")).encode(), 201),
    "a change": ("PATCH", f"{SESSIONS}/{{}}", JSON, b'{"title": "chunked"}', 200),
    "events": ("POST", f"{SESSIONS}/{{}}/events", JSON, json.dumps({"events": [an_event()]}).encode(), 200),
    "lines of events": ("POST", f"{SESSIONS}/{{}}/events", NDJSON, json.dumps(an_event()).encode(), 200),
    "lines of sessions": ("POST", f"{SESSIONS}/batch", NDJSON, json.dumps(a_line(external_id="chunked")).encode(), 200),
    "a file": ("PUT", f"{SESSIONS}/{{}}/attachments/a.log", "text/plain", b"chunked", 201),
    "a search of another product": ("POST", FORMAL, JSON, b'{"limit": 1}', 200),
}


@pytest.mark.parametrize("name", EVERY_BODY)
def test_every_body_may_come_in_chunks(wire: Wire, ident: UUID, name: str) -> None:
    method, path, content_type, body, status = EVERY_BODY[name]
    chunks = (bytes([one]) for one in body)

    answered = wire.send(method, path.format(ident), chunks, **{"Content-Type": content_type})

    assert answered[0] == status, answered
    match name:
        case "a session" | "lines of sessions":
            assert Session.objects.filter(external_id="chunked").count() == 1
        case "a change":
            assert answered[1]["title"] == "chunked"
        case "events" | "lines of events":
            assert answered[1] == {"received": 1, "new": 1}
        case "a file":
            assert answered[1]["size"] == 7
        case _:
            assert len(answered[1]["sessions"]) == 1


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("a session", settings.API_MAX_BODY_BYTES),
        ("a change", settings.API_MAX_BODY_BYTES),
        ("events", MAX_SENT_BYTES),
        ("lines of events", MAX_SENT_BYTES),
        ("a search of another product", settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
    ],
)
def test_chunks_of_a_body_are_counted_against_its_limit(wire: Wire, ident: UUID, name: str, limit: int) -> None:
    method, path, content_type, _, _ = EVERY_BODY[name]
    chunks = iter([b" " * limit, b" "])

    status, answer = wire.send(method, path.format(ident), chunks, **{"Content-Type": content_type})

    assert status == 413, answer


def raw_request(port: int, head: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(head.encode())
    return connection


def answer_of(connection: socket.socket) -> int:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status


def head(wire: Wire, method: str, path: str, *more: str) -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {wire.headers['Authorization']}", *more]
    return "\r\n".join([*lines, "", ""])


def test_a_body_without_end_is_refused_while_it_is_read(wire: Wire, ident: UUID) -> None:
    path = f"{SESSIONS}/{ident}/attachments/a.log"
    connection = raw_request(
        wire.port, head(wire, "PUT", path, "Transfer-Encoding: chunked", "Content-Type: text/plain")
    )
    with connection:
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range((MAX_BYTES + CHUNK_BYTES) // 0x10000 + 1):
            connection.sendall(chunk)
        assert answer_of(connection) == 413

    assert not stored_files()
    assert not Attachment.objects.exists()


def test_a_length_that_is_too_much_is_refused_before_the_body_is_sent(wire: Wire, ident: UUID) -> None:
    path = f"{SESSIONS}/{ident}/attachments/a.log"
    for request in (
        head(wire, "PUT", path, f"Content-Length: {MAX_BYTES + 1}", "Content-Type: text/plain"),
        head(wire, "POST", SESSIONS, "Content-Length: 99999999999", "Content-Type: application/json"),
        head(wire, "POST", f"{SESSIONS}/{ident}/events", "Content-Length: 99999999", "Content-Type: application/json"),
    ):
        with raw_request(wire.port, request) as connection:
            assert answer_of(connection) == 413


@pytest.mark.parametrize(
    "coding", [("Content-Length: 1000000", b"x" * 500_000), ("Transfer-Encoding: chunked", b"10000\r\n" + b"x" * 500)]
)
def test_a_file_of_which_only_a_part_arrives_leaves_nothing(wire: Wire, ident: UUID, coding: tuple[str, bytes]) -> None:
    path = f"{SESSIONS}/{ident}/attachments/a.log"
    with raw_request(wire.port, head(wire, "PUT", path, coding[0], "Content-Type: text/plain")) as connection:
        connection.sendall(coding[1])
        connection.shutdown(socket.SHUT_WR)
        assert answer_of(connection) == 400

    assert not stored_files()
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("rest", ["", "/batch"])
def test_a_session_of_which_only_a_part_arrives_is_not_kept(wire: Wire, rest: str) -> None:
    raw = json.dumps(a_line()).encode()
    media = NDJSON if rest else "application/json"
    request = head(wire, "POST", SESSIONS + rest, f"Content-Length: {len(raw) + 1}", f"Content-Type: {media}")
    with raw_request(wire.port, request) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        assert answer_of(connection) == 400

    assert not Session.objects.exists()
