"""A web recording at a moment: the last full snapshot before it, and every change between the two."""

from collections.abc import Callable
from time import monotonic
from typing import IO, Any

from sessions.viewers.recordings.page import Page
from sessions.viewers.recordings.web_events import FULL_SNAPSHOT, INCREMENT, Index, number, read_event

MOST_SECONDS = 8.0
# How long a click is shown.
CLICK_SECONDS = 0.6
# Movements of the pointer are sent together, up to so long after the first of them, and tell how long ago each was.
POINTER_DELAY = 1.0
_MOST_AHEAD = 20
_LONGEST_MOVEMENTS = 256 * 1024

_MUTATION, _MOUSE_MOVE, _MOUSE_INTERACTION, _SCROLL, _, _INPUT, _TOUCH_MOVE = range(7)
_STYLE_RULE, _CANVAS, _DRAG, _STYLE_DECLARATION, _ADOPTED = 8, 9, 12, 13, 15
_MOVEMENTS = (_MOUSE_MOVE, _TOUCH_MOVE, _DRAG)
_PRESSES = (1, 2, 4, 7)  # mouse down, click, double click, touch start


class WebReplay:
    """`time` is the moment whose page it has; `page` is None before the first snapshot."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.time = -1.0
        self._restart(0)

    def _restart(self, event: int) -> None:
        """`event` is the number of the next event to be applied."""
        self.page: Page | None = None
        self.pointer: tuple[float, float] | None = None
        # The number of the node that the pointer is over.
        self.hovered: object = None
        self.pressed_at = -CLICK_SECONDS
        self._next = event

    @property
    def size(self) -> tuple[int, int]:
        """Of the window."""
        return self.index.size_at(self.time)

    @property
    def is_pressed(self) -> bool:
        return 0 <= self.time - self.pressed_at < CLICK_SECONDS

    def seek(self, file: IO[bytes], time: float, *, seconds: float = MOST_SECONDS) -> bool:
        """Go to a moment. False when that takes longer than allowed: `time` then says how far it got."""
        end = self.index.until(time)
        snapshot = self.index.snapshot_before(end)
        if end < self._next or (snapshot is not None and snapshot > self._next):
            self._restart(snapshot or 0)
        deadline = monotonic() + seconds
        while self._next < end:
            self._apply(file, self._next)
            self._next += 1
            if self._next < end and monotonic() > deadline:
                self.time = self.index.times[self._next - 1]
                return False
        self.time = time
        self._look_ahead(file, time)
        return True

    def _apply(self, file: IO[bytes], event: int) -> None:
        kind = self.index.types[event]
        if kind not in (FULL_SNAPSHOT, INCREMENT):
            return
        data = read_event(file, self.index, event)
        if kind == FULL_SNAPSHOT:
            page = Page(data)
            if page.root is not None:
                self.page = page
        else:
            self._change(data, self.index.times[event])

    def _change(self, data: dict[str, Any], time: float) -> None:
        source = data.get("source")
        if source in _MOVEMENTS:
            self._move(data, time, time)
        elif source == _MOUSE_INTERACTION:
            self._press(data, time)
        elif self.page and isinstance(source, int) and (change := _CHANGES.get(source)):
            change(self.page, data)

    def _move(self, data: dict[str, Any], time: float, until: float) -> None:
        """To the last position that was reached until a moment."""
        positions = data.get("positions")
        for one in positions if isinstance(positions, list) else []:
            if isinstance(one, dict) and time + (number(one.get("timeOffset")) or 0.0) / 1000 <= until:
                self._point(one)

    def _press(self, data: dict[str, Any], time: float) -> None:
        if data.get("type") in _PRESSES and self._point(data):
            self.pressed_at = time

    def _point(self, place: dict[str, Any]) -> bool:
        x, y = number(place.get("x")), number(place.get("y"))
        if x is None or y is None:
            return False
        self.pointer = (x, y)
        self.hovered = place.get("id")
        return True

    def _look_ahead(self, file: IO[bytes], time: float) -> None:
        """Where the pointer was, of which events tell that come up to a second later."""
        index = self.index
        for event in range(self._next, min(self._next + _MOST_AHEAD, len(index.times))):
            if index.times[event] - time > POINTER_DELAY:
                return
            if index.types[event] == INCREMENT and index.lengths[event] <= _LONGEST_MOVEMENTS:
                data = read_event(file, index, event)
                if data.get("source") in _MOVEMENTS:
                    self._move(data, index.times[event], time)


def _scroll(page: Page, data: dict[str, Any]) -> None:
    if node := page.node(data.get("id")):
        node.scroll = (number(data.get("x")) or 0.0, number(data.get("y")) or 0.0)


def _input(page: Page, data: dict[str, Any]) -> None:
    text = data.get("text")
    if (node := page.node(data.get("id"))) and isinstance(text, str):
        node.value = (text[:100_000], data.get("isChecked") is True)


_CHANGES: dict[int, Callable[[Page, dict[str, Any]], None]] = {
    _MUTATION: Page.mutate,
    _SCROLL: _scroll,
    _INPUT: _input,
    _STYLE_RULE: Page.change_rules,
    _CANVAS: Page.draw,
    _STYLE_DECLARATION: Page.change_declaration,
    _ADOPTED: Page.adopt,
}
