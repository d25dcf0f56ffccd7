"""The rows of a comparison as a page shows them: long runs without a difference folded, and so many at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sessions.viewers.differing.change import Change

# Rows without a difference that stand around each row with one.
CONTEXT = 3
ROWS_ON_A_PAGE = 500


class Row(Protocol):
    @property
    def change(self) -> Change: ...


@dataclass(frozen=True)
class Fold:
    """So many rows without a difference, which are not shown."""

    count: int


@dataclass(frozen=True)
class Rows:
    """`shown` from the row `start` on, counted from 0. A neighbour that is None does not exist."""

    shown: Sequence[Row | Fold]
    counts: dict[Change, int]
    start: int
    total: int
    is_folded: bool

    @property
    def is_all_the_same(self) -> bool:
        return not any(count for change, count in self.counts.items() if change is not Change.SAME)

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def last(self) -> int:
        return self.start + len(self.shown)

    @property
    def previous(self) -> int | None:
        return max(self.start - ROWS_ON_A_PAGE, 0) if self.start else None

    @property
    def next(self) -> int | None:
        return self.last if self.last < self.total else None


def rows_to_show(rows: Sequence[Row], start: int, *, unfolded: bool) -> Rows:
    """The page that holds the row `start`, or the last one."""
    counts = Counter(row.change for row in rows)
    folded = rows if unfolded else [*_folded(rows)]
    place = min(start, max(len(folded) - 1, 0)) // ROWS_ON_A_PAGE * ROWS_ON_A_PAGE
    shown = folded[place : place + ROWS_ON_A_PAGE]
    return Rows(shown, {change: counts[change] for change in Change}, place, len(folded), len(folded) < len(rows))


def _folded(rows: Sequence[Row]) -> Iterator[Row | Fold]:
    """A fold is worth its own row only where it takes away two."""
    done = 0
    differing = [at for at, row in enumerate(rows) if row.change is not Change.SAME]
    for at in [*differing, len(rows)]:
        before = done + CONTEXT if done else 0
        after = at - CONTEXT if at < len(rows) else at
        if after - before >= 2:
            yield from rows[done:before]
            yield Fold(after - before)
            yield from rows[after:at]
        else:
            yield from rows[done:at]
        if at < len(rows):
            yield rows[at]
        done = at + 1
