"""What the services refuse, as the API answers it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from django.utils import timezone
from django.utils.http import parse_http_date_safe

from sessions.contract.errors import ErrorCode, Problem
from sessions.contract.line_errors import LineError
from sessions.http.authentication import ApiRequest
from sessions.receiving.sender import Sender


@contextmanager
def refusals() -> Iterator[None]:
    """Around a call of a service that raises LineError."""
    try:
        yield
    except LineError as error:
        raise Problem(cast(ErrorCode, error.code), f"{error}.", error.field or None) from error


def sender_of(request: ApiRequest) -> Sender:
    return Sender(request.user, request.token, _clock_ahead(request))


def _clock_ahead(request: ApiRequest) -> timedelta | None:
    """By how much the time in the header Date is ahead of ours; None without one that can be read."""
    seconds = parse_http_date_safe(request.headers.get("Date", ""))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC) - timezone.now()


def sender_to(request: ApiRequest, session_id: UUID) -> Sender:
    """Before the body is looked at: who may not see the session learns nothing of what would be wrong with a change."""
    sender = sender_of(request)
    with refusals():
        sender.check(session_id)
    return sender
