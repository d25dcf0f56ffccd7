"""Which part of a usage the roll-ups answer (`roll_up`), and which sessions must be read.

Roll-ups are of whole days: one for the organisation, and one for each user, token, app and device that was busy on the
day. The rest is read: days that are not counted, the few sessions of all others, and combinations of filters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sessions.models.dimensions import OWNERS, ROLLED_UP, Kind
from sessions.models.keys import ident_of, key, kind_of
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.criteria import Criteria, Parameters
from sessions.query.criteria.groups import COLUMNS

# Each key is looked up for each day.
MOST_KEYS = 50
COUNTED_KINDS = {dimension.kind for dimension in ROLLED_UP}
# A person's sessions and those of a token can be added up: see COUNTS.
OWNER_KINDS = {dimension.kind for dimension in OWNERS}

# Whether the counts of the day `d` still hold: see CountedDay.
HOLDS = """
    d.counted_at IS NOT NULL AND (d.silent_since IS NULL OR d.silent_since < %(lost_before)s)
    AND NOT EXISTS (
        SELECT FROM history_changedday changed
        WHERE changed.organisation_id = d.organisation_id
          AND changed.day >= (d.start_at AT TIME ZONE 'UTC')::date
          AND changed.day::timestamp AT TIME ZONE 'UTC' < d.end_at
    )
"""
# Uses the unique index countedday_once and the primary key of history_daycount. If a user's sessions were sent with one
# of the tokens that are asked for, they count as the token's, and the count of the user cannot be used.
COUNTS = f"""
    SELECT asked.day, d.id, d.version, c.key
    FROM unnest(%(days)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS asked (day, start_at, end_at)
    JOIN history_countedday d
      ON d.organisation_id = %(organisation)s AND d.start_at = asked.start_at AND d.end_at = asked.end_at
    JOIN history_daycount c ON c.counted_day_id = d.id AND c.key = ANY(%(keys)s)
    WHERE {HOLDS} AND (%(tokens)s::bigint[] = '{{}}' OR NOT c.others && %(tokens)s::bigint[])
"""


@dataclass(frozen=True)
class Day:
    """The part of a day that is asked for. Only a day that `is_whole` can have been counted."""

    start: datetime
    end: datetime
    is_whole: bool


@dataclass(frozen=True)
class Count:
    """A row of `history_daycount`. `day` is the day's number in the range; `id` and `version` are its CountedDay's."""

    day: int
    id: int
    version: int
    key: int


@dataclass(frozen=True)
class Piece:
    """Sessions that must be read: those with a key, from `start` up to but without `end`."""

    key: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Parts:
    """The counts and the sessions that answer a usage. Without `keys`, every session that matches is read."""

    keys: tuple[int, ...] = ()
    counts: list[Count] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    @property
    def kinds(self) -> list[Kind]:
        return sorted({kind_of(one) for one in self.keys})

    @property
    def tokens(self) -> list[int]:
        return [one for one in self.keys if kind_of(one) == Kind.TOKEN]

    @property
    def counted_days(self) -> int:
        return len({count.id for count in self.counts})


def parts(criteria: Criteria, days: Sequence[Day]) -> Parts:
    keys = countable(criteria)
    if not keys:
        return Parts()
    whole = [number for number, day in enumerate(days) if day.is_whole]
    tokens = Parts(keys).tokens
    found = fetch_all(
        COUNTS,
        {
            "organisation": criteria.organisation_id,
            "lost_before": criteria.lost_before,
            "days": whole,
            "starts": [days[number].start for number in whole],
            "ends": [days[number].end for number in whole],
            "keys": list(keys),
            "tokens": tokens,
        },
    )
    counts = [Count(*row) for row in found]
    return Parts(keys, counts, pieces(keys, counts, days)) if counts else Parts()


def countable(criteria: Criteria) -> tuple[int, ...]:
    """The keys that are asked for, if these are counted ahead: the organisation's own, or those of one filter."""
    if criteria.is_checked or len(criteria.groups) > 1 or criteria.is_empty:
        return ()
    if not criteria.groups:
        return (key(Kind.ORGANISATION, criteria.organisation_id),)
    keys = tuple(sorted(criteria.groups[0]))
    kinds = set(Parts(keys).kinds)
    is_counted = kinds <= COUNTED_KINDS and (len(kinds) == 1 or kinds <= OWNER_KINDS)
    return keys if is_counted and len(keys) <= MOST_KEYS else ()


def pieces(keys: Sequence[int], counts: Sequence[Count], days: Sequence[Day]) -> list[Piece]:
    """The days of each key that have no count, as few ranges as possible."""
    counted = {(count.key, count.day) for count in counts}
    found: list[Piece] = []
    for one in keys:
        start: datetime | None = None
        for number, day in enumerate(days):
            is_counted = (one, number) in counted
            if start is None and not is_counted:
                start = day.start
            elif start is not None and is_counted:
                found.append(Piece(one, start, day.start))
                start = None
        if start is not None:
            found.append(Piece(one, start, days[-1].end))
    return found


def sql_counts() -> str:
    """The rows of `history_daycount`, each with its `day`."""
    return """
        SELECT used.day, c.* FROM unnest(%(counted_days)s::int[], %(counted_ids)s::bigint[], %(counted_keys)s::bigint[])
            AS used (day, id, key)
        JOIN history_daycount c ON c.counted_day_id = used.id AND c.key = used.key
    """


def sql_sessions(criteria: Criteria, chosen: Parts, columns: str) -> str:
    """Selects these columns of the sessions `s` that must be read, each session once."""
    if not chosen.keys:
        return f"SELECT {columns} FROM history_session s WHERE {criteria.sql_range()} AND {criteria.sql_matches()}"
    return " UNION ALL ".join(
        # Indexes session_newest, session_user, session_app ... Without OFFSET 0, an estimate may turn it into a scan.
        f"""
        SELECT {columns}
        FROM unnest(%(piece_idents_{kind})s::bigint[], %(piece_starts_{kind})s::timestamptz[],
                    %(piece_ends_{kind})s::timestamptz[]) AS piece (ident, start_at, end_at)
        CROSS JOIN LATERAL (
            SELECT * FROM history_session s
            WHERE {"s.organisation_id" if kind == Kind.ORGANISATION else COLUMNS[kind]} = piece.ident
              AND s.occurred_at >= piece.start_at AND s.occurred_at < piece.end_at
              AND {"(s.token_id = ANY(%(tokens)s)) IS NOT TRUE" if kind == Kind.USER else "TRUE"}
            OFFSET 0
        ) s
        """
        for kind in chosen.kinds
    )


def parameters_of(chosen: Parts) -> Parameters:
    """The parameters of the statements above, without those of the criteria."""
    parameters: Parameters = {
        "counted_days": [count.day for count in chosen.counts],
        "counted_ids": [count.id for count in chosen.counts],
        "counted_versions": [count.version for count in chosen.counts],
        "counted_keys": [count.key for count in chosen.counts],
        "tokens": [ident_of(token) for token in chosen.tokens],
    }
    for kind in chosen.kinds:
        of_kind = [piece for piece in chosen.pieces if kind_of(piece.key) == kind]
        parameters[f"piece_idents_{kind}"] = [ident_of(piece.key) for piece in of_kind]
        parameters[f"piece_starts_{kind}"] = [piece.start for piece in of_kind]
        parameters[f"piece_ends_{kind}"] = [piece.end for piece in of_kind]
    return parameters
