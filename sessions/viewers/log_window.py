"""Lines of a log found by its index: those around a line or a time, reading no more than the blocks they are in."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import IO

from sessions.viewers.colours import coloured
from sessions.viewers.levels import Level, level_of
from sessions.viewers.log import CHARACTERS_PER_WINDOW, Line
from sessions.viewers.log_index import LEVELS, LogIndex
from sessions.viewers.long_line import LONGEST_LINE, shortened
from sessions.viewers.shown import printable, with_line_ends
from sessions.viewers.stamps import StampReader

# A block of more bytes is one line, of which this much is read.
LARGEST_BLOCK = 2 * 1024 * 1024
# In a log of several clocks this many blocks may hold the nearest time.
MOST_CANDIDATES = 4


def line_at(file: IO[bytes], index: LogIndex, seconds: float) -> int | None:
    """The line with the latest stamp up to a time; of several, the last one. None before the first stamp."""
    best: tuple[float, int] | None = None
    for place in _candidates(index, seconds):
        for line in _lines_of(file, index, place, needs_stamp=True):
            if line.seconds is not None and line.seconds <= seconds and (line.seconds, line.number) > (best or (0, 0)):
                best = (line.seconds, line.number)
    return best[1] if best else None


def _candidates(index: LogIndex, seconds: float) -> list[int]:
    """The blocks in which the stamp may be: those around the time, and the one that ends latest before it."""
    earlier = [
        (block.high, place)
        for place, block in enumerate(index.blocks)
        if block.high is not None and block.high <= seconds
    ]
    around = [
        (block.low, place)
        for place, block in enumerate(index.blocks)
        if block.low is not None and block.high is not None and block.low <= seconds < block.high
    ]
    return [place for _, place in [*sorted(around)[-MOST_CANDIDATES:], *sorted(earlier)[-1:]]]


def lines_around(
    file: IO[bytes], index: LogIndex, line: int, before: int, after: int, levels: Collection[Level] = ()
) -> list[Line]:
    """Up to `before` lines before a line and up to `after` from it on, of these levels, or of all."""
    if not index.blocks:
        return []
    place = index.block_at(line)
    here = _passing(file, index, place, levels)
    earlier = [one for one in here if one.number < line]
    later = [one for one in here if one.number >= line]
    back, on = place, place
    while len(earlier) < before and (back := _neighbour(index, back, -1, levels)) >= 0:
        earlier = _passing(file, index, back, levels) + earlier
    while len(later) < after and (on := _neighbour(index, on, 1, levels)) < len(index.blocks):
        later += _passing(file, index, on, levels)
    return _fitting(earlier[-before:] if before else [], later[:after])


def _neighbour(index: LogIndex, place: int, step: int, levels: Collection[Level]) -> int:
    """The next block that holds any of the levels, in one direction; beyond the blocks where there is none."""
    wanted = [number for number, level in enumerate(LEVELS) if not levels or level in levels]
    place += step
    while 0 <= place < len(index.blocks) and not any(index.blocks[place].counts[number] for number in wanted):
        place += step
    return place


def _fitting(earlier: list[Line], later: list[Line]) -> list[Line]:
    """As many as a page may hold, nearest to the middle."""
    left = CHARACTERS_PER_WINDOW
    kept_later: list[Line] = []
    kept_earlier: list[Line] = []
    for kept, lines, share in ((kept_later, later, 2), (kept_earlier, earlier[::-1], 1)):
        room = left // share if earlier and later else left
        for line in lines:
            room -= len(line.text)
            if room < 0 and kept:
                break
            kept.append(line)
            left -= len(line.text)
    return kept_earlier[::-1] + kept_later


def _passing(file: IO[bytes], index: LogIndex, place: int, levels: Collection[Level]) -> list[Line]:
    return [line for line in _lines_of(file, index, place) if not levels or line.level in levels]


def _lines_of(file: IO[bytes], index: LogIndex, place: int, *, needs_stamp: bool = False) -> Iterator[Line]:
    """The lines of a block. Those without a stamp have that of the line before; `needs_stamp` leaves them out."""
    block = index.blocks[place]
    reader = StampReader(index.stamps, block.before) if index.stamps else None
    seconds = block.before
    for number, raw in enumerate(_texts(file, index, place), start=block.line):
        text = printable(raw)
        stamp = reader.read(text) if reader else None
        if stamp is not None:
            seconds = stamp
        elif needs_stamp:
            continue
        shown = shortened(text, "")
        runs = coloured(raw) if shown is text else ()
        yield Line(number, shown, level_of(text), runs=runs, seconds=seconds, continues=stamp is None)


def _texts(file: IO[bytes], index: LogIndex, place: int) -> list[str]:
    block = index.blocks[place]
    end = index.blocks[place + 1].offset if place + 1 < len(index.blocks) else index.size
    size = end - block.offset
    file.seek(block.offset)
    if size > LARGEST_BLOCK:
        beginning = file.read(4 * LONGEST_LINE).decode(index.codec, "replace")[: LONGEST_LINE - 100]
        return [f"{beginning} … {size:,} bytes in this line"]
    return with_line_ends(file.read(size).decode(index.codec, "replace")).removesuffix("\n").split("\n")


def with_seconds(file: IO[bytes], index: LogIndex, lines: list[Line]) -> list[Line]:
    """Lines that were found by a search, with their times."""
    if index.stamps is None:
        return lines
    placed: list[Line] = []
    known: tuple[int, dict[int, float | None]] = (-1, {})
    for line in lines:
        place = index.block_at(line.number)
        stamp = seconds = StampReader(index.stamps, index.blocks[place].before).read(line.text)
        if stamp is None:
            if known[0] != place:
                known = place, {one.number: one.seconds for one in _lines_of(file, index, place)}
            seconds = known[1].get(line.number)
        placed.append(replace(line, seconds=seconds, continues=stamp is None))
    return placed
