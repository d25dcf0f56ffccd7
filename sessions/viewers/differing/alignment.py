"""Two sequences side by side: which items of one are those of the other, in order.

`difflib` compares every item with every equal one, so a thousand equal lines take a million steps. Here items that
occur once in each sequence are anchors, as in a patience diff, and what lies between two anchors is aligned by Myers's
greedy algorithm. That stops after MOST_EDITS edits, keeps the path that came furthest, and goes on from its end. The
steps are therefore at most proportional to the length of the sequences, times MOST_EDITS, whatever is in them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Key = Callable[[T], Hashable]

MOST_EDITS = 64


class Pair(NamedTuple, Generic[T]):
    """An item of each sequence; None where it has no partner."""

    first: T | None
    second: T | None


class Run(NamedTuple):
    """`length` items in a row that both sequences have, and the run before it on the same path."""

    first: int
    second: int
    length: int
    before: "Run | None"


def aligned(first: Sequence[T], second: Sequence[T], *keys: Key[T]) -> list[Pair[T]]:
    """All items in order, those with equal keys in pairs.

    Items that are left between two pairs are aligned once more by the next key, which should be a weaker one.
    """
    key, *weaker = keys
    pairs: list[Pair[T]] = []
    done_first = done_second = 0
    for at_first, at_second in matches([key(item) for item in first], [key(item) for item in second]):
        pairs += _between(first[done_first:at_first], second[done_second:at_second], weaker)
        pairs.append(Pair(first[at_first], second[at_second]))
        done_first, done_second = at_first + 1, at_second + 1
    pairs += _between(first[done_first:], second[done_second:], weaker)
    return pairs


def _between(first: Sequence[T], second: Sequence[T], keys: Sequence[Key[T]]) -> list[Pair[T]]:
    if first and second and keys:
        return aligned(first, second, *keys)
    return [*(Pair(item, None) for item in first), *(Pair(None, item) for item in second)]


def matches(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The places of equal items, increasing in both sequences."""
    # Numbers compare in one step, where two long texts that are equal are read to their ends.
    numbers = {item: number for number, item in enumerate({*first} & {*second})}
    # What only one sequence has can have no partner: without it, a long insertion costs no edits.
    places_first = [at for at, item in enumerate(first) if item in numbers]
    places_second = [at for at, item in enumerate(second) if item in numbers]
    shared_first = [numbers[first[at]] for at in places_first]
    shared_second = [numbers[second[at]] for at in places_second]
    return [(places_first[at], places_second[other]) for at, other in _matches(shared_first, shared_second)]


def _matches(first: list[int], second: list[int]) -> Iterator[tuple[int, int]]:
    done_first = done_second = 0
    for at_first, at_second in [*_anchors(first, second), (len(first), len(second))]:
        for found_first, found_second in _greedy(first[done_first:at_first], second[done_second:at_second]):
            yield done_first + found_first, done_second + found_second
        if at_first < len(first):
            yield at_first, at_second
        done_first, done_second = at_first + 1, at_second + 1


def _anchors(first: list[int], second: list[int]) -> list[tuple[int, int]]:
    """The items that occur once in each sequence: of these, the longest series whose order is the same in both."""
    count_first, count_second = Counter(first), Counter(second)
    place = {item: at for at, item in enumerate(second) if count_second[item] == 1 == count_first[item]}
    candidates = [(at, place[item]) for at, item in enumerate(first) if item in place]
    # Of the series of each length so far, the one that ends first in `second`: that place, and its last candidate.
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for number, (_, at_second) in enumerate(candidates):
        length = bisect_left(ends, at_second)
        before.append(last[length - 1] if length else None)
        if length == len(ends):
            ends.append(at_second)
            last.append(number)
        else:
            ends[length], last[length] = at_second, number
    found: list[tuple[int, int]] = []
    element = last[-1] if last else None
    while element is not None:
        found.append(candidates[element])
        element = before[element]
    return found[::-1]


def _greedy(first: list[int], second: list[int]) -> Iterator[tuple[int, int]]:
    at_first = at_second = 0
    while at_first < len(first) and at_second < len(second):
        run, at_first, at_second = _furthest(first, second, at_first, at_second)
        runs = []
        while run is not None:
            runs.append(run)
            run = run.before
        for found in reversed(runs):
            yield from ((found.first + step, found.second + step) for step in range(found.length))


def _furthest(first: list[int], second: list[int], at_first: int, at_second: int) -> tuple[Run | None, int, int]:
    """The path that gets furthest from a place with MOST_EDITS edits: its last run, and where it ends.

    A diagonal is the set of places with one difference between `x` in the first and `y` in the second sequence. On each
    only the furthest place that was reached matters.
    """
    ends: dict[int, tuple[int, Run | None]] = {1: (at_first, None)}
    shift = at_second - at_first
    for edits in range(MOST_EDITS + 1):
        for diagonal in range(-edits, edits + 1, 2):
            if diagonal == -edits or (diagonal != edits and ends[diagonal - 1][0] < ends[diagonal + 1][0]):
                x, run = ends[diagonal + 1]
            else:
                x, run = ends[diagonal - 1]
                x += 1
            y = start_second = x - diagonal + shift
            start_first = x
            while x < len(first) and y < len(second) and first[x] == second[y]:
                x, y = x + 1, y + 1
            if x > start_first:
                run = Run(start_first, start_second, x - start_first, run)
            ends[diagonal] = (x, run)
            if x >= len(first) and y >= len(second):
                return run, len(first), len(second)
    reached = []
    for diagonal, (x, run) in ends.items():
        place = min(x, len(first)), min(x - diagonal + shift, len(second))
        reached.append((sum(place), -abs(diagonal), place, run))
    _, _, (end_first, end_second), run = max(reached, key=lambda one: one[:2])
    return run, end_first, end_second
