"""Two logs, line by line, without what differs from run to run."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import IO

from sessions.viewers.differing.alignment import aligned
from sessions.viewers.differing.change import Change, Parts, parts, whole
from sessions.viewers.differing.steady import numberless, steady
from sessions.viewers.levels import Level, level_of
from sessions.viewers.lines import blocks_of_lines
from sessions.viewers.long_line import LongLine
from sessions.viewers.shown import printable

# Taking the volatile parts out of a MiB takes a third of a second.
MOST_BYTES = 1024 * 1024
MOST_LINES = 10_000


@dataclass(frozen=True)
class Line:
    number: int
    text: str
    steady: str

    @property
    def level(self) -> Level:
        return level_of(self.text)


@dataclass(frozen=True)
class Excerpt:
    """The lines that are compared: all of the file, or its beginning."""

    lines: list[Line]
    is_whole: bool


@dataclass(frozen=True)
class LinePair:
    first: Line | None
    second: Line | None

    @property
    def change(self) -> Change:
        if self.second is None:
            return Change.MISSING
        if self.first is None:
            return Change.ADDED
        return Change.SAME if self.first.steady == self.second.steady else Change.CHANGED

    @cached_property
    def parts(self) -> tuple[Parts | None, Parts | None]:
        """What is shown of each line, with the part marked in which a changed one differs."""
        if self.first and self.second and self.change is Change.CHANGED:
            return parts(self.first.text, self.second.text)
        return whole(self.first.text) if self.first else None, whole(self.second.text) if self.second else None


def read_excerpt(file: IO[bytes], encoding: str) -> Excerpt:
    head = file.read(MOST_BYTES)
    is_whole = not file.read(1)
    lines: list[Line] = []
    for number, text in enumerate(_lines(head, encoding), start=1):
        if number > MOST_LINES:
            return Excerpt(lines, is_whole=False)
        lines.append(Line(number, text, steady(text)))
    if not is_whole and len(lines) > 1:
        lines.pop()  # it was cut
    return Excerpt(lines, is_whole)


def compare_logs(first: Excerpt, second: Excerpt) -> list[LinePair]:
    pairs = aligned(first.lines, second.lines, lambda line: line.steady, lambda line: numberless(line.steady))
    return [LinePair(*pair) for pair in pairs]


def _lines(raw: bytes, encoding: str) -> Iterator[str]:
    for block in blocks_of_lines(BytesIO(raw), encoding):
        if isinstance(block, LongLine):
            yield block.text
        else:
            yield from printable(block).split("\n")
