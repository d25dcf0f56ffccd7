"""How the next rows of a list are found, so that no filter's cost depends on where its matches lie.

Tried in turn, each bounded:

1. look      read the newest 2,000 rows in order and keep those that match. Enough found: done.
2. running   only what runs right now: as many rows as run (index session_open).
3. merge     one kind of filter: the newest rows of each key from its own index, merged.
4. periods   anything else: the GIN index on (period, key), asked newest period first.

By queue time and duration there are no pages by period: after the look, all that matches
is gathered, from a key's own index or from that of the periods, and sorted, so the cost
there is that of the number of matches.
A plan gives (value, id) places in the asked order, at most `limit` of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from sessions.keys import Kind, ident_of, in_period, kind_of, period_of
from sessions.query.criteria import COLUMNS, Criteria, Parameters, by_kind
from sessions.query.order import NEWEST_FIRST, Order, Place

LOOK_ROWS = 2_000
MERGE_KEYS = 8
# Beyond this a group's keys cost more to probe than to check on the rows the other groups give.
PROBED_KEYS = 64
WIDEST_WINDOW = 8
# What the partial index session_open holds.
RUNNING = "s.status IN ('queued', 'active') AND s.last_seen_at >= %(lost_before)s"
MERGED_KINDS = {Kind.USER, Kind.TOKEN, Kind.APP, Kind.DEVICE, Kind.OS}


@dataclass(frozen=True)
class Search:
    criteria: Criteria
    order: Order
    after: Place | None
    limit: int

    @property
    def parameters(self) -> Parameters:
        parameters = {**self.criteria.parameters, "limit": self.limit}
        if self.after:
            parameters |= {"place_value": self.after.value, "place_id": self.after.id}
        return parameters

    def sql_beyond(self) -> str:
        return self.order.sql_beyond() if self.after else "TRUE"

    def resumed(self, after: Place, found: int) -> "Search":
        return Search(self.criteria, self.order, after, self.limit - found)


def find(search: Search) -> list[Place]:
    criteria = search.criteria
    if criteria.is_empty:
        return []
    if not criteria.groups:
        return straight(search)
    if criteria.only_running:
        return gather(search, RUNNING)
    places, last = look(search)
    if last is None or len(places) >= search.limit:
        return places
    rest = search.resumed(last, len(places))
    if is_merged(criteria):
        return places + (merge(rest) if search.order.is_by_date else gather(rest, "TRUE"))
    return places + (periods(rest) if search.order.is_by_date else gather_periods(rest))


def straight(search: Search) -> list[Place]:
    """Everything of the organisation and range, in the order of its index."""
    return fetch(
        f"""
        SELECT {search.order.sql_value}, s.id
        FROM history_session s
        WHERE {search.criteria.sql_range()} AND {search.sql_beyond()}
        ORDER BY {search.order.sql()}
        LIMIT %(limit)s
        """,
        search.parameters,
    )


def look(search: Search) -> tuple[list[Place], Place | None]:
    """What matches among the next 2,000 rows, and the last row looked at, or None if there are no more."""
    order = search.order
    rows = fetch_all(
        f"""
        WITH looked AS MATERIALIZED (
            SELECT {order.sql_value} AS value, s.id, ({search.criteria.sql_matches()}) AS matches
            FROM history_session s
            WHERE {search.criteria.sql_range()} AND {search.sql_beyond()}
            ORDER BY {order.sql()}
            LIMIT {LOOK_ROWS}
        ), numbered AS (
            SELECT *, row_number() OVER (ORDER BY {order.sql("value", "id")}) AS number FROM looked
        )
        SELECT value, id, matches, number FROM numbered WHERE matches OR number = {LOOK_ROWS} ORDER BY number
        """,
        search.parameters,
    )
    places = [Place(value, ident) for value, ident, matches, _ in rows if matches][: search.limit]
    # The 2,000th row is in the answer whether it matches or not; without it, all there is was looked at.
    if not rows or rows[-1][3] < LOOK_ROWS:
        return places, None
    return places, Place(rows[-1][0], rows[-1][1])


def gather(search: Search, sql_drive: str) -> list[Place]:
    """All that matches, sorted. Materialised, so that a wrong estimate cannot turn it into a scan in order."""
    return fetch(
        f"""
        WITH matching AS MATERIALIZED (
            SELECT {search.order.sql_value} AS value, s.id
            FROM history_session s
            WHERE {sql_drive} AND {search.criteria.sql_range()} AND {search.sql_beyond()}
              AND {search.criteria.sql_matches()}
        )
        SELECT value, id FROM matching ORDER BY {search.order.sql("value", "id")} LIMIT %(limit)s
        """,
        search.parameters,
    )


def gather_periods(search: Search) -> list[Place]:
    """The same for what has no index of its own: the first of each window of periods, sorted.

    Window by window, because of all periods' keys at once a planner expects so much that it reads the table.
    """
    places: list[Place] = []
    for window in windows(search.criteria, descending=True, after=None):
        places += in_window(search, window)
    places.sort(key=lambda place: (place.value, place.id), reverse=search.order.descending)
    return places[: search.limit]


def merge(search: Search) -> list[Place]:
    """The next rows of each key from its own index (session_user, session_app ...), merged.

    Of hundreds of keys only the `limit` whose next row is nearest can contribute.
    """
    columns = [(COLUMNS[kind_of(key)], ident_of(key)) for key in sorted(search.criteria.groups[0])]
    if len(columns) > MERGE_KEYS:
        columns = nearest(search, columns)
    if not columns:
        return []
    parameters = search.parameters | {f"key_{number}": ident for number, (_, ident) in enumerate(columns)}
    branches = " UNION ALL ".join(
        f"""
        (SELECT s.occurred_at AS value, s.id FROM history_session s
        WHERE {column} = %(key_{number})s AND {search.criteria.sql_times()} AND {search.sql_beyond()}
        ORDER BY {search.order.sql()} LIMIT %(limit)s)
        """
        for number, (column, _) in enumerate(columns)
    )
    # A session can be found under two of the keys: run by the person and sent with the person's token.
    return fetch(
        f"""
        SELECT DISTINCT value, id FROM ({branches}) merged
        ORDER BY {search.order.sql("value", "id")} LIMIT %(limit)s
        """,
        parameters,
    )


def nearest(search: Search, columns: list[tuple[str, int]]) -> list[tuple[str, int]]:
    by_column: dict[str, list[int]] = {}
    for column, ident in columns:
        by_column.setdefault(column, []).append(ident)
    found: list[tuple[datetime, str, int]] = []
    for column, idents in by_column.items():
        rows = fetch_all(
            f"""
            SELECT key, (
                SELECT s.occurred_at FROM history_session s
                WHERE {column} = key AND {search.criteria.sql_times()} AND {search.sql_beyond()}
                ORDER BY {search.order.sql()} LIMIT 1
            )
            FROM unnest(%(idents)s::bigint[]) key
            """,
            search.parameters | {"idents": idents},
        )
        found += [(value, column, ident) for ident, value in rows if value]
    found.sort(reverse=search.order.descending)
    return [(column, ident) for _, column, ident in found[: search.limit]]


def periods(search: Search) -> list[Place]:
    """Period by period from the place on: first one, then two, four, eight at a time."""
    places: list[Place] = []
    for window in windows(search.criteria, search.order.descending, search.after):
        places += in_window(search, window)
        if len(places) >= search.limit:
            return places[: search.limit]
    return places


def in_window(search: Search, window: range) -> list[Place]:
    return fetch(
        f"""
        {sql_probe(search.criteria)}
        SELECT {search.order.sql_value}, s.id FROM probed s
        WHERE {search.criteria.sql_range()} AND {search.criteria.sql_matches()} AND {search.sql_beyond()}
        ORDER BY {search.order.sql()} LIMIT %(limit)s
        """,
        search.parameters | probe_parameters(search.criteria, window),
    )


def probed_groups(criteria: Criteria) -> list[frozenset[int]]:
    small = [group for group in criteria.groups if len(group) <= PROBED_KEYS]
    return small or [min(criteria.groups, key=len)]


def sql_probe(criteria: Criteria) -> str:
    """Rows that hold a key of every group in the asked periods (index session_keys), and what is still to check."""
    probes = " AND ".join(f"s.keys && %(probe_{number})s" for number in range(len(probed_groups(criteria))))
    return f"""
        WITH probed AS MATERIALIZED (
            SELECT s.id, s.organisation_id, s.occurred_at, s.user_id, s.token_id, s.app_id, s.device_id, s.os_id,
                   s.status, s.platform, s.exception, s.crash, s.anr, s.rage_tap, s.last_seen_at,
                   s.queue_ms, s.duration_ms
            FROM history_session s
            WHERE {probes}
        )
    """


def probe_parameters(criteria: Criteria, window: range) -> Parameters:
    return {
        f"probe_{number}": [key for period in window for key in in_period(period, sorted(group))]
        for number, group in enumerate(probed_groups(criteria))
    }


def windows(criteria: Criteria, descending: bool, after: Place | None) -> Iterator[range]:
    """Ranges of periods that cover the criteria's range from `after` on, the nearest first."""
    oldest, newest = extent(criteria)
    if oldest is None or newest is None:
        return
    if after and isinstance(after.value, datetime):
        oldest, newest = (oldest, min(newest, after.value)) if descending else (max(oldest, after.value), newest)
    first, last = period_of(oldest), period_of(newest)
    width = 1
    while first <= last:
        width_here = min(width, last - first + 1)
        if descending:
            yield range(last - width_here + 1, last + 1)
            last -= width_here
        else:
            yield range(first, first + width_here)
            first += width_here
        width = min(width * 2, WIDEST_WINDOW)


