"""Any number of rows as CSV or JSON, written by PostgreSQL in one statement: one snapshot, constant memory."""

from collections.abc import Iterable, Iterator

from django.db import connection

from sessions.postgresql.deadlines import within
from sessions.query.criteria.clauses import Criteria
from sessions.query.criteria.order import Order, Place
from sessions.query.plans.choice import sql_straight
from sessions.query.plans.search import Search
from sessions.query.rows import JOINS, sql_json

CHUNK_BYTES = 64 * 1024


def copy_csv(columns: str, criteria: Criteria, order: Order) -> Iterator[bytes]:
    """Chunks of about 64 KiB of RFC 4180 lines, ended by CRLF, without a header.

    Raises what PostgreSQL or the connection raises, in mid-stream too: whoever sends
    the chunks on must let it through, so that the receiver sees a broken download.
    """
    if criteria.is_empty:
        return
    statement = copy_statement(columns, criteria, order)
    # Asked of psycopg's cursor: while Django logs statements, its own takes no parameters here.
    with within("export"), connection.cursor() as cursor, cursor.cursor.copy(statement, criteria.parameters) as copy:
        lines: list[bytes] = []
        size = 0
        for line in copy:
            # PostgreSQL sends a message a row; only its last byte is the line's end.
            lines.append(bytes(line[:-1]))
            size += len(line)
            if size >= CHUNK_BYTES:
                yield b"\r\n".join(lines) + b"\r\n"
                lines, size = [], 0
        if lines:
            yield b"\r\n".join(lines) + b"\r\n"


def copy_statement(columns: str, criteria: Criteria, order: Order) -> str:
    return f"""
        COPY (
            SELECT {columns} {JOINS}
            WHERE {criteria.sql_range()} AND {criteria.sql_matches()}
            ORDER BY {order.sql()}
        ) TO STDOUT (FORMAT csv)
    """


def copy_json(fields: Iterable[str], search: Search) -> Iterator[tuple[str, Place]]:
    """Sessions as JSON texts and their places, of a search that `is_straight`. Raises as `copy_csv` does."""
    order = search.order
    statement = sql_straight(search, f"{sql_json(fields)}, {order.sql_values()}, s.id {JOINS}")
    copying = f"COPY ({statement}) TO STDOUT"
    with within("export"), connection.cursor() as cursor, cursor.cursor.copy(copying, search.parameters) as copy:
        copy.set_types(["text", *order.sql_types(), "uuid"])
        for text, *values, ident in copy.rows():
            yield text, Place(tuple(values), ident)
