"""Long answers, written as their rows are read."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

CHUNK_BYTES = 64 * 1024
Stored = TypeVar("Stored")
Shown = TypeVar("Shown")


def json_array(items: Iterable[object], before: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
    """`before[item,item,...]after` in chunks of about 64 KiB."""
    pending = bytearray(before + b"[")
    separator = b""
    for item in items:
        pending += separator + msgspec.json.encode(item)
        separator = b","
        if len(pending) >= CHUNK_BYTES:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending) + b"]" + after


def each(texts: Iterable[str], kind: type[Stored], shape: Callable[[Stored], Shown]) -> Iterator[Shown]:
    """JSON texts from the database, read and put into another shape one by one."""
    decoder = msgspec.json.Decoder(kind)
    return (shape(decoder.decode(text)) for text in texts)
