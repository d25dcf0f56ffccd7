"""A CSV file with a header -> one JSON object of text a record, in little memory."""

import csv
import json
from collections.abc import Iterator
from typing import BinaryIO

from sessions.ingest.reading.ndjson import BOM, Line

# A key that no header has: what is wrong with a record as a whole.
FAULT = ""


class _Physical:
    """The file's lines as text, counting. What is not UTF-8 stays recognisable, and is refused when it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0
        self.end = 0

    def __iter__(self) -> Iterator[str]:
        while raw := self._file.readline(csv.field_size_limit() + 1):
            self.number += 1
            self.end += len(raw)
            yield (raw.removeprefix(BOM) if self.number == 1 else raw).decode("utf-8", "surrogateescape")


def csv_records(file: BinaryIO) -> Iterator[Line]:
    """`number` is the line on which a record begins, `raw` the JSON of column -> text without empty cells."""
    physical = _Physical(file)
    text = iter(physical)
    header = next((line for line in text if line.strip()), "")
    delimiter = _delimiter(header)
    columns = _unique(next(csv.reader([header], delimiter=delimiter), []))
    records = csv.reader(text, delimiter=delimiter)
    while True:
        first = physical.number + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(first, physical.end, _encoded({FAULT: f"not CSV: {error}"}))
            continue
        if any(cell.strip() for cell in cells):
            yield Line(first, physical.end, _encoded(_record(columns, cells)))


def _delimiter(header: str) -> str:
    """Spreadsheets of some countries save semicolons."""
    return ";" if ";" in header and "," not in header else ","


def _unique(names: list[str]) -> list[str]:
    """A column without a name, or with one that is taken, is called after its place: nothing is dropped."""
    columns: list[str] = []
    taken: set[str] = set()
    for place, given in enumerate(names, 1):
        name = given.strip() or f"column {place}"
        columns.append(f"{name} (column {place})" if name in taken else name)
        taken.add(columns[-1])
    return columns


def _record(columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        return {FAULT: f"has {len(cells)} cells, and the header {len(columns)} columns"}
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}


def _encoded(record: dict[str, str]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape")
