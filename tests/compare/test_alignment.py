"""Two sequences side by side: right for all, good for what people write, and quick for what is meant to be slow."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.differing.alignment import aligned, matches
from tests.linear.cost import assert_linear

WORDS = st.lists(st.sampled_from("abcde"), max_size=40)
LENGTH = 1_000

Hostile = Callable[[int], tuple[Sequence[int], Sequence[int]]]


def side_by_side(first: str, second: str) -> str:
    """`aligned` as text: `=a`, `-a`, `+a`."""
    pairs = aligned(first, second, lambda item: item)
    return " ".join(f"-{one}" if other is None else f"+{other}" if one is None else f"={one}" for one, other in pairs)


@given(WORDS, WORDS)
def test_every_item_is_there_once_in_order_and_only_equal_ones_are_pairs(first: list[str], second: list[str]) -> None:
    pairs = aligned(first, second, lambda item: item)
    assert [pair.first for pair in pairs if pair.first is not None] == first
    assert [pair.second for pair in pairs if pair.second is not None] == second
    assert all(pair.first == pair.second for pair in pairs if None not in pair)


@given(WORDS, WORDS)
def test_places_increase_in_both_sequences(first: list[str], second: list[str]) -> None:
    found = matches(first, second)
    assert found == sorted(found)
    assert len({place for place, _ in found}) == len({place for _, place in found}) == len(found)


@given(WORDS)
def test_a_sequence_is_the_same_as_itself(items: list[str]) -> None:
    assert matches(items, items) == [(place, place) for place in range(len(items))]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("", "", ""),
        ("", "ab", "+a +b"),
        ("ab", "", "-a -b"),
        ("abc", "axc", "=a -b +x =c"),
        ("abcd", "bcde", "-a =b =c =d +e"),
        ("aaa", "aa", "=a =a -a"),
        ("abab", "baba", "-a =b =a =b +a"),
        ("aXbYc", "aXYbc", "=a =X -b =Y +b =c"),
    ],
)
def test_what_is_missing_and_what_was_added(first: str, second: str, expected: str) -> None:
    assert side_by_side(first, second) == expected


def test_a_long_insertion_does_not_hide_what_comes_after_it() -> None:
    """It is longer than the edits that are tried at once, and its lines occur before and after it as well."""
    common = [f"request {number}" if number % 10 == 0 else f"line {number % 7}" for number in range(500)]
    inserted = [f"line {number % 7}" for number in range(400)]
    pairs = aligned(common, [*common[:250], *inserted, *common[250:]], lambda line: line)
    assert sum(None not in pair for pair in pairs) == len(common)


def test_what_the_first_key_leaves_is_paired_by_the_next_one() -> None:
    first, second = ["a1", "b1", "c1"], ["a1", "x1", "b2", "c1"]
    pairs = aligned(first, second, lambda item: item, lambda item: item[0])
    assert [tuple(pair) for pair in pairs] == [("a1", "a1"), (None, "x1"), ("b1", "b2"), ("c1", "c1")]


HOSTILE: dict[str, Hostile] = {
    "one item": lambda size: ([0] * size, [0] * size),
    "one item, half as often": lambda size: ([0] * size, [0] * (size // 2)),
    "nothing in common": lambda size: ([0] * size, [1] * size),
    "the other way round": lambda size: (range(size), range(size, 0, -1)),
    "twice each, the other way round": lambda size: (
        [at // 2 for at in range(size)],
        [at // 2 for at in range(size, 0, -1)],
    ),
    "two items at random": lambda size: (at_random(1, 2, size), at_random(2, 2, size)),
    "a hundred items at random": lambda size: (at_random(1, 100, size), at_random(2, 100, size)),
    "shuffled": lambda size: (range(size), random.Random(1).sample(range(size), size)),
    "periods": lambda size: ([at % 50 for at in range(size)], [at * 7 % 50 for at in range(size)]),
    "two halves exchanged": lambda size: ([0] * size + [1] * size, [1] * size + [0] * size),
}


def at_random(seed: int, kinds: int, size: int) -> list[int]:
    return random.Random(seed).choices(range(kinds), k=size)


@pytest.mark.parametrize("shape", HOSTILE)
def test_time_grows_with_the_length_whatever_the_shape(shape: str) -> None:
    def run(size: int) -> Callable[[], object]:
        first, second = HOSTILE[shape](size)
        return lambda: aligned(first, second, lambda item: item, lambda item: item % 3)

    assert_linear(run, LENGTH, shape)
