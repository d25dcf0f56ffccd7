"""A file of sessions, batch by batch."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import BinaryIO

from sessions.contract.line_errors import LineError
from sessions.ingest.prepare import prepare
from sessions.ingest.reading.formats import NDJSON, Format
from sessions.ingest.reading.ndjson import Line, lines
from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.load import Report, load
from sessions.ingest.writing.rows import Item
from sessions.models import Organisation
from sessions.postgresql.lending import give_back

# The first is small, so that PostgreSQL has something to do; large ones name each facet less often.
FIRST_SESSIONS = 1000
BATCH_SESSIONS = 5000
BATCH_BYTES = 8 * 1024 * 1024
MOST_SECONDS_TO_SEND = 1.0


@dataclass
class Batch:
    """`sent` is for `load`: the next batch is parsed from then on."""

    items: list[Item] = field(default_factory=list)
    refused: list[tuple[int, LineError]] = field(default_factory=list)
    bytes: int = 0
    end: int = 0
    sent: Event = field(default_factory=Event)


def import_ndjson(organisation: Organisation, file: BinaryIO, folder: Path) -> Iterator[tuple[int, Report]]:
    return import_file(organisation, file, folder, NDJSON)


def import_file(
    organisation: Organisation, file: BinaryIO, folder: Path, source: Format
) -> Iterator[tuple[int, Report]]:
    """After each committed batch: how many bytes of the file are done, and what became of the batch.

    What was reported is kept; stopped at any moment and run again, the import ends
    up with the same rows. Raises OperationalError when the database is out of reach.
    """
    catalogue = Catalogue(organisation.pk)

    def make(line: Line) -> Item:
        return prepare(organisation, line.raw, line.number, folder, source.read)

    for batch in batches(file, make, source.split):
        report = load(organisation, batch.items, catalogue, sent=batch.sent.set)
        report.refused = sorted(report.refused + batch.refused, key=lambda refusal: refusal[0])
        yield batch.end, report


def batches(
    file: BinaryIO, make: Callable[[Line], Item], split: Callable[[BinaryIO], Iterator[Line]] = lines
) -> Iterator[Batch]:
    """`make` raises LineError for a line that is refused; it runs in other threads, and should ask no database."""
    read = _batches(split(file), make)
    with ThreadPoolExecutor(max_workers=1) as ahead:
        batch = next(read, None)
        while batch is not None:
            upcoming = ahead.submit(_next_after, batch.sent, read)
            try:
                yield batch
            finally:
                batch.sent.set()
            batch = upcoming.result()


def _next_after(sent: Event, read: Iterator[Batch]) -> Batch | None:
    """Parsed while PostgreSQL checks and commits what it was sent. Both threads would be slower before: one of them
    runs at a time, and PostgreSQL would wait for rows. It is for speed alone, so it has an end."""
    sent.wait(MOST_SECONDS_TO_SEND)
    try:
        return next(read, None)
    finally:
        give_back()  # nobody else would: the thread ends with its work


def _batches(records: Iterator[Line], make: Callable[[Line], Item]) -> Iterator[Batch]:
    """Bounded in sessions and in bytes, so that a file of any size fits into memory."""
    batch, most = Batch(), FIRST_SESSIONS
    for line in records:
        try:
            batch.items.append(make(line))
        except LineError as error:
            batch.refused.append((line.number, error))
        batch.bytes += len(line.raw)
        batch.end = line.end
        if len(batch.items) + len(batch.refused) >= most or batch.bytes >= BATCH_BYTES:
            yield batch
            batch, most = Batch(), min(2 * most, BATCH_SESSIONS)
    if batch.bytes:
        yield batch
