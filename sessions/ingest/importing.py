"""A file of sessions, batch by batch."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sessions.ingest.catalogue import Catalogue
from sessions.ingest.errors import LineError
from sessions.ingest.load import Report, load
from sessions.ingest.ndjson import lines
from sessions.ingest.prepare import prepare
from sessions.ingest.rows import Item
from sessions.models import Organisation

BATCH_SESSIONS = 1000
BATCH_BYTES = 16 * 1024 * 1024


def import_ndjson(organisation: Organisation, file: BinaryIO, folder: Path) -> Iterator[tuple[int, Report]]:
    """After each committed batch: how many bytes are done, and what became of them.

    A batch that was reported is kept; stopped at any moment and run again, the
    import ends up with the same rows.
    """
    catalogue = Catalogue(organisation)
    items: list[Item] = []
    report = Report()
    pending = 0
    done = 0
    for line in lines(file):
        try:
            items.append(prepare(organisation, line.raw, line.number, folder))
        except LineError as error:
            report.refused.append((line.number, error))
        pending += len(line.raw)
        done = line.end
        if len(items) >= BATCH_SESSIONS or pending >= BATCH_BYTES:
            report.add(load(organisation, items, catalogue))
            yield done, report
            items, report, pending = [], Report(), 0
    report.add(load(organisation, items, catalogue))
    yield done, report
