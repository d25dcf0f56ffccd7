"""A REST list as it was saved -> one JSON object a session: an answer, a bare array, or either line by line."""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from sessions.ingest.reading.ndjson import Line, lines

# One answer of a paged list is small. A document of several lines is read as a whole, up to this.
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024


class _Answer(msgspec.Struct):
    """Of an answer only what holds sessions; the page numbers beside it say nothing about them."""

    data: list[msgspec.Raw] | None = None
    sessions: list[msgspec.Raw] | None = None


_answer = msgspec.json.Decoder(_Answer | list[msgspec.Raw])


def json_records(file: BinaryIO) -> Iterator[Line]:
    """`number` is the session's position in the file, from 1."""
    number = 0
    for end, document in _documents(file):
        for raw in _sessions(document):
            number += 1
            yield Line(number, end, raw)


def _documents(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line where the first is complete JSON, else all of the file."""
    by_line = lines(file)
    first = next(by_line, None)
    if first is None:
        return
    if _is_json(first.raw):
        yield first.end, first.raw
        for line in by_line:
            yield line.end, line.raw
        return
    rest = file.read(MAX_DOCUMENT_BYTES + 1)
    raw = first.raw + rest
    if len(raw) > MAX_DOCUMENT_BYTES:
        raw = b"more than 512 MiB in one document: save the list page by page"
    yield first.end + len(rest), raw


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _sessions(document: bytes) -> list[bytes]:
    """A document that is no list is one session, or else the reader of sessions says what is wrong with it."""
    try:
        answer = _answer.decode(document)
    except (msgspec.DecodeError, RecursionError):  # also of an object whose `data` is something else
        return [document]
    if isinstance(answer, list):
        return [bytes(raw) for raw in answer]
    listed = answer.data if answer.data is not None else answer.sessions
    return [document] if listed is None else [bytes(raw) for raw in listed]
