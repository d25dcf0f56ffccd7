"""Text files as lines, read in blocks, so that neither a long file nor a long line is ever held whole."""

import codecs
from collections.abc import Iterator
from typing import IO

from sessions.viewers.long_line import LongLine
from sessions.viewers.shown import with_line_ends

BLOCK = 1024 * 1024


def blocks_of_lines(file: IO[bytes], encoding: str, needle: str = "") -> Iterator[str | LongLine]:
    """Whole lines of about 1 MiB, between them line feeds and behind the last one none; what is no text is replaced.

    A line of more than that comes alone, and has been looked through for the needle, a text in folded case.
    """
    open_line = _OpenLine(needle)
    for text in _decoded(file, encoding):
        lines, has_end, rest = text.rpartition("\n")
        if has_end:
            yield from open_line.ended_by(lines)
        open_line.add(rest)
    yield from open_line.ended()


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    held, is_line_start, is_last = "", True, False
    while not is_last:
        block = file.read(BLOCK)
        is_last = not block
        text = held + decoder.decode(block, is_last)
        if is_line_start:
            text = text.lstrip("\r")
        # Whether one at the end ends the line, or the line feed behind it does, is not known yet.
        end = text.rstrip("\r")
        held = "\r" if len(end) < len(text) else ""
        if end:
            end = with_line_ends(end)
            is_line_start = end.endswith("\n")
            yield end


class _OpenLine:
    """The beginning of a line whose end has not been read yet."""

    def __init__(self, needle: str) -> None:
        self._needle = needle
        self._text = ""
        self._long: LongLine | None = None

    def add(self, part: str) -> None:
        if self._long is not None:
            self._long.add(part)
            return
        if len(self._text) + len(part) <= BLOCK:
            self._text += part
            return
        self._long = LongLine(self._needle)
        self._long.add(self._text)
        self._text = ""
        self._long.add(part)

    def ended_by(self, lines: str) -> Iterator[str | LongLine]:
        """The first of the lines is this one's end."""
        if self._long is None:
            yield self._text + lines
            self._text = ""
            return
        end, is_not_all, others = lines.partition("\n")
        self._long.add(end)
        yield from self.ended()
        if is_not_all:
            yield others

    def ended(self) -> Iterator[str | LongLine]:
        if self._long is not None:
            yield self._long
        elif self._text:
            yield self._text
        self._long, self._text = None, ""
