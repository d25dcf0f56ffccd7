"""A file of one JSON object a line, of any length, in little memory."""

from collections.abc import Iterator
from typing import IO, NamedTuple

from sessions.ingest.reading.encodings import foreign_encoding
from sessions.ingest.reading.parse import MAX_LINE_BYTES

BOM = b"\xef\xbb\xbf"
CHUNK_BYTES = 1024 * 1024


class Line(NamedTuple):
    """`number` counts from 1, blank lines included; `end` is the byte offset behind the line."""

    number: int
    end: int
    raw: bytes


def lines(file: IO[bytes], longest: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Blank lines are left out. Of a line that is too long comes just enough for the parser to say so.

    Of a file in UTF-16, whose lines end elsewhere, the first line is all: the parser names the encoding.
    """
    number = end = 0
    while raw := file.readline(longest + 1):
        number += 1
        end += len(raw)
        if len(raw) > longest and not raw.endswith(b"\n"):
            while rest := file.readline(CHUNK_BYTES):
                end += len(rest)
                if rest.endswith(b"\n"):
                    break
        if number == 1:
            raw = raw.removeprefix(BOM)
        if raw.strip():
            yield Line(number, end, raw)
        if number == 1 and foreign_encoding(raw):
            return
