"""The files that can be imported: how each is cut into records, and how a record reads as a session.

A format is named after its wire format. `split` is pure and streams; `read` raises LineError whose
field is the file's own column.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from sessions.contract.schema import ImportedLine
from sessions.ingest.reading.formats import appetize
from sessions.ingest.reading.formats.csv_records import csv_records
from sessions.ingest.reading.formats.json_records import json_records
from sessions.ingest.reading.ndjson import Line, lines
from sessions.ingest.reading.parse import parse_line


class Format(NamedTuple):
    split: Callable[[BinaryIO], Iterator[Line]]
    read: Callable[[bytes], ImportedLine]


NDJSON = Format(lines, parse_line)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "ndjson": NDJSON,
        "appetize-json": Format(json_records, appetize.read_listed),
        "appetize-csv": Format(csv_records, appetize.read_reported),
    }
)
_BY_EXTENSION = {".csv": "appetize-csv", ".json": "appetize-json"}


def format_of(file_name: str) -> str:
    """The name of the format that a file's extension suggests."""
    return _BY_EXTENSION.get(PurePath(file_name).suffix.lower(), "ndjson")
