"""Answers that break over HTTP/1.0, which has no other sign of an answer's end than that the connection is closed."""

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sessionhistory.client_socket import reset


def broken_is_seen(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Wraps a WSGI application: such an answer resets the connection, which every client takes for a failure."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["SERVER_PROTOCOL"] != "HTTP/1.0" or isinstance(body, environ["wsgi.file_wrapper"]):
            return body
        return BreakingBody(body, environ["gunicorn.socket"])

    return answer


class BreakingBody:
    def __init__(self, body: Iterable[bytes], connection: socket.socket) -> None:
        self.body = body
        self.connection = connection

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.body
        except Exception:
            reset(self.connection)
            raise

    def close(self) -> None:
        if hasattr(self.body, "close"):
            self.body.close()
