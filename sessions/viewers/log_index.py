"""The index of a log, made in one pass: where its lines lie, in bytes and in time, and what their levels are.

It knows nothing of the session that the log belongs to. Times are as the log states them (`stamps.py`).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import IO

import msgspec

from sessions.viewers.byte_lines import Piece, codec_of, pieces
from sessions.viewers.levels import Level, level_of
from sessions.viewers.shown import printable
from sessions.viewers.stamps import StampFormat, StampReader, format_of

VERSION = 1
# With this many blocks an index takes about 200 KB. In a log of 200 MB a block has 50 KB then.
MOST_BLOCKS = 4_000
MOST_ERRORS = 200
# So many stamps of a block are read: its levels take most of the time, and these would take as much again.
STAMPS_IN_BLOCK = 24
# What is read to find out in which format the stamps are: from the beginning, the middle and near the end.
SAMPLE = 64 * 1024
# A line without a stamp has that of the line before it, which is looked for among this many lines.
FURTHEST_STAMP = 500
# Several processes that write one file are late by less than this, in seconds.
LEAST_JUMP = 60.0
MOST_JUMPS = 20
LEVELS = tuple(Level)


class Block(msgspec.Struct, array_like=True):
    """Lines that follow each other: where the first one is, the last stamp before it, the earliest and the latest of
    its own, and counts by LEVELS. A stamp is None where there is none."""

    offset: int
    line: int
    before: float | None
    low: float | None
    high: float | None
    counts: tuple[int, ...]

    @property
    def span(self) -> tuple[float | None, float | None]:
        """From when to when its lines are: without a stamp, they belong to what was before."""
        return (self.before, self.before) if self.low is None else (self.low, self.high)


class ErrorLine(msgspec.Struct, array_like=True):
    number: int
    offset: int
    time: float | None


class Jump(msgspec.Struct, array_like=True):
    """Where the log's clock goes back: near which line, and from when to when."""

    line: int
    before: float
    after: float


class LogIndex(msgspec.Struct):
    """`stamped` is the share of lines that have a stamp; `opening` is the first one, `low` and `high` the outermost."""

    codec: str
    size: int
    total: int
    blocks: list[Block]
    errors: list[ErrorLine]
    jumps: list[Jump]
    stamps: StampFormat | None
    stamped: float
    opening: float | None
    low: float | None
    high: float | None

    @property
    def counts(self) -> dict[Level, int]:
        totals = [sum(counts) for counts in zip(*(block.counts for block in self.blocks), strict=True)]
        return dict(zip(LEVELS, totals or [0] * len(LEVELS), strict=True))

    def block_at(self, line: int) -> int:
        """The place of the block that holds a line, or of the last one; there must be one."""
        return max(bisect_right(self.blocks, line, key=lambda block: block.line) - 1, 0)


