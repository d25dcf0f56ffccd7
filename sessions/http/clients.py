"""Work for a client that has left is not done."""

import socket
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponseBase

from sessions.postgresql.base import is_heard_from
from sessions.postgresql.lending import give_back
from sessions.postgresql.waiting import on_behalf_of

LOOK = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)  # Windows has none, and no gunicorn either


class ClientMiddleware:
    """Statements that take long are given up once the client has closed its connection. While it takes its answer, the
    connection to the database is somebody else's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        client = request.META.get("gunicorn.socket")
        if client is None:
            return self.get_response(request)
        with on_behalf_of(partial(has_left, client)):
            response = self.get_response(request)
        if not response.streaming:
            give_back()
        return response


def has_left(client: socket.socket) -> bool:
    """A client that has only stopped sending counts as well, as it does for nginx."""
    try:
        # Another thread may be reading, with a timeout on the socket: without a look first, recv would wait for it.
        return is_heard_from(client.fileno()) and client.recv(1, LOOK) == b""
    except (BlockingIOError, TimeoutError, ValueError):  # nothing to read; or TLS, which cannot be looked into
        return False
    except OSError:
        return True
