"""The numbers under which a session is found: one for each value of a dimension that it has.

A key is `kind << 40 | id`. Each session row stores its keys once more with the
7-day period it took place in (`period << 48 | key`), in one array under one GIN
index. Asked period by period, newest first, that index answers any combination
of filters, however rarely it occurs, at a cost that does not depend on where
the matches lie. Ids of small tables are unique across organisations; words of
vocabularies are not, so their id carries the organisation's. The id of a text is
a hash of it and the organisation, which only PostgreSQL computes.

The column `keys` has the first eight kinds, for ever: to change a generated
column is to rewrite the table under a lock. The index adds the keys of later
kinds by itself, so a new kind takes a new index, which is built beside the work
of others and has every session that is there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Self

from sessions.models.dimensions import DIMENSIONS, OF_KIND, Dimension, Kind

PERIOD_SECONDS = 7 * 24 * 3600
KIND_BITS = 40
IDENT = (1 << KIND_BITS) - 1
PERIOD_BITS = 48
VALUES_PER_ORGANISATION = 16

LAST_KIND_IN_COLUMN = Kind.FLAG
# An index with more keys has another name, so that both are there while the new one is built.
KEYS_INDEX = "session_keys" if max(OF_KIND) == LAST_KIND_IN_COLUMN else f"session_keys_{max(OF_KIND):d}"

# A search that matches everything asks thousands of times: a look here takes a fifth of the time of `Kind(number)`.
KINDS = {kind.value: kind for kind in Kind}

# A word's number within its kind; append only, since rows store it.
NUMBERS: dict[Kind, dict[str, int]] = {
    dimension.kind: {word: number for number, word in enumerate(dimension.words)}
    for dimension in DIMENSIONS
    if dimension.vocabulary
}


class TextKey(int):
    """The key of a text, with the text: two texts can have one hash, so rows are compared with the text itself."""

    text: str

    def __new__(cls, key: int, text: str) -> Self:
        made = super().__new__(cls, key)
        made.text = text
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextKey) and int(self) == int(other) and self.text == other.text

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__

    def __repr__(self) -> str:
        return f"{int(self)} {self.text!r}"


def key(kind: Kind, ident: int) -> int:
    return kind << KIND_BITS | ident


def value_key(kind: Kind, organisation_id: int, value: str) -> int:
    """The key of a word of a vocabulary. Words are numbered within their organisation."""
    return key(kind, organisation_id * VALUES_PER_ORGANISATION + NUMBERS[kind][value])


def kind_of(key: int) -> Kind:
    return KINDS[key >> KIND_BITS]


def ident_of(key: int) -> int:
    return key & IDENT


def period_of(moment: datetime) -> int:
    """The number that the database computes for `occurred_at`."""
    return int((moment - period_start(0)).total_seconds() // PERIOD_SECONDS)


def period_start(period: int) -> datetime:
    """Periods are counted from 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(period * PERIOD_SECONDS, UTC)


def sql_period(moment: str) -> str:
    """The SQL of the period that a moment lies in."""
    return f"floor(extract(epoch FROM ({moment} - '1970-01-01 00:00:00+00'::timestamptz)) / {PERIOD_SECONDS})::bigint"


def sql_text_ident(text: str, organisation: str) -> str:
    return f"(hashtextextended({text}, {organisation}) & {IDENT})"


def sql_keys() -> str:
    """The SQL of the generated column `keys`: the same numbers, computed by PostgreSQL from a session's row."""
    kinds = [kind for kind in OF_KIND if kind <= LAST_KIND_IN_COLUMN]
    return _sql_array("coalesce(started_at, requested_at)", sorted(kinds))


def sql_indexed_keys() -> str:
    """The SQL of all keys of a session, as the index KEYS_INDEX has them and as a query must spell them."""
    kinds = [kind for kind in OF_KIND if kind > LAST_KIND_IN_COLUMN]
    return f"(keys || {_sql_array('occurred_at', sorted(kinds))})" if kinds else "keys"


def _sql_array(moment: str, kinds: Iterable[Kind]) -> str:
    firsts = {kind: f"{sql_period(moment)} << {PERIOD_BITS} | {kind << KIND_BITS}" for kind in kinds}
    keys = [
        sql_key.format(first)
        for kind, first in firsts.items()
        if not OF_KIND[kind].is_map
        for sql_key in _sql_keys(OF_KIND[kind])
    ]
    # The migration 0024 has the function: an index cannot hold a query.
    maps = [
        f" || history_keys_of_texts({first}, organisation_id, {OF_KIND[kind].column})"
        for kind, first in firsts.items()
        if OF_KIND[kind].is_map
    ]
    return f"array_remove(ARRAY[{', '.join(keys)}]::bigint[], NULL){''.join(maps)}"


def _sql_keys(dimension: Dimension) -> list[str]:
    """The keys of a session in this dimension, whose {} is the period and the kind."""
    if dimension.has_ids:
        return [f"({{}} | {dimension.column})"]
    if dimension.is_text:
        return [f"({{}} | {sql_text_ident(dimension.column, 'organisation_id')})"]
    first, numbers = f"organisation_id * {VALUES_PER_ORGANISATION}", NUMBERS[dimension.kind].items()
    if dimension.column:
        cases = " ".join(f"WHEN '{word}' THEN {number}" for word, number in numbers)
        return [f"({{}} | ({first} + CASE {dimension.column} {cases} END))"]
    return [f"CASE WHEN {flag} THEN ({{}} | ({first} + {number})) END" for flag, number in numbers]
