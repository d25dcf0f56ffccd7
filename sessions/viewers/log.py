"""A log in windows: one pass over the file finds the lines to show, what matches, and what lies before and after."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import IO

from sessions.viewers.colours import Run, coloured, has_colours
from sessions.viewers.levels import Level, level_of
from sessions.viewers.lines import blocks_of_lines
from sessions.viewers.long_line import LONGEST_LINE, LongLine, shortened
from sessions.viewers.shown import printable

LINES_PER_WINDOW = 1_000
# Fewer lines where they are long: a page of marked text takes 200 bytes for each while it is rendered.
CHARACTERS_PER_WINDOW = 200_000


@dataclass(frozen=True)
class Line:
    """`runs` are the text in the colours it had on a terminal, none without. `seconds` is its stamp, or that of the
    line which it `continues`."""

    number: int
    text: str
    level: Level
    matches: bool = False
    runs: tuple[Run, ...] = ()
    seconds: float | None = None
    continues: bool = False


@dataclass(frozen=True)
class Search:
    """What to look for: `text` in any case; `levels` none for all; `only` leaves out lines without the text."""

    text: str = ""
    levels: Collection[Level] = ()
    only: bool = False

    @property
    def needle(self) -> str:
        return self.text.casefold()


@dataclass
class Window:
    """The lines shown. Numbers count lines from 1; a neighbour that is None does not exist.

    `previous` and `next` are the first lines of their windows, `last` is any line of the last one.
    """

    lines: list[Line] = field(default_factory=list)
    total: int = 0
    # Lines that passed the filter, and where the first line shown stands among them, from 1.
    shown_total: int = 0
    shown_first: int = 0
    previous: int | None = None
    next: int | None = None
    last: int | None = None
    # Lines that hold the text, the one that is looked at, and its place among them, from 1.
    matches: int = 0
    match: int | None = None
    match_place: int = 0
    previous_match: int | None = None
    next_match: int | None = None
    levels: Counter[Level] = field(default_factory=Counter)

    @property
    def shown_last(self) -> int:
        return self.shown_first + len(self.lines) - 1 if self.lines else 0

    @property
    def match_is_shown(self) -> bool:
        """Whether the match that is looked at stands in this window: a window turned to may hold none."""
        return self.match is not None and bool(self.lines) and self.match <= self.lines[-1].number


def read_window(
    file: IO[bytes],
    search: Search,
    *,
    at: int | None = None,
    near: int = 1,
    size: int = LINES_PER_WINDOW,
    count_levels: bool = True,
    encoding: str = "utf-8-sig",
) -> Window:
    """The window that holds line `at`, or the first match from line `near` on, or the beginning.

    A window has up to `size` lines, and of long ones as many as make CHARACTERS_PER_WINDOW.

    Counting levels reads every line's level, which costs a second in half a million lines.
    What is searched is what is shown, of long lines all of it.
    """
    reader = _Reader(search, at, near, size, count_levels)
    for lines in blocks_of_lines(file, encoding, search.needle):
        if isinstance(lines, LongLine):
            reader.read_long(lines)
        else:
            reader.read(lines)
    return reader.finish()


class _Reader:
    """The state of one pass: the window being filled is kept once it holds the line asked for."""

    def __init__(self, search: Search, at: int | None, near: int, size: int, count_levels: bool) -> None:
        self.needle = search.needle
        self.levels = frozenset(search.levels)
        self.only = search.only and bool(self.needle)
        self.at = at
        self.near = near
        self.size = size
        self.count_levels = count_levels
        self.window = Window()
        # How many more fit into the window that the last line belongs to, whether or not it is kept.
        self.lines_left = 0
        self.characters_left = 0
        self.filling: list[tuple[int, str, bool, str]] = []
        self.found = at is None and not self.needle
        self.kept = False
        self.beginning: list[tuple[int, str, bool, str]] = []
        self.second: int | None = None

    def read(self, text: str) -> None:
        """Whole lines, with line feeds between them."""
        first = self.window.total + 1
        if self._only_counts():
            self._skip(text.count("\n") + 1)
            return
        as_written = text
        text = printable(text)
        folded = text.casefold() if self.needle else ""
        if self.needle not in folded:
            folded = ""
            if self._is_passed_over():
                self._pass_over(text.count("\n") + 1)
                return
        lines = text.split("\n")
        raws = as_written.split("\n") if has_colours(as_written) else lines
        self.window.total += len(lines)
        # Neither folding nor taking orders out makes or removes a line end, so all lists count alike.
        searched = folded.split("\n") if folded else lines
        for number, (line, part, raw) in enumerate(zip(lines, searched, raws, strict=True), start=first):
            self._offer(number, line, bool(folded) and self.needle in part, raw)

    def read_long(self, line: LongLine) -> None:
        if self._only_counts():
            self._skip(1)
            return
        self.window.total += 1
        self._offer(self.window.total, line, line.matches, "")

    def _only_counts(self) -> bool:
        """Whether the window is complete, and of the lines behind it only the number matters."""
        return self.kept and not (self.needle or self.levels or self.count_levels)

    def _is_passed_over(self) -> bool:
        """Whether nothing of lines without a match is shown or counted by level."""
        return (self.only or self.kept) and not (self.levels or self.count_levels)

    def _pass_over(self, count: int) -> None:
        if self.only:
            self.window.total += count
        else:
            self._skip(count)

    def _skip(self, count: int) -> None:
        window = self.window
        window.total += count
        window.shown_total += count
        window.last = window.total

    def _offer(self, number: int, line: str | LongLine, matches: bool, raw: str) -> None:
        """`raw` is the line with its colours."""
        if self.levels or self.count_levels:
            level = level_of(line if isinstance(line, str) else line.text)
            if self.count_levels:
                self.window.levels[level] += 1
            if self.levels and level not in self.levels:
                return
        if matches:
            self._match(number)
        elif self.only:
            return
        self._show(number, line, matches, raw)

    def _match(self, number: int) -> None:
        window = self.window
        window.matches += 1
        if self.at is None and number >= self.near:
            self.at = number
        if self.at is None or number < self.at:
            window.previous_match = number
        elif window.match is None:
            window.match, window.match_place = number, window.matches
        elif window.next_match is None:
            window.next_match = number

    def _show(self, number: int, line: str | LongLine, matches: bool, raw: str) -> None:
        window = self.window
        length = min(len(line), LONGEST_LINE) if isinstance(line, str) else LONGEST_LINE
        if not self.lines_left or length > self.characters_left:
            self._turn(number)
            self.lines_left, self.characters_left = self.size, CHARACTERS_PER_WINDOW
        self.lines_left -= 1
        self.characters_left -= length
        window.shown_total += 1
        if self.kept:
            return
        shown = shortened(line, self.needle if matches else "") if isinstance(line, str) else line.text
        self.filling.append((number, shown, matches, raw if shown is line else ""))
        self.found = self.found or (self.at is not None and number >= self.at)

    def _turn(self, number: int) -> None:
        """A new window begins at this line: the one before it is the answer, or the neighbour of one to come."""
        window = self.window
        window.last = number
        if self.kept:
            return
        if self.found and self.filling:
            self._keep()
            window.next = number
            return
        if self.filling:
            window.previous = self.filling[0][0]
            if not self.beginning:
                self.beginning, self.second = self.filling, number
        self.filling = []

    def _keep(self) -> None:
        self.kept = True
        self.window.shown_first = self.window.shown_total - len(self.filling) + 1 if self.filling else 0
        self.window.lines = [
            Line(number, line, level_of(line), matches, coloured(raw)) for number, line, matches, raw in self.filling
        ]

    def finish(self) -> Window:
        """Without a match it is the first window; past the end lies the last."""
        if self.kept:
            return self.window
        if not self.found and self.at is None and self.beginning:
            self.filling = self.beginning
            self.window.previous, self.window.next = None, self.second
            self._keep()
            self.window.shown_first = 1
            return self.window
        self._keep()
        return self.window
