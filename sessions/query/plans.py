"""How the next rows of a list are found, so that no filter's cost depends on where its matches lie.

Tried in turn, each bounded:

1. look      read the newest 2,000 rows in order and keep those that match. Enough found: done.
2. running   only what runs right now: as many rows as run (index session_open).
3. merge     one kind of filter: the newest rows of each key from its own index, merged.
4. periods   anything else: the GIN index on (period, key), asked newest period first.

A value without an index is only asked for in a day (`Criteria.exactly`): all of the day's rows are read.

By queue time and duration there are no pages by period: after the look, all that matches
is gathered, from a key's own index or from that of the periods, and sorted, so the cost
there is that of the number of matches.
A plan gives (value, id) places in the asked order, at most `limit` of them.
"""

from datetime import datetime

from sessions.keys import Kind, ident_of, kind_of
from sessions.query.criteria import COLUMNS, Criteria
from sessions.query.order import Place
from sessions.query.periods import gather_periods, periods
from sessions.query.search import Search, fetch, fetch_all

LOOK_ROWS = 2_000
MERGE_KEYS = 8
# What the partial index session_open holds.
RUNNING = "s.status IN ('queued', 'active') AND s.last_seen_at >= %(lost_before)s"
MERGED_KINDS = {Kind.USER, Kind.TOKEN, Kind.APP, Kind.DEVICE, Kind.OS}


def find(search: Search) -> list[Place]:
    criteria = search.criteria
    if criteria.is_empty:
        return []
    if criteria.exact and not search.order.is_by_date:
        return gather(search, "TRUE")
    if criteria.exact or not criteria.groups:
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
    """The organisation's rows in the range, in the order of their index. The criteria have no groups, or are narrow."""
    return fetch(
        f"""
        SELECT {search.order.sql_value}, s.id
        FROM history_session s
        WHERE {search.criteria.sql_range()} AND {search.criteria.sql_matches()} AND {search.sql_beyond()}
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
            SELECT *, row_number() OVER in_order AS number, count(*) FILTER (WHERE matches) OVER in_order AS found
            FROM looked WINDOW in_order AS (ORDER BY {order.sql("value", "id")} ROWS UNBOUNDED PRECEDING)
        )
        SELECT value, id, matches, number FROM numbered
        WHERE (matches AND found <= %(limit)s) OR number = {LOOK_ROWS}
        ORDER BY number
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


def is_merged(criteria: Criteria) -> bool:
    return (
        not criteria.exact
        and len(criteria.groups) == 1
        and {kind_of(key) for key in criteria.groups[0]} <= MERGED_KINDS
    )
