"""The list as CSV: UTF-8 with a byte order mark, so that spreadsheets read it as such, and RFC 4180."""

import csv
import io
from collections.abc import Iterator

from sessions.presenters.columns import CSV_FIELDS
from sessions.query import SessionQuery

BYTE_ORDER_MARK = "\ufeff"


def csv_stream(query: SessionQuery) -> Iterator[bytes]:
    """The header with the first rows, then the others as PostgreSQL writes them. The header alone if there are none."""
    rows = query.stream(", ".join(field.sql for field in CSV_FIELDS))
    yield csv_header() + next(rows, b"")
    yield from rows


def csv_header() -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow([field.header for field in CSV_FIELDS])
    return (BYTE_ORDER_MARK + line.getvalue()).encode()


def csv_name(query: SessionQuery) -> str:
    """Says whose sessions and which days: `acme-sessions-from-2026-11-01-to-2026-11-20.csv`."""
    days = [
        f"{word}-{query.values[name]:%Y-%m-%d}"
        for name, word in (("start", "from"), ("end", "to"))
        if name in query.values
    ]
    return "-".join([query.viewer.organisation.slug, "sessions", *(days or ["all"])]) + ".csv"
