"""Groups of keys, and the columns that they are about. A row meets a group if it has one of its keys."""

from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sessions.models.dimensions import DIMENSIONS, OF_KIND, Kind
from sessions.models.keys import KIND_BITS, NUMBERS, VALUES_PER_ORGANISATION, TextKey, ident_of, key, kind_of
from sessions.query import tuning

Group = frozenset[int]

COLUMNS = {dimension.kind: f"s.{dimension.column}" for dimension in DIMENSIONS if dimension.column}
# The words of vocabularies, by their numbers.
WORDS = {kind: {number: word for word, number in numbers.items()} for kind, numbers in NUMBERS.items()}


def is_small(group: Group) -> bool:
    return len(group) <= tuning.FEW_KEYS


def has_several_flags(group: Group) -> bool:
    """Whether a row can have two keys of the group that are of one kind, which only flags allow."""
    return len(by_kind(group).get(Kind.FLAG, ())) > 1


@lru_cache(maxsize=64)
def by_kind(group: Group) -> Mapping[Kind, list[Any]]:
    """The values of a group by kind, as the columns hold them: ids, words, or texts.

    They are cached for the rest of a request, since a search can find thousands.
    """
    values: dict[Kind, list[Any]] = {}
    keys, start = sorted(group), 0
    while start < len(keys):
        kind = kind_of(keys[start])
        end = bisect_left(keys, (kind + 1) << KIND_BITS, start)
        of_kind = keys[start:end]
        if OF_KIND[kind].is_text:
            values[kind] = [one.text for one in of_kind if isinstance(one, TextKey)]
        elif kind in WORDS:
            values[kind] = [WORDS[kind][ident_of(one) % VALUES_PER_ORGANISATION] for one in of_kind]
        else:
            first = key(kind, 0)
            values[kind] = [one - first for one in of_kind]
        start = end
    return values
