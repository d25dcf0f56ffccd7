"""A CSV file with a header -> one JSON object of text a record, in little memory."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import BinaryIO, TextIO

from sessions.ingest.reading.encodings import foreign_encoding, save_as_utf8
from sessions.ingest.reading.ndjson import Line

# A key that no header has: what is wrong with a record as a whole.
FAULT = ""
# A record has a few dozen cells of up to `csv.field_size_limit()` characters, and most are short.
LONGEST_LINE = 1024 * 1024


class _Physical:
    """The file's lines as text, ended by LF, CRLF or CR, counting. What is not UTF-8 stays recognisable, and is refused
    when it is read."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.number = 0
        self.end = 0
        self.is_ended = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Raises csv.Error for a line that is too long, and is at the next one then."""
        line = self._read()
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == LONGEST_LINE and not self.is_ended:
            while self._read() and not self.is_ended:
                pass
            raise csv.Error(f"a line longer than {LONGEST_LINE:,} characters")
        return line.removeprefix("\ufeff") if self.number == 1 else line

    def _read(self) -> str:
        if line := self._text.readline(LONGEST_LINE):
            self.end += len(_bytes(line))
            self.is_ended = line.endswith(("\n", "\r"))
        return line


def csv_records(file: BinaryIO) -> Iterator[Line]:
    """`number` is the line on which a record begins, `raw` the JSON of column -> text without empty cells."""
    text = io.TextIOWrapper(file, "utf-8", "surrogateescape", newline="")
    try:
        yield from _records(_Physical(text))
    finally:
        with suppress(ValueError):  # it has been closed
            text.detach()


def _records(physical: _Physical) -> Iterator[Line]:
    try:
        header = next((line for line in physical if line.strip()), "")
        if encoding := foreign_encoding(_bytes(header)):
            yield _fault(physical, 1, save_as_utf8(encoding))
            return
        # Strict: a quote that is never closed ends at the next one, or at the end, and is an error there.
        records = csv.reader(chain([header], physical), delimiter=_delimiter(header), strict=True)
        columns = _unique(next(records))
    except csv.Error as error:
        yield _fault(physical, 1, f"not CSV: the header: {error}")
        return
    while True:
        first = physical.number + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield _fault(physical, first, _explained(error, first, physical.number))
            continue
        if len(cells) > len(columns):
            yield _fault(physical, first, f"has {len(cells)} cells, and the header {len(columns)} columns")
        elif len(cells) < len(columns) and not physical.is_ended:
            yield _fault(
                physical, first, f"is cut short: it has {len(cells)} of {len(columns)} cells, and the file ends"
            )
        elif any(cell.strip() for cell in cells):
            yield Line(first, physical.end, _encoded(_record(columns, cells)))


def _explained(error: csv.Error, first: int, last: int) -> str:
    lines = f" (lines {first} to {last} are left out)" if last > first else ""
    if "unexpected end of data" in str(error):
        return f"not CSV: a quote that opens here is never closed{lines}"
    return f"not CSV: {error}{lines}"


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
    """Spreadsheets leave empty cells at the end of a line out."""
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}


def _fault(physical: _Physical, number: int, message: str) -> Line:
    return Line(number, physical.end, _encoded({FAULT: message}))


def _encoded(record: dict[str, str]) -> bytes:
    return _bytes(json.dumps(record, ensure_ascii=False))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
