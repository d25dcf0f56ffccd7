"""A terminal recording at a moment: its events are fed to a terminal up to there.

Going on from a moment costs what lies between. Pictures of the terminal are kept on the way, so that going back does
not begin anew.
"""

from collections.abc import Iterator
from time import monotonic
from typing import IO, NamedTuple

from sessions.viewers.recordings.asciicast import Event, Header, events, resized
from sessions.viewers.recordings.screen import Screen
from sessions.viewers.recordings.terminal import Terminal

# Output is fed in parts of about so many characters; of what commands print, only the end of a part is read.
PART = 256 * 1024
# A picture is kept each time so much was fed; every second one is dropped when they hold too many cells.
BETWEEN_PICTURES = 1024 * 1024
MOST_CELLS_IN_PICTURES = 250_000
# What a request may take to get to a moment. The next one goes on from where it got.
MOST_SECONDS = 8.0
# Of frames for playing: how near in time they may be, and how much of them is sent at once.
BETWEEN_FRAMES = 1 / 25
MOST_ROWS_IN_FRAMES = 4_000


class _Picture(NamedTuple):
    time: float
    position: int
    fed: int
    terminal: Terminal


class Frame(NamedTuple):
    """The screen at a moment, and the numbers of the rows that are not those of the frame before."""

    time: float
    screen: Screen
    changed: list[int]


class TerminalReplay:
    """`time` is the moment whose screen it has."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.time = 0.0
        self._go_to(_Picture(0.0, header.start, 0, Terminal(header.columns, header.lines)))
        self._distance = BETWEEN_PICTURES
        self._pictures = [self._picture()]

    @property
    def screen(self) -> Screen:
        return self._terminal.screen

    def seek(self, file: IO[bytes], time: float, *, seconds: float = MOST_SECONDS) -> bool:
        """Go to a moment. False when that takes longer than allowed: `time` then says how far it got."""
        if time < self.time:
            self._go_to(max((one for one in self._pictures if one.time <= time), key=lambda one: one.position))
        deadline = monotonic() + seconds
        waiting: list[str] = []
        length = 0
        for event in self._events(file):
            if event.time > time:
                break
            if event.code == "o":
                waiting.append(event.data)
                length += len(event.data)
            if length >= PART or event.code == "r":
                self._feed(waiting)
                waiting, length = [], 0
            self._take(event)
            if not waiting:
                self._keep_picture()
                if monotonic() > deadline:
                    return False
        self._feed(waiting)
        self.time = max(time, self.time)
        return True

    def frames(self, file: IO[bytes], until: float) -> Iterator[Frame]:
        """From where it stands up to a moment, or as far as is sent at once. Changes that follow closely are one."""
        before = self.screen.picture()
        yield Frame(self.time, before, list(range(before.lines)))
        rows, began = 0, None
        for event in self._events(file):
            if event.time > until:
                break
            if began is not None and event.time - began >= BETWEEN_FRAMES:
                frame = self._frame(before)
                yield frame
                before, began, rows = frame.screen, None, rows + len(frame.changed)
                if rows >= MOST_ROWS_IN_FRAMES:
                    return
            if began is None:
                began = event.time
            if event.code == "o":
                self._feed([event.data])
            self._take(event)
        yield self._frame(before)
        self.time = max(until, self.time)

    def _events(self, file: IO[bytes]) -> Iterator[Event]:
        return events(file, self.header, self._position, self._event_time)

    def _take(self, event: Event) -> None:
        """The event belongs to what the terminal has been given."""
        if event.code == "r" and (size := resized(event.data)):
            self.screen.resize(*size)
        self._position, self._event_time = event.position, event.time
        self.time = max(self.time, event.time)

    def _feed(self, output: list[str]) -> None:
        text = "".join(output)
        self._terminal.feed(text)
        self._fed += len(text)

    def _frame(self, before: Screen) -> Frame:
        screen = self.screen.picture()
        if screen.columns != before.columns or screen.lines != before.lines:
            return Frame(self.time, screen, list(range(screen.lines)))
        cursors = {before.cursor.y, screen.cursor.y} if _cursor(before) != _cursor(screen) else set()
        pairs = zip(before.rows, screen.rows, strict=True)
        changed = [y for y, (old, new) in enumerate(pairs) if old is not new or y in cursors]
        return Frame(self.time, screen, changed)

    def _keep_picture(self) -> None:
        """Only of what lies ahead of all others, and where nothing that was taken is still to be fed."""
        if self._fed - self._pictures[-1].fed < self._distance:
            return
        self._pictures.append(self._picture())
        if len(self._pictures) * self.screen.columns * self.screen.lines > MOST_CELLS_IN_PICTURES:
            self._pictures = self._pictures[::2]
            self._distance *= 2

    def _picture(self) -> _Picture:
        return _Picture(self._event_time, self._position, self._fed, self._terminal.picture())

    def _go_to(self, picture: _Picture) -> None:
        self.time = self._event_time = picture.time
        self._position, self._fed, self._terminal = picture.position, picture.fed, picture.terminal.picture()


def _cursor(screen: Screen) -> tuple[int, int, bool]:
    return screen.cursor.x, screen.cursor.y, screen.is_cursor_visible
