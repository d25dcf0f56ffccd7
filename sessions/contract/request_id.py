"""The id of the request that is being answered: the answer, errors and lines of the log name it."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-Id"
# Of a proxy, or of a program that asks. It stands in the log, so it holds nothing that a line could be forged with.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Empty outside of requests."""
    return _current.get()


@contextmanager
def identified(given: str) -> Iterator[str]:
    """A request of this thread: by the id that it was given if that is well formed, else by a new one."""
    token = _current.set(given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
