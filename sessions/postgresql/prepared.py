"""Statements that nearly every request of a program needs: planned once a connection, not each time.

Planning the upsert of a session takes as long as running it. Django's own cursors put the values into the text,
so for PostgreSQL each statement is a new one; here they travel beside it, and psycopg prepares what a connection
has said often enough (`prepare_threshold` in the settings). The plan is made without the values: only for
statements whose plan does not depend on them, such as those that find a row by its key.
"""

from collections.abc import Iterable
from typing import Any, Self, cast
from uuid import UUID

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus


def prepared_cursor() -> CursorWrapper:
    """Like `connection.cursor()`, for one statement at a time, whose values are $1, $2 and so on."""
    return _wrapped(_NumberedCursor)


def named_prepared_cursor() -> CursorWrapper:
    """The same with values that have names, %(id)s, as everywhere else. Logged, they stand in the statement."""
    return connection.cursor() if connection.queries_logged else _wrapped(_NamedCursor)


def _wrapped(kind: type["_Prepared"]) -> CursorWrapper:
    connection.ensure_connection()
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return make(cast(CursorWrapper, kind(connection.connection)))


def as_text(value: Any) -> str | None:
    """A value as PostgreSQL reads it whatever the column's type.

    psycopg would give small and large numbers different types, and null none, and each combination of types
    is a statement of its own to prepare.
    """
    return None if value is None else str(value)


def as_array(values: Iterable[int | UUID]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def as_text_array(values: Iterable[str]) -> str:
    quoted = (value.replace("\\", r"\\").replace('"', r"\"") for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


class _Prepared(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        if connection.queries_logged:
            options["prepare"] = False  # of what is prepared psycopg keeps no text to log
        try:
            return super().execute(query, params, **options)
        except psycopg.errors.FeatureNotSupported:
            # "cached plan must not change result type": a migration has changed a column. Where there is a
            # transaction, its rollback makes psycopg prepare anew.
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            self.connection.execute("DEALLOCATE ALL")
            return super().execute(query, params, **options)


class _NamedCursor(_Prepared):
    pass


class _NumberedCursor(_Prepared, psycopg.RawCursor[Any]):
    pass
