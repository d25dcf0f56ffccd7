"""Which part of a question about some days the roll-ups answer (`roll_up`), and which sessions must be read.

Counted are whole days of everything, and of users, tokens, apps or devices that were busy that day. All else is
read: the days that are not counted, the others' few sessions, and what no count was made for, as combinations of
filters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sessions.models.keys import Kind, ident_of, key, kind_of
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.criteria import Criteria, Parameters
from sessions.query.criteria.groups import COLUMNS

# Each is looked up on each day.
MOST_KEYS = 50

# That what was counted of the day `d` still holds: see CountedDay.
HOLDS = """
    d.counted_at IS NOT NULL AND (d.silent_since IS NULL OR d.silent_since < %(lost_before)s)
    AND NOT EXISTS (
        SELECT FROM history_changedday changed
        WHERE changed.organisation_id = d.organisation_id
          AND changed.day >= (d.start_at AT TIME ZONE 'UTC')::date
          AND changed.day::timestamp AT TIME ZONE 'UTC' < d.end_at
    )
"""
# By the unique index countedday_once and the primary key of history_daycount. A user's sessions that one of the asked
# tokens sent count with the token: where there are some, the count of the user is of no use.
COUNTS = """
    SELECT asked.day, d.id, d.version, c.key
    FROM unnest(%(days)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS asked (day, start_at, end_at)
    JOIN history_countedday d
      ON d.organisation_id = %(organisation)s AND d.start_at = asked.start_at AND d.end_at = asked.end_at
    JOIN history_daycount c ON c.counted_day_id = d.id AND c.key = ANY(%(keys)s)
    WHERE {holds} AND {alone}
"""


@dataclass(frozen=True)
class Day:
    """A day's part of what is asked. Only a day that `is_whole` can have been counted."""

    start: datetime
    end: datetime
    is_whole: bool


@dataclass(frozen=True)
class Count:
    """Row `key` of the counts of a day, which is given by its number in what was asked, and by id and version."""

    day: int
    id: int
    version: int
    key: int


@dataclass(frozen=True)
class Piece:
    """Sessions that are to be read: those of a key from `start` up to but without `end`."""

    key: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Parts:
    """What answers the question. Without `keys` it is all that matches the criteria."""

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
        COUNTS.format(holds=HOLDS, alone="NOT c.others && %(tokens)s::bigint[]" if tokens else "TRUE"),
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
    """The keys whose sessions are asked for, if counts are made of such: all of the organisation's, or one filter."""
    if criteria.statuses or criteria.exact or len(criteria.groups) > 1 or criteria.is_empty:
        return ()
    if not criteria.groups:
        return (key(Kind.ORGANISATION, criteria.organisation_id),)
    keys = tuple(sorted(criteria.groups[0]))
    kinds = set(Parts(keys).kinds)
    is_counted = kinds <= {Kind.USER, Kind.TOKEN} or kinds in ({Kind.APP}, {Kind.DEVICE})
    return keys if is_counted and len(keys) <= MOST_KEYS else ()


def pieces(keys: Sequence[int], counts: Sequence[Count], days: Sequence[Day]) -> list[Piece]:
    """Of each key the days without a count, as few ranges as they make."""
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
    """Of the sessions that are to be read these columns of `s`; each session once."""
    if not chosen.keys:
        return f"SELECT {columns} FROM history_session s WHERE {criteria.sql_range()} AND {criteria.sql_matches()}"
    return " UNION ALL ".join(
        # Indexes session_newest, session_user, session_app ... OFFSET 0: or an estimate may turn it into a scan.
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
    """What the statements above ask, but for the criteria's own parameters."""
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
