"""The numbers under which a session is found: one for each value of a dimension that it has.

A key is `kind << 40 | id`. Each session row stores its keys once more with the
7-day period it took place in (`period << 48 | key`), in one array under one GIN
index. Asked period by period, newest first, that index answers any combination
of filters, however rarely it occurs, at a cost that does not depend on where
the matches lie. Ids of small tables are unique across organisations; words of
vocabularies are not, so their id carries the organisation's.
"""

from datetime import UTC, datetime

from sessions.models.dimensions import DIMENSIONS, OF_KIND, Dimension, Kind

PERIOD_SECONDS = 7 * 24 * 3600
KIND_BITS = 40
PERIOD_BITS = 48
VALUES_PER_ORGANISATION = 16

# A search that matches everything asks thousands of times: a look here takes a fifth of the time of `Kind(number)`.
KINDS = {kind.value: kind for kind in Kind}

# A word's number within its kind; append only, since rows store it.
NUMBERS: dict[Kind, dict[str, int]] = {
    dimension.kind: {word: number for number, word in enumerate(dimension.words)}
    for dimension in DIMENSIONS
    if dimension.vocabulary
}


def key(kind: Kind, ident: int) -> int:
    return kind << KIND_BITS | ident


def value_key(kind: Kind, organisation_id: int, value: str) -> int:
    """The key of a word of a vocabulary. Words are numbered within their organisation."""
    return key(kind, organisation_id * VALUES_PER_ORGANISATION + NUMBERS[kind][value])


def kind_of(key: int) -> Kind:
    return KINDS[key >> KIND_BITS]


def ident_of(key: int) -> int:
    return key & (1 << KIND_BITS) - 1


def period_of(moment: datetime) -> int:
    """The number that the database computes for `occurred_at`."""
    return int((moment - period_start(0)).total_seconds() // PERIOD_SECONDS)


def period_start(period: int) -> datetime:
    """Periods are counted from 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(period * PERIOD_SECONDS, UTC)


def sql_period(moment: str) -> str:
    """The SQL of the period that a moment lies in."""
    return f"floor(extract(epoch FROM ({moment} - '1970-01-01 00:00:00+00'::timestamptz)) / {PERIOD_SECONDS})::bigint"


def sql_keys() -> str:
    """The SQL of the generated column `keys`: the same numbers, computed by PostgreSQL from a session's row."""
    period = f"{sql_period('coalesce(started_at, requested_at)')} << {PERIOD_BITS}"
    keys = [
        sql_key.format(f"{period} | {kind << KIND_BITS}")
        for kind, dimension in sorted(OF_KIND.items())
        for sql_key in _sql_keys(dimension)
    ]
    return f"array_remove(ARRAY[{', '.join(keys)}]::bigint[], NULL)"


def _sql_keys(dimension: Dimension) -> list[str]:
    """The keys of a session in this dimension, whose {} is the period and the kind."""
    if dimension.has_ids:
        return [f"({{}} | {dimension.column})"]
    first, numbers = f"organisation_id * {VALUES_PER_ORGANISATION}", NUMBERS[dimension.kind].items()
    if dimension.column:
        cases = " ".join(f"WHEN '{word}' THEN {number}" for word, number in numbers)
        return [f"({{}} | ({first} + CASE {dimension.column} {cases} END))"]
    return [f"CASE WHEN {flag} THEN ({{}} | ({first} + {number})) END" for flag, number in numbers]
