"""Everything that is done with one line before it is written."""

from collections.abc import Callable
from pathlib import Path

from sessions.ingest.attachments import store_named
from sessions.ingest.identity import session_id
from sessions.ingest.normalise import normalise
from sessions.ingest.parse import parse_line
from sessions.ingest.rows import Item
from sessions.models import Organisation
from sessions.schema import ImportedLine


def prepare(
    organisation: Organisation,
    raw: bytes,
    number: int,
    folder: Path,
    read: Callable[[bytes], ImportedLine] = parse_line,
) -> Item:
    """A record of a file -> an item for `load`. Raises LineError. `folder` is where its attachments lie."""
    line = normalise(read(raw))
    ident = session_id(organisation, line, raw)
    files = [
        store_named(organisation.pk, ident, folder, attachment, f"attachments[{index}]")
        for index, attachment in enumerate(line.attachments)
    ]
    return Item(ident, line, number, files)
