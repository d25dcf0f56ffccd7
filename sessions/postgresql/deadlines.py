"""How long work may take that asks the database, by its kind.

A connection begins with the deadlines of pages, as parameters with which it is opened, so that a page asks for
nothing more. Work that may take longer says so with `within`, at the cost of a transaction around it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, cast

from django.conf import settings
from django.db import connection, transaction

from sessions.postgresql.waiting import Connection

Kind = Literal["page", "analysis", "export", "import"]


@dataclass(frozen=True)
class Deadlines:
    """In seconds; 0 is without limit.

    `statement`, `lock` and `idle` (in a transaction) are held by PostgreSQL. `silence` is held here, for a server
    that is frozen or cut off, and holds nothing any more: how long a connection waits for its next word.
    """

    statement: float
    lock: float
    idle: float
    silence: float

    @property
    def parameters(self) -> dict[str, int]:
        """PostgreSQL's names, and milliseconds."""
        return {
            "statement_timeout": round(self.statement * 1000),
            "lock_timeout": round(self.lock * 1000),
            "idle_in_transaction_session_timeout": round(self.idle * 1000),
        }

    @property
    def options(self) -> str:
        """For libpq, which opens a connection with them."""
        return " ".join(f"-c {name}={value}" for name, value in self.parameters.items())


@contextmanager
def within(kind: Kind) -> Iterator[None]:
    """A transaction with the deadlines of this kind of work."""
    deadlines: Deadlines = settings.DATABASE_DEADLINES[kind]
    with patient(deadlines.silence), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f"SET LOCAL {name} = {value}" for name, value in deadlines.parameters.items()))
        yield


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Wait so long for the server's next word, its COMMIT's too; 0 is without limit."""
    connection.ensure_connection()
    held = cast(Connection, connection.connection)
    before, held.patience = held.patience, seconds
    try:
        yield
    finally:
        held.patience = before