def index_log(file: IO[bytes], size: int, encoding: str) -> LogIndex:
    """One pass, in memory that does not grow with the file."""
    file.seek(0)
    codec, start = codec_of(encoding, file.read(4))
    stamps = format_of(_sample(file, codec, start, size))
    builder = _Builder(stamps, max(size // MOST_BLOCKS, 1))
    for piece in pieces(file, codec, start):
        builder.add(piece)
    return builder.index(codec, size)


def _sample(file: IO[bytes], codec: str, start: int, size: int) -> Iterator[str]:
    for place in dict.fromkeys((start, size // 2, size - SAMPLE)):
        if place < start or (place > start and size < 3 * SAMPLE):
            continue
        file.seek(place - (place - start) % 4)
        text = printable(file.read(SAMPLE).decode(codec, "replace"))
        # The last line is cut, and from the middle on so is the first.
        lines = text.splitlines()
        yield from lines if len(lines) < 3 else lines[place > start : -1]


class _Builder:
    def __init__(self, stamps: StampFormat | None, block_bytes: int) -> None:
        self._stamps = stamps
        self._reader = StampReader(stamps) if stamps else None
        self._block_bytes = block_bytes
        self._blocks: list[Block] = []
        self._errors: list[ErrorLine] = []
        self._jumps: list[Jump] = []
        self._total = 0
        self._opening: float | None = None
        self._time: float | None = None
        self._read = self._found = 0

    def add(self, piece: Piece) -> None:
        lines = printable(piece.text).split("\n")
        offset = piece.offset
        first = length = 0
        for place, each in enumerate(piece.lengths, start=1):
            length += each
            if length >= self._block_bytes or place == len(lines):
                self._add_block(lines[first:place], piece.lengths[first:place], offset)
                offset, first, length = offset + length, place, 0

    def _add_block(self, lines: list[str], lengths: list[int], offset: int) -> None:
        before, number = self._time, self._total + 1
        low, high = self._times(lines, number)
        levels = [level_of(line) for line in lines]
        counts = tuple(levels.count(level) for level in LEVELS)
        if counts[0] and len(self._errors) < MOST_ERRORS:
            self._note_errors(lines, lengths, levels, Block(offset, number, before, low, high, counts))
        self._blocks.append(Block(offset, number, before, low, high, counts))
        self._total += len(lines)

    def _times(self, lines: list[str], number: int) -> tuple[float | None, float | None]:
        """The earliest and the latest stamp, of some of the lines where there are many, the last one among them."""
        if self._reader is None:
            return None, None
        low = high = None
        step = -(-len(lines) // STAMPS_IN_BLOCK)
        for start in range(0, len(lines), step):
            # The first of these lines that has one: behind an error follow those of its trace.
            for place in range(start, min(start + step, len(lines))):
                stamp = self._stamp(lines[place])
                if stamp is not None:
                    self._turn(stamp, number + place)
                    low = stamp if low is None else min(low, stamp)
                    high = stamp if high is None else max(high, stamp)
                    break
        if (last := self._stamp_before(lines, len(lines))) is not None:
            self._turn(last, number + len(lines) - 1)
            low, high = (last, last) if low is None or high is None else (min(low, last), max(high, last))
        return low, high

    def _stamp(self, line: str) -> float | None:
        if self._reader is None or not line:
            return None
        stamp = self._reader.read(line)
        self._read += 1
        self._found += stamp is not None
        return stamp

    def _turn(self, stamp: float, number: int) -> None:
        if self._time is not None and stamp < self._time - LEAST_JUMP and len(self._jumps) < MOST_JUMPS:
            self._jumps.append(Jump(number, self._time, stamp))
        self._time = stamp
        if self._opening is None:
            self._opening = stamp

    def _stamp_before(self, lines: Sequence[str], place: int) -> float | None:
        """That of the last line with a stamp before a place."""
        if self._reader is None:
            return None
        for line in reversed(lines[max(place - FURTHEST_STAMP, 0) : place]):
            if (stamp := self._reader.read(line)) is not None:
                return stamp
        return None

    def _note_errors(self, lines: list[str], lengths: list[int], levels: list[Level], block: Block) -> None:
        offset = block.offset
        for place, (level, length) in enumerate(zip(levels, lengths, strict=True)):
            if level is Level.ERROR:
                time = self._stamp_before(lines, place + 1)
                self._errors.append(ErrorLine(block.line + place, offset, block.before if time is None else time))
                if len(self._errors) == MOST_ERRORS:
                    return
            offset += length

    def index(self, codec: str, size: int) -> LogIndex:
        lows = [block.low for block in self._blocks if block.low is not None]
        highs = [block.high for block in self._blocks if block.high is not None]
        return LogIndex(
            codec=codec,
            size=size,
            total=self._total,
            blocks=self._blocks,
            errors=self._errors,
            jumps=self._jumps,
            stamps=self._stamps,
            stamped=self._found / self._read if self._read else 0.0,
            opening=self._opening,
            low=min(lows, default=None),
            high=max(highs, default=None),
        )
