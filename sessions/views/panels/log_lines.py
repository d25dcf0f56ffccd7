"""Which lines of a log the panel shows: around a line, around a moment, or around what is searched for."""

import re
from typing import IO

from django.http import QueryDict

from sessions.replay.axis import Scope
from sessions.replay.log_placing import Placing
from sessions.viewers.levels import Level
from sessions.viewers.log import Line, Search, Window, read_window
from sessions.viewers.log_index import LogIndex
from sessions.viewers.log_window import line_at, lines_around

LINES = 300
LINES_BEFORE = 100
LONGEST_SEARCH = 200
# The parameters that say which lines are shown.
PLACES = ("at", "before", "after")

_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


class LogLines:
    """An open log, and what an address asks of it. `current` is the line at the moment, `named` the line asked for."""

    def __init__(
        self, content: IO[bytes], encoding: str, index: LogIndex, placing: Placing, scope: Scope, parameters: QueryDict
    ) -> None:
        self.index, self.placing = index, placing
        levels = [level for level in Level if level.value in parameters.getlist("level")]
        self.search = Search(parameters.get("q", "")[:LONGEST_SEARCH], levels, "only" in parameters)
        self._content, self._encoding = content, encoding
        self._scope, self._parameters = scope, parameters
        self.current = self._line_at(scope.t) if scope.t is not None else None
        self.named = self._named_line()

    def _line_at(self, t: float) -> int | None:
        """The line at a moment, which an address names by its nearest millisecond."""
        seconds = self.placing.seconds(t + 0.0005)
        return None if seconds is None else line_at(self._content, self.index, seconds)

    def _named_line(self) -> int | None:
        """The line that the address names; where it names another moment too, somebody went on to that."""
        number = _number(self._parameters, "at")
        if number is None or self._scope.t is None:
            return number
        t = self.t_of(number)
        return number if t is not None and abs(t - self._scope.t) < 0.001 else None

    def t_of(self, number: int) -> float | None:
        line = lines_around(self._content, self.index, number, 0, 1)
        return self.placing.t(line[0].seconds) if line else None

    def around(self) -> list[Line]:
        """Around the line that the address names, else around the moment, else from the range's or session's start."""
        before, after = _number(self._parameters, "before"), _number(self._parameters, "after")
        end = self.index.total + 1
        if before is not None:
            return self._lines(before, LINES, 0) or self._lines(1, 0, LINES)
        if after is not None:
            return self._lines(after + 1, 0, LINES) or self._lines(end, LINES, 0)
        if self._parameters.get("at") == "end":
            return self._lines(end, LINES, 0)
        if (line := self.named or self.current) is not None:
            return self._lines(min(line, end - 1), LINES_BEFORE, LINES - LINES_BEFORE)
        start = self._line_at(self._scope.first if self._scope.first is not None else 0.0)
        return self._lines(start or 1, 0, LINES) or self._lines(end, LINES, 0)

    def _lines(self, line: int, before: int, after: int) -> list[Line]:
        return lines_around(self._content, self.index, line, before, after, self.search.levels)

    def searched(self) -> Window:
        """The window of the line named, else of the first match from the moment on, else of the first match."""
        named = self.index.total if self._parameters.get("at") == "end" else self.named
        window = self._read(named, self.current or 1)
        return window if window.match or not window.matches else self._read(named, 1)

    def _read(self, at: int | None, near: int) -> Window:
        self._content.seek(0)
        return read_window(
            self._content, self.search, at=at, near=near, size=LINES, count_levels=False, encoding=self._encoding
        )


def _number(parameters: QueryDict, name: str) -> int | None:
    value = parameters.get(name, "")
    return int(value) if _NUMBER.fullmatch(value) else None
