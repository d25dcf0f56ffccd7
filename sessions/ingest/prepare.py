"""Everything that is done with one line before it is written."""

from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from sessions.contract.schema import ImportedLine
from sessions.files.storing import store_named
from sessions.ingest.reading.clocks import skew_ms, times_of
from sessions.ingest.reading.identity import session_id
from sessions.ingest.reading.normalise import normalise
from sessions.ingest.reading.parse import parse_line
from sessions.ingest.writing.rows import Item
from sessions.models import Organisation


def prepare(
    organisation: Organisation,
    raw: bytes,
    number: int,
    folder: Path,
    read: Callable[[bytes], ImportedLine] = parse_line,
) -> Item:
    """A record of a file -> an item for `load`. Raises LineError. `folder` is where its attachments lie."""
    now, line = timezone.now(), read(raw)
    skew = skew_ms(times_of(line), now)
    normalise(line, now)
    ident = session_id(organisation, line, raw)
    files = [
        store_named(organisation.pk, ident, folder, attachment, f"attachments[{index}]")
        for index, attachment in enumerate(line.attachments)
    ]
    return Item(ident, line, number, files, clock_skew_ms=skew)
