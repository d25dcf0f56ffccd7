"""Web recordings as rrweb makes them: where each event stands in a file, and what one says.

A file is a JSON array of events, an object whose `events` are such an array, or an event on each line. What cannot be
read is left out and counted.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

from sessions.files.json_items import Item, Malformed, NoArray, TooComplex, items
from sessions.files.recordings import HEAD, Shape, shape_of
from sessions.viewers.recordings import NotRecording
from sessions.viewers.recordings.decoding import decoded

# A snapshot of a page with its style sheets and pictures. What is longer takes too much memory to be rebuilt.
LONGEST_EVENT = 8 * 1024 * 1024
# Each node has a type. Real pages have up to some ten thousand.
MOST_NODES = 60_000
# Each level of a page is two of its JSON.
DEEPEST = 800
MOST_EVENTS = 500_000
MOST_SIZES = 1_000
IDLE_SECONDS = 2.0
MOST_IDLE = 500
# In milliseconds since 1970: the year 2100.
LATEST = 4_102_444_800_000

FULL_SNAPSHOT, INCREMENT, META = 2, 3, 4
_TYPES = range(7)
_RESIZED = re.compile(rb'"source"\s*+:\s*+4\b')
_LONGEST_SIZE = 2_000
DEFAULT_SIZE = (1280, 800)


class _Outline(msgspec.Struct):
    type: int
    timestamp: float


@dataclass
class Index:
    """The events in the order of their times. `began` is the first one's, in milliseconds since 1970."""

    began: float = 0.0
    # In seconds from the first event, its type, and where it stands.
    times: "array[float]" = field(default_factory=lambda: array("d"))
    types: "array[int]" = field(default_factory=lambda: array("B"))
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    lengths: "array[int]" = field(default_factory=lambda: array("I"))
    snapshots: list[int] = field(default_factory=list)
    idle: list[tuple[float, float]] = field(default_factory=list)
    # When the window got which size.
    sizes: list[tuple[float, int, int]] = field(default_factory=list)
    unreadable: int = 0

    @property
    def length(self) -> float:
        return self.times[-1] if self.times else 0.0

    @property
    def began_at(self) -> datetime | None:
        return datetime.fromtimestamp(self.began / 1000, UTC) if self.times else None

    @property
    def first_shown(self) -> float:
        """When there is a page to be seen."""
        return self.times[self.snapshots[0]]

    def size_at(self, time: float) -> tuple[int, int]:
        """The size of the window; before it is told, the first one."""
        if not self.sizes:
            return DEFAULT_SIZE
        place = bisect_right(self.sizes, time, key=lambda size: size[0])
        return self.sizes[max(place - 1, 0)][1:]

    def until(self, time: float) -> int:
        """How many events have happened at a moment."""
        return bisect_right(self.times, time)

    def snapshot_before(self, event: int) -> int | None:
        """The last full snapshot among the events before this one."""
        place = bisect_left(self.snapshots, event)
        return self.snapshots[place - 1] if place else None


def read_index(file: IO[bytes]) -> Index:
    """One pass over the file. Raises NotRecording."""
    index = Index()
    outline = msgspec.json.Decoder(_Outline).decode
    for item in _events(file, index):
        try:
            event = decoded(item.head, outline) if item.is_whole else None
        except (ValueError, RecursionError):
            event = None
        if event is None or event.type not in _TYPES or not 0 <= event.timestamp < LATEST:
            index.unreadable += 1
            continue
        if event.type == META or (event.type == INCREMENT and _may_resize(item)):
            _add_size(index, event.timestamp, item.head)
        index.times.append(event.timestamp)
        index.types.append(event.type)
        index.offsets.append(item.offset)
        index.lengths.append(item.length)
        if len(index.times) == MOST_EVENTS:
            break
    if FULL_SNAPSHOT not in index.types:
        raise NotRecording("It holds no web recording that can be read: no event is a full snapshot of a page.")
    _arrange(index)
    return index


def _add_size(index: Index, stamp: float, raw: bytes) -> None:
    data = _data_of(raw)
    width, height = pixels(data.get("width")), pixels(data.get("height"))
    if width and height and len(index.sizes) < MOST_SIZES:
        index.sizes.append((stamp, width, height))


def _may_resize(item: Item) -> bool:
    return item.length < _LONGEST_SIZE and _RESIZED.search(item.head) is not None


def _events(file: IO[bytes], index: Index) -> Iterator[Item]:
    file.seek(0)
    shape = shape_of(file.read(HEAD))
    file.seek(0)
    if shape is Shape.LINES:
        yield from _lines(file)
        return
    try:
        yield from items(file, () if shape is Shape.ARRAY else ("events",), LONGEST_EVENT, DEEPEST)
    except (Malformed, TooComplex, NoArray):
        # What came before can be shown; a recording that broke off is one as well.
        index.unreadable += 1


def _lines(file: IO[bytes]) -> Iterator[Item]:
    offset = 0
    while line := file.readline(LONGEST_EVENT):
        begin = offset
        offset += len(line)
        is_whole = line.endswith(b"\n") or len(line) < LONGEST_EVENT
        while not is_whole and (rest := file.readline(LONGEST_EVENT)):
            offset += len(rest)
            if rest.endswith(b"\n"):
                break
        if line.strip():
            yield Item(begin, offset - begin, line if is_whole else line[:1])


def _arrange(index: Index) -> None:
    """Bring the events into the order of their times, which then count from the first."""
    stamps = index.times
    order: Sequence[int] = range(len(stamps))
    if any(stamps[place] > stamps[place + 1] for place in range(len(stamps) - 1)):
        order = sorted(order, key=stamps.__getitem__)
        index.types, index.offsets, index.lengths = (
            array(column.typecode, map(column.__getitem__, order))
            for column in (index.types, index.offsets, index.lengths)
        )
    index.began = stamps[order[0]]
    index.times = array("d", ((stamps[place] - index.began) / 1000 for place in order))
    index.sizes = sorted(((stamp - index.began) / 1000, width, height) for stamp, width, height in index.sizes)
    before = 0.0
    for place, (time, kind) in enumerate(zip(index.times, index.types, strict=True)):
        if kind == FULL_SNAPSHOT:
            index.snapshots.append(place)
        if time - before > IDLE_SECONDS and len(index.idle) < MOST_IDLE:
            index.idle.append((before, time))
        before = time


def read_event(file: IO[bytes], index: Index, event: int) -> dict[str, Any]:
    """The data of an event; empty when it cannot be read."""
    file.seek(index.offsets[event])
    return _data_of(file.read(index.lengths[event]))


def _data_of(raw: bytes) -> dict[str, Any]:
    if raw.count(b'"type"') > MOST_NODES:
        return {}
    try:
        event = decoded(raw, msgspec.json.decode)
    except (ValueError, RecursionError):
        return {}
    data = event.get("data") if isinstance(event, dict) else None
    return data if isinstance(data, dict) else {}


def number(value: object) -> float | None:
    """A number that can be a place on a page, in pixels."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e7:
        return None
    return float(value)


def pixels(value: object) -> int:
    """A length of a window in whole pixels; 0 for what is none."""
    found = number(value)
    return int(found) if found is not None and 1 <= found <= 16_384 else 0
