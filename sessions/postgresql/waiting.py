"""Connections that do not wait for ever: neither for a server that says nothing, nor for a client that has left.

PostgreSQL ends a statement that takes too long. Frozen, or behind a network that swallows packets, it ends nothing,
and the kernel of a frozen server still answers keepalives: only whoever waits can give up. Giving up closes the
socket; PostgreSQL looks at it once a second (`client_connection_check_interval`) and ends what nobody waits for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

Answer = TypeVar("Answer")

STEP_SECONDS = 1.0  # how often it is asked whether the client is still there
INTERVAL_SECONDS = 0.1  # psycopg's own

_has_left: ContextVar[Callable[[], bool] | None] = ContextVar("has_left", default=None)


class NoAnswerError(psycopg.OperationalError):
    """The server has said nothing for as long as the connection's patience."""


class NobodyWaitsError(psycopg.OperationalError):
    """Whoever asked has left."""


@contextmanager
def on_behalf_of(has_left: Callable[[], bool]) -> Iterator[None]:
    """Statements of this thread are given up once `has_left` says so; it is asked of those that take a second."""
    token = _has_left.set(has_left)
    try:
        yield
    finally:
        _has_left.reset(token)


class Connection(psycopg.Connection[Any]):
    """`patience` is how many seconds it waits for the server's next word; 0 is without end, for commands."""

    patience: float = 10.0  # until it is lent out: time enough to set its time zone

    def wait(self, gen: PQGen[Answer], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> Answer:
        if timeout is not None or not self.patience:
            return super().wait(gen, interval, timeout)
        left = self.patience
        while True:
            step = min(left, STEP_SECONDS)
            try:
                return super().wait(gen, interval, step)
            except _WaitTimeout:
                left -= step
            if left <= 0:
                self.pgconn.finish()
                raise NoAnswerError(f"The server has said nothing for {self.patience:g} seconds.")
            if (has_left := _has_left.get()) and has_left():
                self.pgconn.finish()
                raise NobodyWaitsError("The client has closed its connection.")
