"""Writes rows over existing ones: many by COPY through a staging table, a few in the statement itself."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from django.db import connection

from sessions.ingest.writing.rows import Row
from sessions.postgresql.prepared import as_text, prepared_cursor

# For so few rows a temporary table costs more than it saves: 3 ms, and rows in PostgreSQL's own catalogue.
FEW = 8

STAGE = "CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
COPY = "COPY {table} ({columns}) FROM STDIN"
# Dropped at once, not only on commit: a caller's transaction may hold several batches.
UNSTAGE = "DROP TABLE {staging}"
# The first branch has no rows. It gives the values of the others the types of the columns.
VALUES = "(SELECT {columns} FROM {table} WHERE false {values})"
# Columns that `changes` leaves out: keys, and those that the statement itself sets.
NOT_REPLACED = {"id", "session_id", "name", "organisation_id", "last_seen_at", "clock_skew_ms", "starts_at"}


def merge(
    table: str,
    rows: Iterable[Row],
    count: int,
    statement: str,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> list[tuple[Any, ...]]:
    """Write `count` rows, at least one, by a statement. Returns what the statement returns.

    The statement contains `{table}`, `{columns}`, the `{source}` of the rows, and the `{changes}` to an existing row;
    also the `more` values, by name.
    """
    rows = iter(rows)
    first = next(rows)
    columns = tuple(first)
    if count <= FEW:
        values = [as_text(value) for row in chain([first], rows) for value in row.values()]
        values += [as_text(value) for value in more.values()]
        with prepared_cursor() as cursor:
            cursor.execute(_direct(table, columns, count, statement, tuple(more)), values)
            return cursor.fetchall() if cursor.description else []
    stage, merge_staged, unstage = _staged(table, columns, statement, tuple(more))
    with connection.cursor() as cursor:
        cursor.execute(stage)
        copy(_staging(table), chain([first], rows))
        cursor.execute(merge_staged, more or None)
        outcomes = cursor.fetchall() if cursor.description else []
        cursor.execute(unstage)
    return outcomes


def copy(table: str, rows: Iterable[Row]) -> None:
    """Write rows into the table, where none of them may exist. They are made while PostgreSQL writes those before."""
    rows = iter(rows)
    first = next(rows)
    with connection.cursor() as cursor, cursor.copy(COPY.format(table=table, columns=", ".join(first))) as target:
        for row in chain([first], rows):
            target.write_row(tuple(row.values()))


@cache
def _direct(table: str, columns: tuple[str, ...], count: int, statement: str, more: tuple[str, ...]) -> str:
    width = len(columns)
    rows = (
        "UNION ALL SELECT " + ", ".join(f"${place}" for place in range(first, first + width))
        for first in range(1, count * width, width)
    )
    source = VALUES.format(columns=", ".join(columns), table=table, values=" ".join(rows))
    places = {name: f"${count * width + number}" for number, name in enumerate(more, start=1)}
    return statement.format(**_parts(table, columns), source=source, **places)


@cache
def _staged(table: str, columns: tuple[str, ...], statement: str, more: tuple[str, ...]) -> list[str]:
    places = {name: f"%({name})s" for name in more}
    parts = _parts(table, columns) | {"staging": _staging(table), "source": _staging(table)} | places
    return [part.format(**parts) for part in (STAGE, statement, UNSTAGE)]


def _staging(table: str) -> str:
    return table.replace("history_", "staging_")


def _parts(table: str, columns: tuple[str, ...]) -> dict[str, str]:
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in NOT_REPLACED)
    return {"table": table, "columns": ", ".join(columns), "changes": changes}
