"""A file of sessions, batch by batch."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sessions.ingest.catalogue import Catalogue
from sessions.ingest.errors import LineError
from sessions.ingest.formats import NDJSON, Format
from sessions.ingest.load import Report, load
from sessions.ingest.ndjson import Line, lines
from sessions.ingest.prepare import prepare
from sessions.ingest.rows import Item
from sessions.models import Organisation

BATCH_SESSIONS = 1000
BATCH_BYTES = 8 * 1024 * 1024


@dataclass
class Batch:
    items: list[Item] = field(default_factory=list)
    refused: list[tuple[int, LineError]] = field(default_factory=list)
    bytes: int = 0
    end: int = 0


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
        report = load(organisation, batch.items, catalogue)
        report.refused = sorted(report.refused + batch.refused, key=lambda refusal: refusal[0])
        yield batch.end, report


def batches(
    file: BinaryIO, make: Callable[[Line], Item], split: Callable[[BinaryIO], Iterator[Line]] = lines
) -> Iterator[Batch]:
    """`make` raises LineError for a line that is refused; it runs in a thread of its own and asks no database."""
    read = _batches(split(file), make)
    # The next batch is parsed while PostgreSQL writes this one: the two take about as long.
    with ThreadPoolExecutor(max_workers=1) as ahead:
        upcoming = ahead.submit(next, read, None)
        while (batch := upcoming.result()) is not None:
            upcoming = ahead.submit(next, read, None)
            yield batch


def _batches(records: Iterator[Line], make: Callable[[Line], Item]) -> Iterator[Batch]:
    """Bounded in sessions and in bytes, so that a file of any size fits into memory."""
    batch = Batch()
    for line in records:
        try:
            batch.items.append(make(line))
        except LineError as error:
            batch.refused.append((line.number, error))
        batch.bytes += len(line.raw)
        batch.end = line.end
        if len(batch.items) + len(batch.refused) >= BATCH_SESSIONS or batch.bytes >= BATCH_BYTES:
            yield batch
            batch = Batch()
    if batch.bytes:
        yield batch
