"""Byte ranges as RFC 9110, section 14, has them, and the parts of stored files that they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

BLOCK = 256 * 1024
# A position of more digits lies behind the end of any file, and int() refuses very long ones.
MOST_DIGITS = 18

_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)


class RangeNotSatisfiable(ValueError):
    """The range is well formed and lies outside the file: answer 416."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def parse_range(header: str, size: int) -> ByteRange | None:
    """The one range asked for of a file of `size` bytes, or None where the whole file is the answer.

    What is not understood (another unit, several ranges, last before first) is
    ignored, as the RFC allows. Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    first, last = (_position(digits) for digits in match.groups())
    if first is None:
        return _suffix(last or 0, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, size if last is None else min(last + 1, size))


def _position(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits) if len(digits) <= MOST_DIGITS else 10**MOST_DIGITS


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise RangeNotSatisfiable
    return ByteRange(max(size - length, 0), size)


class FileSlice:
    """A part of an open file in blocks; the server closes it, also when the client leaves before the first one."""

    def __init__(self, file: IO[bytes], part: ByteRange) -> None:
        self.file = file
        self.part = part

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.part.start)
        left = self.part.length
        while left > 0 and (block := self.file.read(min(BLOCK, left))):
            left -= len(block)
            yield block

    def close(self) -> None:
        self.file.close()


class ObjectSlice:
    """A part of an object in S3: only this part is asked for, and read as it arrives.

    django-storages' own reading fetches the whole object first, whichever part is wanted.
    """

    def __init__(self, file: Any, part: ByteRange) -> None:
        # The one part that cannot be asked for as a range is the whole of an empty object.
        asked = {"Range": f"bytes={part.start}-{part.stop - 1}"} if part.length else {}
        self.body = file.obj.get(**asked)["Body"]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.body.iter_chunks(BLOCK))

    def close(self) -> None:
        """Whatever has not been read by now is not sent any more."""
        self.body.close()


def slice_of(file: IO[bytes], part: ByteRange) -> FileSlice | ObjectSlice:
    """Of a file as the storage opened it."""
    return ObjectSlice(file, part) if hasattr(file, "obj") else FileSlice(file, part)
