"""The list as CSV: UTF-8 with a byte order mark, so that spreadsheets read it as such, and RFC 4180."""

import csv
import io
from collections.abc import Iterator, Sequence
from uuid import UUID

from sessions.presenters.columns import CSV_FIELDS
from sessions.query import ListRequest, stream_csv
from sessions.query.parameters import INCLUSIVE

BYTE_ORDER_MARK = "\ufeff"


def csv_stream(request: ListRequest, only: Sequence[UUID] | None = None) -> Iterator[bytes]:
    """The header with the first rows, then the others as PostgreSQL writes them. The header alone if there are none."""
    rows = stream_csv(request, ", ".join(field.sql for field in CSV_FIELDS), only)
    yield csv_header() + next(rows, b"")
    yield from rows


def csv_header() -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow([field.header for field in CSV_FIELDS])
    return (BYTE_ORDER_MARK + line.getvalue()).encode()


def csv_name(request: ListRequest) -> str:
    """Says whose sessions and which days of the viewer's zone: `acme-sessions-from-2026-11-01-to-2026-11-20.csv`."""
    clauses, zone = request.clauses, request.viewer.zone
    days = [f"from-{clauses.start.astimezone(zone):%Y-%m-%d}"] if clauses.start else []
    if clauses.end:
        days.append(f"to-{(clauses.end - INCLUSIVE).astimezone(zone):%Y-%m-%d}")
    return "-".join([request.viewer.organisation.slug, "sessions", *(days or ["all"])]) + ".csv"
