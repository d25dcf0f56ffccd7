"""What became of one thing between the first session and the second, and which part of a text is another one."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sessions.viewers.differing.steady import steady

# Characters that are shown before, of and after the part that differs.
LONGEST_START = 160
LONGEST_PART = 400

_BLANKS = re.compile(r"(\s++)")


class Change(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"


class Parts(NamedTuple):
    """A text around the part in which another text differs from it. Each is cut where it is long."""

    before: str
    differing: str
    after: str


def parts(first: str, second: str) -> tuple[Parts, Parts]:
    """Both texts around what differs in them besides volatile parts: whole words, or a number or name within a word."""
    words, other_words = _BLANKS.split(first), _BLANKS.split(second)
    keys, other_keys = [steady(word) for word in words], [steady(word) for word in other_words]
    start, end = _ends(keys, other_keys)
    if len(words) == len(other_words) == start + end + 1:
        within, other_within = _within(words[start], other_words[start])
    else:
        within, other_within = (Parts("", "".join(some[start : len(some) - end]), "") for some in (words, other_words))
    return _around(words, start, end, within), _around(other_words, start, end, other_within)


def whole(text: str) -> Parts:
    return Parts(_cut(text, LONGEST_PART), "", "")


def _within(word: str, other: str) -> tuple[Parts, Parts]:
    start, end = _ends(word, other)
    while start and word[start - 1].isalnum():
        start -= 1
    while end and word[len(word) - end].isalnum():
        end -= 1
    part, other_part = (Parts(one[:start], one[start : len(one) - end], one[len(one) - end :]) for one in (word, other))
    return part, other_part


def _ends(first: Sequence[str], second: Sequence[str]) -> tuple[int, int]:
    """How many items both begin with, and of the rest, how many they end with."""
    shorter = min(len(first), len(second))
    start = 0
    while start < shorter and first[start] == second[start]:
        start += 1
    end = 0
    while end < shorter - start and first[-1 - end] == second[-1 - end]:
        end += 1
    return start, end


def _around(words: list[str], start: int, end: int, within: Parts) -> Parts:
    before = "".join(words[:start]) + within.before
    after = within.after + "".join(words[len(words) - end :])
    if len(before) > LONGEST_START:
        before = f"… {before[-LONGEST_START:]}"
    return Parts(before, _cut(within.differing, LONGEST_PART), _cut(after, LONGEST_START))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} …"
