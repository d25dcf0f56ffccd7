"""What the services refuse, as the API answers it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

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
    return Sender(request.user, request.token)


def sender_to(request: ApiRequest, session_id: UUID) -> Sender:
    """Before the body is looked at: who may not see the session learns nothing of what would be wrong with a change."""
    sender = sender_of(request)
    with refusals():
        sender.check(session_id)
    return sender
