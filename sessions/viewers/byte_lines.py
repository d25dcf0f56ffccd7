"""A text file as lines with their places in bytes, read in pieces, so that any line can be read again alone.

Lines end where `lines.py` ends them.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import IO, NamedTuple

from sessions.viewers.shown import with_line_ends

PIECE = 1024 * 1024
# What is kept of a line that is longer than a piece. Its level and its time stand near its start.
BEGINNING = 8_192

_MARKS = {
    "utf-8-sig": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
_UNMARKED = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_ENDS = re.compile(r"\r*+\n\r*+|\r++")
_BYTE_ENDS = re.compile(rb"\r*+\n\r*+|\r++")


class Piece(NamedTuple):
    """Whole lines: where they begin, their text with a line feed between lines, and each one's length with its end."""

    offset: int
    text: str
    lengths: list[int]


def codec_of(encoding: str, head: bytes) -> tuple[str, int]:
    """The codec that reads a file from any of its lines on, and where its first line begins, behind the mark."""
    for mark, codec in _MARKS.get(encoding, ()):
        if head.startswith(mark):
            return codec, len(mark)
    return _UNMARKED.get(encoding, encoding), 0


def pieces(file: IO[bytes], codec: str, offset: int, size: int = PIECE) -> Iterator[Piece]:
    """The lines from an offset on, at which one begins, to the end of the file.

    A line of more than `size` bytes comes alone, with no more than the beginning of its text.
    """
    file.seek(offset)
    signs = _Signs(codec)
    held, beginning, passed = b"", b"", 0
    while block := file.read(size):
        held += block
        if beginning:
            end = signs.first_end(held)
            if end is None:
                rest = signs.length_without_returns(held)
                passed, held = passed + rest, held[rest:]
                continue
            yield Piece(offset, beginning.decode(codec, "replace"), [passed + end])
            offset, held, beginning = offset + passed + end, held[end:], b""
        # They belong to the line before.
        returns = signs.returns_at_start(held)
        offset, held = offset + returns, held[returns:]
        if end := signs.last_end(held):
            yield _piece(offset, held[:end], codec, signs)
            offset, held = offset + end, held[end:]
        elif len(held) >= size:
            passed, beginning = signs.length_without_returns(held), held[:BEGINNING]
            held = held[passed:]
    if beginning:
        yield Piece(offset, beginning.decode(codec, "replace"), [passed + len(held)])
    elif held := held[signs.returns_at_start(held) :]:
        yield _piece(offset, held, codec, signs)


class _Signs:
    """Line feeds and carriage returns among the bytes of an encoding, in which each takes `width` of them."""

    def __init__(self, codec: str) -> None:
        self.feed, self.back = "\n".encode(codec), "\r".encode(codec)
        self.width = len(self.feed)

    def last_end(self, held: bytes) -> int:
        """Behind the last line end of which all has been read; 0 where there is none."""
        return self._last(self.feed, held) or self._last(self.back, held[: self.length_without_returns(held)])

    def first_end(self, held: bytes) -> int | None:
        found = [place for sign in (self.feed, self.back) if (place := self._first(sign, held)) is not None]
        if not found:
            return None
        end = min(found)
        while held.startswith(self.back, end):
            end += self.width
        if held.startswith(self.feed, end):
            return end + self.width
        return end if end < len(held) else None

    def returns_at_start(self, held: bytes) -> int:
        end = 0
        while held.startswith(self.back, end):
            end += self.width
        return end

    def length_without_returns(self, held: bytes) -> int:
        """The length without carriage returns at the end: whether they end the line is not known yet."""
        end = len(held)
        while held.endswith(self.back, 0, end):
            end -= self.width
        return end

    def _last(self, sign: bytes, held: bytes) -> int:
        place = held.rfind(sign)
        while place % self.width and place > 0:
            place = held.rfind(sign, 0, place + self.width - 1)
        return place + self.width if place >= 0 and place % self.width == 0 else 0

    def _first(self, sign: bytes, held: bytes) -> int | None:
        place = held.find(sign)
        while place % self.width and place > 0:
            place = held.find(sign, place + 1)
        return place if place >= 0 else None


def _piece(offset: int, raw: bytes, codec: str, signs: _Signs) -> Piece:
    if signs.width > 1:
        return _wide_piece(offset, raw, codec)
    if b"\r" in raw:
        places = [0, *(end.end() for end in _BYTE_ENDS.finditer(raw))]
        lengths = [end - start for start, end in pairwise(places if places[-1] == len(raw) else [*places, len(raw)])]
    else:
        lengths = [len(line) + 1 for line in raw.removesuffix(b"\n").split(b"\n")]
        lengths[-1] -= not raw.endswith(b"\n")
    text = with_line_ends(raw.decode(codec, "replace")).removesuffix("\n")
    if text.count("\n") + 1 != len(lengths):  # bytes that are no text took a line end with them
        text = raw.decode("latin-1")
        text = with_line_ends(text).removesuffix("\n")
    return Piece(offset, text, lengths)


def _wide_piece(offset: int, raw: bytes, codec: str) -> Piece:
    text = raw.decode(codec, "replace")
    places = [0, *(end.end() for end in _ENDS.finditer(text))]
    if places[-1] < len(text):
        places.append(len(text))
    lengths = [len(text[start:end].encode(codec, "surrogatepass")) for start, end in pairwise(places)]
    return Piece(offset, with_line_ends(text).removesuffix("\n"), lengths)
