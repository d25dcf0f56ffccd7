"""Any number of rows as CSV, written by PostgreSQL in one statement: one snapshot, constant memory."""

from collections.abc import Iterator

from django.db import connection

from sessions.query.criteria import Criteria
from sessions.query.order import Order
from sessions.query.rows import JOINS

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
    with connection.cursor() as cursor, cursor.cursor.copy(statement, criteria.parameters) as copy:
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
