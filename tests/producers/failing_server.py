"""A server that does what networks and servers do, one answer a request."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Asked(BaseHTTPRequestHandler):
    """With the body that was sent."""

    sent = b""


Answer = Callable[[Asked], None]


def answer(request: Asked, code: int, body: bytes, **headers: str) -> None:
    request.send_response(code)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def status(code: int, **headers: str) -> Answer:
    return lambda request: answer(request, code, b'{"id": "1"}' if code < 300 else b"<html>", **headers)


def cut(request: Asked) -> None:
    request.close_connection = True


@contextmanager
def server(*answers: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and the bodies it was sent. The last answer is given to all further requests."""
    left, bodies = list(answers), list[bytes]()

    class Handler(Asked):
        def do_POST(self) -> None:
            self.sent = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(self.sent)
            (left.pop(0) if len(left) > 1 else left[0])(self)

        do_PUT = do_PATCH = do_POST  # noqa: N815  the names that http.server asks for

        def log_message(self, *said: object) -> None:
            """Quiet."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", bodies
    finally:
        running.shutdown()
        running.server_close()


def created(request: Asked) -> None:
    """Every line of a batch is new, and every file is taken."""
    lines = request.sent.splitlines() if request.path.endswith("/batch") else []
    outcomes = [{"line": number, "status": "created", "id": str(number)} for number in range(1, len(lines) + 1)]
    answer(request, 200, "\n".join(map(json.dumps, outcomes)).encode() or b"{}")
