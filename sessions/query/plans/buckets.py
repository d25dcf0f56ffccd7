"""The GIN index on (7-day bucket, key), walked bucket by bucket: it bounds any combination of clauses.

One statement walks through the buckets of about two years and ends as soon as it has found enough, so it reads no more
than its last bucket holds. It works out the buckets itself, from the first and the last session that has one of the
keys. Buckets in which nothing took place are skipped between two statements, so that one session dated 1970 costs
nothing. The planner must not know the buckets: given a list of the keys of all of them, it expected so many rows that
it read the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sessions.models.keys import PERIOD_BITS, period_start, sql_indexed_keys, sql_period
from sessions.postgresql.fetching import fetch_all
from sessions.postgresql.prepared import as_array
from sessions.query import tuning
from sessions.query.criteria.criteria import ASKED_COLUMNS, Criteria, Parameters
from sessions.query.criteria.order import Position
from sessions.query.plans.key_bounds import spanned, sql_overlap
from sessions.query.plans.search import Search

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Walk:
    """A query of the rows of each bucket, and a query of all that was found in them.

    The first one selects `sql_columns` from the rows `s` of a bucket and ends with `sql_end`; one of the two checks
    whether a row matches. The second one, `sql_answer`, selects from `found` and has no column called `near` or `far`.
    The walk ends when it has found as many rows as the parameter `limit` says, or all if `sql_limit` is empty.
    """

    criteria: Criteria
    parameters: Parameters
    descending: bool
    sql_columns: str
    sql_end: str
    sql_answer: str
    sql_order: str = "1"
    sql_limit: str = "LIMIT %(limit)s"

    def answers(self, edge: datetime | None = None) -> Iterator[list[tuple[Any, ...]]]:
        """The answer of each statement. The first one begins before `edge`, or at it if the order is ascending."""
        while True:
            rows = fetch_all(self.sql(is_edged=edge is not None), {**self.parameters, **self.keys, "edge": edge})
            yield [row[2:] for row in rows]
            near, far = rows[0][:2]
            if near is None or (near - far if self.descending else far - near) < tuning.BUCKETS_AT_ONCE:
                return
            edge = period_start(near - tuning.BUCKETS_AT_ONCE + 1 if self.descending else near + tuning.BUCKETS_AT_ONCE)

    def sql(self, *, is_edged: bool) -> str:
        edge = f"s.occurred_at {'<' if self.descending else '>='} %(edge)s" if is_edged else "TRUE"
        overlap = sql_overlap(self.criteria, spanned(self.criteria)[:1], descending=self.descending, sql_edge=edge)
        steps = "near - far" if self.descending else "far - near"
        # Each OFFSET 0 is a fence: without it, an estimate may turn the probe into a walk along another index. Buckets
        # are joined in order, and so are the rows within each bucket, so the rows that are found first are the nearest.
        return f"""
            WITH bounds AS MATERIALIZED (
                SELECT {sql_period("near")} AS near, {sql_period("far")} AS far FROM ({overlap}) overlap
            ), found AS MATERIALIZED (
                SELECT in_bucket.*
                FROM bounds
                CROSS JOIN generate_series(0, LEAST({tuning.BUCKETS_AT_ONCE - 1}, {steps})) AS step
                CROSS JOIN LATERAL (SELECT {self.sql_probes()} OFFSET 0) AS probe
                CROSS JOIN LATERAL (
                    SELECT {self.sql_columns} FROM (
                        SELECT {ASKED_COLUMNS} FROM history_session s WHERE {self.sql_probed()} OFFSET 0
                    ) s
                    WHERE {self.criteria.sql_range()} AND {self.sql_end}
                ) AS in_bucket
                {self.sql_limit}
            )
            SELECT near, far, answer.* FROM (SELECT) one LEFT JOIN bounds ON TRUE
            LEFT JOIN ({self.sql_answer}) answer ON TRUE
            ORDER BY {self.sql_order}
        """

    def sql_probes(self) -> str:
        """The keys of each probed group in the bucket that is `step` away from the near one."""
        bucket = f"(near {'-' if self.descending else '+'} step)"
        return ", ".join(
            f"ARRAY(SELECT {bucket} << {PERIOD_BITS} | k FROM unnest(%(probe_{group})s::bigint[]) AS k) AS keys_{group}"
            for group in range(len(self.probed))
        )

    def sql_probed(self) -> str:
        return " AND ".join(f"{sql_indexed_keys()} && probe.keys_{group}" for group in range(len(self.probed)))

    @property
    def probed(self) -> list[frozenset[int]]:
        small = [group for group in self.criteria.groups if len(group) <= tuning.PROBED_KEYS]
        return small or [min(self.criteria.groups, key=len)]

    @property
    def keys(self) -> Parameters:
        return {f"probe_{number}": as_array(map(int, sorted(group))) for number, group in enumerate(self.probed)}


def walk_the_buckets(search: Search) -> list[Position]:
    """Read bucket by bucket from the position on, until enough rows match."""
    edge = None
    if search.after:
        edge = search.after.date + MICROSECOND if search.order.first.descending else search.after.date
    positions: list[Position] = []
    for rows in walk_of(search).answers(edge):
        positions += positions_in(rows)
        if len(positions) >= search.limit:
            break
    return positions[: search.limit]


def sort_the_buckets(search: Search) -> list[Position]:
    """Read all buckets, and sort everything that matches."""
    order = search.order
    walk = walk_of(
        search, sql_answer=f"SELECT * FROM found ORDER BY {order.sql_of_values()} LIMIT %(limit)s", sql_limit=""
    )
    positions = [position for rows in walk.answers() for position in positions_in(rows)]
    order.sort(positions)
    return positions[: search.limit]


def walk_of(search: Search, **more: str) -> Walk:
    order = search.order
    return Walk(
        search.criteria,
        search.parameters,
        order.first.descending,
        sql_columns=f"{order.sql_values()}, s.id",
        sql_end=f"{search.criteria.sql_matches()} AND {search.sql_after()} ORDER BY {order.sql()} LIMIT %(limit)s",
        sql_order=order.sql_of_values(),
        **({"sql_answer": "SELECT * FROM found"} | more),
    )


def positions_in(rows: list[tuple[Any, ...]]) -> list[Position]:
    return [Position(tuple(values), ident) for *values, ident in rows if ident]


def count_in_buckets(criteria: Criteria, rows: int) -> tuple[int, int]:
    """How many match among the newest `rows` rows that the index finds, and how many rows it found."""
    walk = Walk(
        criteria,
        criteria.parameters | {"limit": rows},
        descending=True,
        sql_columns=f"({criteria.sql_matches()}) AS matches",
        sql_end="TRUE LIMIT %(limit)s",
        sql_answer="SELECT count(*) FILTER (WHERE matches) AS matching, count(*) AS looked FROM found",
    )
    matching = looked = 0
    for [(matching_now, looked_now)] in walk.answers():
        matching, looked = matching + matching_now, looked + looked_now
        if looked >= rows:
            break
    return matching, looked
