"""A REST list as it was saved -> one JSON object a session: an answer, a bare array, or either line by line."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, BinaryIO

from sessions.files.json_items import Malformed, Reader, TooComplex, items
from sessions.ingest.reading.encodings import foreign_encoding, save_as_utf8
from sessions.ingest.reading.formats.csv_records import FAULT
from sessions.ingest.reading.ndjson import BOM, CHUNK_BYTES, Line, lines
from sessions.ingest.reading.parse import MAX_LINE_BYTES, MAX_SENT_BYTES

# Where an answer has its sessions, the first that is there; the page numbers beside them say nothing about them.
LISTS = ("data", "sessions")
# The keys of an answer, each of which costs a step in Python. An answer has a dozen.
MOST_KEYS = 1_000


def json_records(file: BinaryIO) -> Iterator[Line]:
    """`number` is the session's position in the file, from 1. One session at a time is in memory."""
    number = 0
    with _rewindable(file) as document:
        for end, raw in _of_lines(document) if _is_by_line(document) else _of_document(document):
            number += 1
            yield Line(number, end, raw)


@contextmanager
def _rewindable(file: BinaryIO) -> Iterator[IO[bytes]]:
    """A document is read twice; what comes through a pipe is kept on the disk for that."""
    if file.seekable():
        yield file
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        yield copy


def _is_by_line(file: IO[bytes]) -> bool:
    """Whether the first value ends in its line and something follows."""
    reader = Reader(file)
    try:
        first = reader.value(0)
    except (Malformed, TooComplex):
        return False
    return bool(reader.peek()) and not _has_line_end(file, first.offset, first.length)


def _has_line_end(file: IO[bytes], offset: int, length: int) -> bool:
    file.seek(offset)
    while length > 0 and (part := file.read(min(CHUNK_BYTES, length))):
        if b"\n" in part:
            return True
        length -= len(part)
    return False


def _of_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    file.seek(0)
    for line in lines(file):
        if len(line.raw) > MAX_LINE_BYTES:
            yield line.end, _fault(f"longer than {MAX_LINE_BYTES // 1024**2} MiB")
        else:
            yield from ((line.end, raw) for _, raw in _of_document(BytesIO(line.raw)))


def _of_document(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each session and where it ends. A document that is no list is one session, or else the reader of sessions says
    what is wrong with it. Nothing is given of one that is cut short."""
    try:
        path = _path_of_list(file)
    except Malformed as error:
        yield from _whole(file, f"not JSON: {error}")
        return
    except TooComplex as error:
        yield from _whole(file, str(error))
        return
    if path is None:
        yield from _whole(file, f"longer than {MAX_SENT_BYTES // 1024**2} MiB")
        return
    for item in items(file, path, MAX_SENT_BYTES + 1):
        yield item.offset + item.length, item.head


def _path_of_list(file: IO[bytes]) -> Sequence[str] | None:
    """Raises Malformed and TooComplex, wherever in the document that is."""
    reader, found = Reader(file), set[str]()
    opening = reader.peek()
    if opening == b"{":
        for number, _ in enumerate(reader.parts(b"{")):
            if number == MOST_KEYS:
                raise TooComplex(f"Its JSON has more than {MOST_KEYS} keys.")
            key = reader.key()
            if reader.peek() == b"[":
                found.add(key)
            reader.value(0)
    else:
        reader.value(0)
    if reader.peek():
        raise Malformed("something follows the document")
    return () if opening == b"[" else next(([name] for name in LISTS if name in found), None)


def _whole(file: IO[bytes], fault: str) -> Iterator[tuple[int, bytes]]:
    """The document as one session, or the fault where it is too long to be one."""
    file.seek(0)
    raw = file.read(MAX_SENT_BYTES + 1)
    if len(raw) > MAX_SENT_BYTES:
        encoding = foreign_encoding(raw)
        raw = _fault(save_as_utf8(encoding) if encoding else fault)
    if raw.strip():
        yield file.tell(), raw.removeprefix(BOM)


def _fault(message: str) -> bytes:
    return json.dumps({FAULT: message}).encode()
