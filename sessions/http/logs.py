"""How the product writes its log, and under which id a request stands there."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from sessions.contract.request_id import HEADER, current_request_id, identified

NO_REQUEST = "-"


class LineFormatter(logging.Formatter):
    """`[time] [process] [level] [request] logger: message`, as gunicorn begins its lines: a line for each entry.

    What a client or PostgreSQL has said may hold line ends. A traceback, where there is one, follows.
    """

    def __init__(self) -> None:
        super().__init__(
            "[%(asctime)s] [%(process)d] [%(levelname)s] [%(request_id)s] %(name)s: %(message)s",
            "%Y-%m-%d %H:%M:%S %z",
        )

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        if not hasattr(record, "request_id"):
            record.request_id = current_request_id() or NO_REQUEST
        return "".join(letter if letter.isprintable() else " " for letter in super().formatMessage(record))


class RequestIdMiddleware:
    """The outermost middleware: whatever is logged or answered within has an id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with identified(request.headers.get(HEADER, "")) as request_id:
            response = self.get_response(request)
            response[HEADER] = request_id
            return response
