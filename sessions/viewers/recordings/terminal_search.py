"""A text in the output of a terminal recording: the moments at which it was printed."""

import re
from time import monotonic
from typing import IO, NamedTuple

from sessions.viewers.recordings.asciicast import Event, Header, events
from sessions.viewers.shown import printable, with_line_ends

MOST_FOUND = 100
# A text is found across events, such as one that is typed, as long as it stands in this much of a line.
LONGEST_LINE = 1000
EXCERPT = 60
PART = 64 * 1024
MOST_EVENTS = 2_000
MOST_SECONDS = 8.0

# Orders that go to another place: what is written there does not join what was written before.
_MOVES = re.compile(r"\x1b\[[0-9;]*+[ABEFHJLMSTdf]|\x1b[78DEM]")


class Found(NamedTuple):
    time: float
    excerpt: str


class Search:
    """`found` are up to MOST_FOUND moments; a line that is drawn again and again counts once.

    `until` says how far it was searched where not all of it was, for the time that it takes.
    """

    def __init__(self, text: str) -> None:
        self.found: list[Found] = []
        self.until: float | None = None
        self._needle = text.casefold()
        self._open_line = ""

    def read(self, file: IO[bytes], header: Header, *, seconds: float = MOST_SECONDS) -> None:
        """Most parts of the output hold nothing of the text, and are looked through at once."""
        deadline = monotonic() + seconds
        part: list[Event] = []
        length = 0
        for event in events(file, header):
            if event.code == "o":
                part.append(event)
                length += len(event.data)
            if length >= PART or len(part) >= MOST_EVENTS:
                self._read_part(part)
                part, length = [], 0
                if len(self.found) >= MOST_FOUND or monotonic() > deadline:
                    self.until = event.time
                    return
        self._read_part(part)

    def _read_part(self, part: list[Event]) -> None:
        text = self._open_line + _words("".join(event.data for event in part))
        if self._needle not in text.casefold():
            self._open_line = _last_line(text)
            return
        for event in part:
            if len(self.found) < MOST_FOUND:
                self._read(event)

    def _read(self, event: Event) -> None:
        text = self._open_line + _words(event.data)
        if self._needle not in text.casefold():
            self._open_line = _last_line(text)
            return
        line = next((line for line in text.split("\n") if self._needle in line.casefold()), "")
        excerpt = _around(line, self._needle)
        if not self.found or self.found[-1].excerpt != excerpt:
            self.found.append(Found(event.time, excerpt))
        self._open_line = ""


def _words(output: str) -> str:
    if "\x1b" in output:
        output = printable(_MOVES.sub("\n", output))
    return with_line_ends(output)


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2][-LONGEST_LINE:]


def _around(line: str, needle: str) -> str:
    begin = max(line.casefold().find(needle) - EXCERPT, 0)
    return printable(line[begin : begin + 2 * EXCERPT + len(needle)]).strip()
