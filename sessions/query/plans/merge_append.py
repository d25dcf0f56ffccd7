"""The next rows of some keys, by date, from each key's own index (session_user, session_app ...).

The rows of a few keys are merged. With many keys, those that can contribute are found first.
"""

from datetime import timedelta
from uuid import UUID

from sessions.postgresql.fetching import fetch_all
from sessions.query import tuning
from sessions.query.criteria.criteria import ASKED_COLUMNS
from sessions.query.criteria.groups import COLUMNS, Group, by_kind, has_several_flags
from sessions.query.criteria.order import Position
from sessions.query.plans.key_bounds import spanned, sql_overlap
from sessions.query.plans.search import Search, fetch

LEAST_ID, GREATEST_ID = UUID(int=0), UUID(int=2**128 - 1)
FARTHEST = timedelta(days=36_525)


def merge_append(search: Search) -> list[Position]:
    """The next rows of a few keys, one branch for each."""
    rows = sql_rows_of_keys(search, search.criteria.groups[0], search.limit)
    return fetch(
        f"SELECT {search.order.sql_values()}, s.id FROM ({rows}) s ORDER BY {search.order.sql()} LIMIT %(limit)s",
        search.parameters,
    )


def next_of_keys(search: Search, apart: timedelta | None) -> list[Position]:
    """The next rows of hundreds of keys.

    `apart` is the average time between two of their rows so far, None if there were none. It tells how far ahead enough
    rows should lie: reading all of them takes a microsecond a key, finding the next row of each key takes three.
    """
    if apart is None:
        return skip_scan(search)
    ahead = min(tuning.SPARE * search.limit * apart.total_seconds(), FARTHEST.total_seconds())
    return range_scan(search, timedelta(seconds=ahead)) or skip_scan(search)


def range_scan(search: Search, ahead: timedelta) -> list[Position]:
    """All rows of the keys from the search's position up to `ahead` of it; nothing if they are too few or far too many.

    Each kind of key is cut off at `most` rows, in no order. If one kind may have been cut, the nearest rows may be
    missing, so nothing that was read can be used.
    """
    order, kinds = search.order, by_kind(search.criteria.groups[0])
    edge = ">= %(position_0)s - %(ahead)s" if order.first.descending else "<= %(position_0)s + %(ahead)s"
    most = tuning.MOST_SPARE * search.limit
    rows = " UNION ".join(
        f"""
        (SELECT {order.sql_values()}, s.id
        FROM unnest(%(group_0_{kind})s::bigint[]) ident JOIN history_session s ON {COLUMNS[kind]} = ident
        WHERE {search.criteria.sql_times()} AND {search.sql_after()} AND s.occurred_at {edge}
        LIMIT {most})
        """
        for kind in kinds
    )
    found = fetch_all(
        f"""
        SELECT {", ".join(order.sql_names())}, id, count(*) OVER () FROM ({rows}) found
        ORDER BY {order.sql_of_values()} LIMIT %(limit)s
        """,
        search.parameters | {"ahead": ahead},
    )
    if len(found) < search.limit or found[0][-1] >= most:
        return []
    return [Position(tuple(values), ident) for *values, ident, _ in found]


def skip_scan(search: Search) -> list[Position]:
    """Find the next row of each key, then read the keys whose next rows are nearest.

    A row is the next one of at most one key of each kind. So for each kind it is enough to read as many keys as rows
    are needed, and no row of the answer lies beyond the farthest of their next rows.
    """
    order, kinds = search.order, by_kind(search.criteria.groups[0])
    after = f"{search.criteria.sql_times()} AND {search.sql_after()}"
    descending = order.first.descending
    most = f"{len(kinds)} * %(limit)s"
    nexts = " UNION ALL ".join(
        f"""
        SELECT {kind:d} AS kind, ident, (
            SELECT s.occurred_at FROM history_session s
            WHERE {COLUMNS[kind]} = ident AND {after} ORDER BY {order.sql()} LIMIT 1
        ) AS next
        FROM unnest(%(group_0_{kind})s::bigint[]) ident
        """
        for kind in kinds
    )
    rows = " UNION ALL ".join(
        f"""
        SELECT found.* FROM nearest CROSS JOIN LATERAL (
            SELECT {order.sql_values()}, s.id FROM history_session s
            WHERE {COLUMNS[kind]} = nearest.ident AND {after}
              AND s.occurred_at {">=" if descending else "<="} (SELECT moment FROM farthest)
            ORDER BY {order.sql()} LIMIT %(limit)s
        ) found WHERE nearest.kind = {kind:d}
        """
        for kind in kinds
    )
    return fetch(
        f"""
        WITH nexts AS MATERIALIZED ({nexts}), nearest AS MATERIALIZED (
            SELECT * FROM nexts WHERE next IS NOT NULL
            ORDER BY next {"DESC" if descending else "ASC"} FETCH FIRST ({most}) ROWS WITH TIES
        ), farthest AS MATERIALIZED (
            SELECT CASE WHEN count(*) < {most} THEN '{"-" if descending else ""}infinity'
                        ELSE {"min" if descending else "max"}(next) END AS moment
            FROM nearest
        )
        SELECT DISTINCT {", ".join(order.sql_names())}, id FROM ({rows}) merged
        ORDER BY {order.sql_of_values()} LIMIT %(limit)s
        """,
        search.parameters,
    )


def sql_rows_of_keys(search: Search, group: Group, limit: int) -> str:
    """The next rows of each key from its own index, each row once.

    Nothing is read outside the time in which the keys of all other clauses have sessions.
    """
    criteria, descending = search.criteria, search.order.first.descending
    overlap, within = "", "TRUE"
    if others := [other for other in spanned(criteria) if other != group]:
        overlap = f"WITH overlap AS MATERIALIZED ({sql_overlap(criteria, others, descending=descending)})"
        within = sql_within_overlap(descending)
    number, kinds = criteria.groups.index(group), by_kind(group)
    branches = []
    for kind, sql_key in criteria.sql_keys(group):
        # A session that was run by the person and sent with the person's token comes from the person's branch.
        of_others = [f"AND ({criteria.sql_has_one(number, other)}) IS NOT TRUE" for other in kinds if other < kind]
        branches.append(
            f"""
            (SELECT {ASKED_COLUMNS} FROM history_session s
            WHERE {sql_key} {" ".join(of_others)} AND {within} AND {search.sql_after()}
            ORDER BY {search.order.sql()} LIMIT {limit})
            """
        )
    union = " UNION " if has_several_flags(group) else " UNION ALL "
    return f"{overlap} {union.join(branches)}"


def sql_within_overlap(descending: bool) -> str:
    """One bound is written as a row. Between two plain bounds whose values it does not know, the planner would expect
    0.5 % of all rows, and sort them."""
    sign, back, ident = ("<", ">", LEAST_ID) if descending else (">", "<", GREATEST_ID)
    return f"""
        s.occurred_at {sign}= (SELECT near FROM overlap)
        AND (s.occurred_at, s.id) {back}= ((SELECT far FROM overlap), '{ident}'::uuid)
    """
