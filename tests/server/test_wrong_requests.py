"""Requests that are wrong below what the application sees: answered in JSON where programs ask, and never by a 500."""

import http.client
import json
import socket

import pytest

from sessions.accounts.tokens import make_token
from sessions.models import Session, User
from tests.web_server import Server, module_server, shared_server

__all__ = ["module_server", "shared_server"]

BATCH = "/api/v1/sessions/batch"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


@pytest.fixture
def secret(dave: User) -> str:
    return make_token(dave, "nightly", ("read", "write"))[1]


def ask(port: int, head: list[str], body: bytes = b"", ends: bool = False) -> tuple[http.client.HTTPResponse, bytes]:
    """Send the lines of a head and a body, and after that nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response, response.read()


def post(secret: str, *more: str, path: str = BATCH) -> list[str]:
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {secret}"]
    return [*head, "Content-Type: application/x-ndjson", *more]


WRONG_BODIES: dict[str, tuple[list[str], bytes]] = {
    "no size": ([CHUNKED], b"\r\n{}\r\n"),
    "a size that is none": ([CHUNKED], b"zz\r\n{}\r\n0\r\n\r\n"),
    "a negative size": ([CHUNKED], b"-1\r\n{}\r\n0\r\n\r\n"),
    "a size with an extension that is none": ([CHUNKED], b"2;;\r\n{}\r\n0\r\n\r\n"),
    "a size without end": ([CHUNKED], b"1" * 20_000),
    "a chunk that is longer than it says": ([CHUNKED], b"2\r\n{}{}\r\n0\r\n\r\n"),
    "a chunk that is shorter than it says": ([CHUNKED], b"5\r\n{}\r\n0\r\n\r\n"),
    "a trailer that is none": ([CHUNKED], b"2\r\n{}\r\n0\r\nnonsense\r\n\r\n"),
    "no last chunk": ([CHUNKED], b"2\r\n{}\r\n"),
    "no end of the last chunk": ([CHUNKED], b"2\r\n{}\r\n0\r\n"),
    "a body cut short": (["Content-Length: 3"], b"{}"),
    "a body that never came": (["Content-Length: 1"], b""),
}
WRONG_HEADS: dict[str, tuple[list[str], int]] = {
    "a length that is no number": (["Content-Length: two"], 400),
    "a negative length": (["Content-Length: -1"], 400),
    "a length of another script": (["Content-Length: \xb2"], 400),
    "two lengths": (["Content-Length: 2", "Content-Length: 3"], 400),
    "a length and chunks": (["Content-Length: 2", CHUNKED], 400),
    "chunks in chunks": (["Transfer-Encoding: chunked, chunked"], 400),
    "a coding that is unknown": (["Transfer-Encoding: br, chunked"], 501),
    "something else expected": (["Content-Length: 2", "Expect: a miracle"], 417),
    "no colon": (["Content-Length 2"], 400),
    "a space before the colon": (["Content-Length : 2"], 400),
    "a control character": (["X-Any: a\x01b"], 400),
    "a folded line": (["X-Any: a", " b"], 400),
    "two hosts": (["Host: 127.0.0.2"], 400),
    "a header that is too large": (["X-Any: " + "x" * 9_000], 431),
    "too many headers": ([f"X-{number}: 1" for number in range(200)], 431),
}


def test_a_body_that_is_wrong_is_the_sender_s_mistake(server: Server, secret: str) -> None:
    for name, (head, body) in WRONG_BODIES.items():
        response, said = ask(server.port, post(secret, *head), body, ends=True)
        assert (response.status, json.loads(said)["code"]) == (400, "parse_error"), name
        assert response.headers["Content-Type"] == "application/json", name
    assert not Session.objects.exists()
    assert "Traceback" not in server.log


def test_a_body_that_nobody_reads_is_answered_once(server: Server) -> None:
    """Who is refused is not refused again for a body that is wrong as well."""
    for name, (head, body) in WRONG_BODIES.items():
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall("\r\n".join([*post("none", *head), "", ""]).encode() + body)
            connection.shutdown(socket.SHUT_WR)
            answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        assert answers.startswith(b"HTTP/1.1 401"), name
        assert answers.count(b"HTTP/1.1 ") == 1, name
    assert "Traceback" not in server.log


def test_a_head_that_is_wrong_is_refused_in_json_where_programs_ask(server: Server, secret: str) -> None:
    for name, (head, status) in WRONG_HEADS.items():
        response, said = ask(server.port, post(secret, *head), b"{}")
        assert response.status == status, name
        assert json.loads(said)["code"] == ("too_large" if status == 431 else "parse_error"), name
        assert response.headers["Content-Type"] == "application/json", name

        page = [f"GET /sessions/?q={name.replace(' ', '+')} HTTP/1.1", "Host: 127.0.0.1", *head]
        response, said = ask(server.port, page, b"{}")
        assert (response.status, response.headers["Content-Type"]) == (status, "text/plain; charset=utf-8"), name
        assert b"<" not in said, name
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], name
    assert "Traceback" not in server.log


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/core.v1.SessionsService/ListSessionsV2", "/sessions/"])
def test_an_address_that_is_too_long(server: Server, path: str) -> None:
    response, said = ask(server.port, [f"GET {path}?q={'x' * 9_000} HTTP/1.1", "Host: 127.0.0.1"])
    assert response.status == 414
    if path.startswith("/api/"):
        request_id = response.headers["X-Request-Id"]
        message = "The address is too long."
        assert json.loads(said) == {"code": "too_large", "message": message, "request_id": request_id}
        assert f"[{request_id}] Invalid request" in server.log
    elif path.startswith("/core"):
        assert json.loads(said)["code"] == "invalid_request"
    else:
        assert said == b"The address is too long.\n"


def test_what_is_no_request_at_all(server: Server) -> None:
    for sent in ("nonsense", "get / HTTP/1.1", "GET / HTTP/7.1", "GET /\x7f HTTP/1.1", "GET  HTTP/1.1"):
        response, said = ask(server.port, [sent])
        assert response.status == 400, sent
        assert said == b"The request could not be understood.\n", sent
    assert "Traceback" not in server.log


def test_what_follows_a_body_is_another_request(server: Server, secret: str) -> None:
    """Garbage behind a body does not change what was sent in it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = "\r\n".join([*post(secret, "Content-Length: 2"), "", ""])
        connection.sendall(head.encode() + b"{}" + b"garbage\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answers.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 400" in answers
    assert "Traceback" not in server.log


def test_whoever_leaves_in_mid_body_leaves_no_trace(server: Server, secret: str) -> None:
    for head, body in ((CHUNKED, b"ffff\r\nxx"), ("Content-Length: 100", b"xx")):
        for path in (BATCH, "/api/v1/sessions", "/core.v1.SessionsService/ListSessionsV2"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
                # Closed so, the connection is reset and not ended.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                lines = [line.replace("x-ndjson", "json") for line in post(secret, head, path=path)]
                connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    # Whatever the others have left in the log, this comes after it.
    assert ask(server.port, ["GET /api/v1/sessions HTTP/1.1", "Host: 127.0.0.1"])[0].status == 401
    assert "Traceback" not in server.log
    assert "failed, reference" not in server.log


def test_100_continue_is_understood(server: Server, secret: str) -> None:
    head = post(secret, "Content-Length: 2", "Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("params", ["charset=base64", "charset=rot13", "charset=undefined", "x*=nonsense''%ff"])
def test_a_content_type_says_nothing_of_the_address(server: Server, secret: str, params: str) -> None:
    head = ["GET /api/v1/sessions?limit=1 HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {secret}"]
    response, body = ask(server.port, [*head, f"Content-Type: text/plain; {params}", "Connection: close"])
    assert response.status == 200, body
    assert "Traceback" not in server.log
