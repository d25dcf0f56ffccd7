"""Any number of rows as CSV or JSON, in constant memory. All rows of one statement are from one snapshot.

PostgreSQL or the connection may raise an error in mid-stream. Callers must let it through, so that the receiver sees a
broken download.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from uuid import UUID

from django.db import connection

from sessions.postgresql.deadlines import within
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.order import Order, Position
from sessions.query.page import Page, find_page, page_between, search_of
from sessions.query.plans.find import find, is_read_in_order, sql_in_order
from sessions.query.plans.search import Search
from sessions.query.records import FETCHED_AT_ONCE, json_records
from sessions.query.request import ListRequest
from sessions.query.rows import JOINS, sql_json

CHUNK_BYTES = 64 * 1024


def stream_csv(request: ListRequest, columns: str, only: Sequence[UUID] | None = None) -> Iterator[bytes]:
    """Every row that matches, in chunks of about 64 KiB of RFC 4180 lines, ended by CRLF, without a header.

    Of the sessions with the ids in `only`, if it is given.
    """
    criteria = request.criteria
    if criteria.is_empty:
        return
    statement = copy_statement(columns, criteria, request.order, "TRUE" if only is None else "s.id = ANY(%(only)s)")
    parameters = criteria.parameters | {"only": list(only or ())}
    # This is psycopg's cursor: while Django logs statements, its own takes no parameters here.
    lines: list[bytes] = []
    size = 0
    with within("export"), connection.cursor() as cursor, cursor.cursor.copy(statement, parameters) as copy:
        for line in copy:
            # PostgreSQL sends one message for each row. Only its last byte is the line's end.
            lines.append(bytes(line[:-1]))
            size += len(line)
            if size >= CHUNK_BYTES:
                yield b"\r\n".join(lines) + b"\r\n"
                lines, size = [], 0
    # After the statement, so that a short export has given its connection back before the first byte is sent.
    if lines:
        yield b"\r\n".join(lines) + b"\r\n"


def copy_statement(columns: str, criteria: Criteria, order: Order, condition: str = "TRUE") -> str:
    return f"""
        COPY (
            SELECT {columns} {JOINS}
            WHERE {condition} AND {criteria.sql_range()} AND {criteria.sql_matches()}
            ORDER BY {order.sql()}
        ) TO STDOUT (FORMAT csv)
    """


def is_streamed(request: ListRequest) -> bool:
    """Whether a page is too long to be held in memory, and one statement can find and write it."""
    return request.limit > FETCHED_AT_ONCE and not request.is_backwards and is_read_in_order(search_of(request))


def stream_page(request: ListRequest, page: Page | None = None) -> Generator[str, None, Page]:
    """Yields a page's sessions as JSON texts, and returns the page, without ids if it was streamed.

    Pass `page` if it was found already.
    """
    if not is_streamed(request):
        page = page or find_page(request)
        yield from json_records(request.viewer, page.ids, request.fields)
        return page
    first = last = None
    more = False
    for number, (text, position) in enumerate(_copy_json(request.fields, search_of(request))):
        if number == request.limit:
            more = True
            continue
        first, last = first or position, position
        yield text
    return page_between(request, first, last, more, [])


def stream_json(request: ListRequest) -> Iterator[str]:
    """All matches after the request's position as JSON texts, whatever its limit, in constant memory."""
    position = request.after
    while True:
        found = find(Search(request.criteria, request.order, position, FETCHED_AT_ONCE))
        yield from json_records(request.viewer, [position.id for position in found], request.fields)
        if len(found) < FETCHED_AT_ONCE:
            return
        position = found[-1]


def _copy_json(fields: Iterable[str], search: Search) -> Iterator[tuple[str, Position]]:
    """Sessions as JSON texts, each with its position, for a search that `is_read_in_order`."""
    order = search.order
    statement = sql_in_order(search, f"{sql_json(fields)}, {order.sql_values()}, s.id {JOINS}")
    copying = f"COPY ({statement}) TO STDOUT"
    with within("export"), connection.cursor() as cursor, cursor.cursor.copy(copying, search.parameters) as copy:
        copy.set_types(["text", *order.sql_types(), "uuid"])
        for text, *values, ident in copy.rows():
            yield text, Position(tuple(values), ident)