def extent(criteria: Criteria) -> tuple[datetime | None, datetime | None]:
    """When the first and the last session of the organisation and range took place: two probes of session_newest."""
    rows = fetch_all(
        f"SELECT min(s.occurred_at), max(s.occurred_at) FROM history_session s WHERE {criteria.sql_range()}",
        criteria.parameters,
    )
    return rows[0][0], rows[0][1]


def count(criteria: Criteria, cap: int) -> int:
    """How many match, but never more than `cap`."""
    if criteria.is_empty:
        return 0
    if is_merged(criteria):
        return count_merged(criteria, cap)
    if criteria.groups and not criteria.only_running:
        return count_periods(criteria, cap)
    drive = RUNNING if criteria.only_running else "TRUE"
    # Ordered, so that no planner reads the table instead: matches may stand at its very end.
    order = "s.last_seen_at" if criteria.only_running else NEWEST_FIRST.sql()
    return count_rows(
        f"""
        SELECT count(*) FROM (
            SELECT 1 FROM history_session s
            WHERE {drive} AND {criteria.sql_range()} AND {criteria.sql_matches()}
            ORDER BY {order} LIMIT %(cap)s
        ) capped
        """,
        criteria.parameters | {"cap": cap},
    )


def count_merged(criteria: Criteria, cap: int) -> int:
    """Of each kind no more than the cap, in the order of its index (session_user, session_app ...), each row once."""
    branches = " UNION ".join(
        f"""
        (SELECT s.id FROM history_session s
        WHERE {COLUMNS[kind]} = ANY(%(group_0_{kind})s) AND {criteria.sql_times()}
        ORDER BY {COLUMNS[kind]} LIMIT %(cap)s)
        """
        for kind in by_kind(criteria.groups[0])
    )
    found = count_rows(f"SELECT count(*) FROM ({branches}) capped", criteria.parameters | {"cap": cap})
    return min(found, cap)


def count_periods(criteria: Criteria, cap: int) -> int:
    total = 0
    for window in windows(criteria, descending=True, after=None):
        total += count_rows(
            f"""
            {sql_probe(criteria)}
            SELECT count(*) FROM (
                SELECT 1 FROM probed s WHERE {criteria.sql_range()} AND {criteria.sql_matches()} LIMIT %(cap)s
            ) capped
            """,
            criteria.parameters | probe_parameters(criteria, window) | {"cap": cap - total},
        )
        if total >= cap:
            break
    return total


def is_merged(criteria: Criteria) -> bool:
    return len(criteria.groups) == 1 and {kind_of(key) for key in criteria.groups[0]} <= MERGED_KINDS


def count_rows(sql: str, parameters: Parameters) -> int:
    return int(fetch_all(sql, parameters)[0][0])


def fetch(sql: str, parameters: Parameters) -> list[Place]:
    return [Place(value, ident) for value, ident in fetch_all(sql, parameters)]


def fetch_all(sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
