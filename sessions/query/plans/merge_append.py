"""The next rows of some keys, by date, from the keys' own indexes (session_user, session_app ...)."""

from datetime import timedelta
from uuid import UUID

from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.criteria import ASKED_COLUMNS
from sessions.query.criteria.groups import COLUMNS, by_kind, has_several_flags
from sessions.query.criteria.order import Place
from sessions.query.plans.key_bounds import spanned, sql_overlap
from sessions.query.plans.search import Search, fetch

LEAST_ID, GREATEST_ID = UUID(int=0), UUID(int=2**128 - 1)
# As far ahead are rows read as should hold twice what is needed; where they hold much more, another way is better.
SPARE, MOST_SPARE = 2, 8
FARTHEST = timedelta(days=36_525)


def merge(search: Search) -> list[Place]:
    """The next rows of a few keys, each from its own index, merged."""
    rows = sql_rows_of_keys(search, search.criteria.groups[0], search.limit)
    return fetch(
        f"SELECT {search.order.sql_values()}, s.id FROM ({rows}) s ORDER BY {search.order.sql()} LIMIT %(limit)s",
        search.parameters,
    )


def merge_many(search: Search, apart: timedelta | None) -> list[Place]:
    """The same of hundreds of keys. `apart` is how far from one another their rows have lain so far, if there were any.

    It tells up to when there should be enough. To read all up to then takes a microsecond a key, and three to find the
    next row of each.
    """
    if apart is None:
        return merge_nearest(search)
    ahead = min(SPARE * search.limit * apart.total_seconds(), FARTHEST.total_seconds())
    return merge_within(search, timedelta(seconds=ahead)) or merge_nearest(search)


def merge_within(search: Search, ahead: timedelta) -> list[Place]:
    """The next rows, if there are enough of them and not far too many so far ahead of the search's place; else none."""
    order, kinds = search.order, by_kind(search.criteria.groups[0])
    edge = ">= %(place_0)s - %(ahead)s" if order.first.descending else "<= %(place_0)s + %(ahead)s"
    most = MOST_SPARE * search.limit
    rows = " UNION ".join(
        f"""
        (SELECT {order.sql_values()}, s.id
        FROM unnest(%(group_0_{kind})s::bigint[]) ident JOIN history_session s ON {COLUMNS[kind]} = ident
        WHERE {search.criteria.sql_times()} AND {search.sql_beyond()} AND s.occurred_at {edge}
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
    return [Place(tuple(values), ident) for *values, ident, _ in found]


def merge_nearest(search: Search) -> list[Place]:
    """The same, however far away those rows are: only keys whose next row is nearest can contribute.

    A row is the next one of at most one key of each kind: so many keys have `limit` rows, none of them beyond the
    farthest of their next ones.
    """
    order, kinds = search.order, by_kind(search.criteria.groups[0])
    beyond = f"{search.criteria.sql_times()} AND {search.sql_beyond()}"
    descending = order.first.descending
    most = f"{len(kinds)} * %(limit)s"
    nexts = " UNION ALL ".join(
        f"""
        SELECT {kind:d} AS kind, ident, (
            SELECT s.occurred_at FROM history_session s
            WHERE {COLUMNS[kind]} = ident AND {beyond} ORDER BY {order.sql()} LIMIT 1
        ) AS next
        FROM unnest(%(group_0_{kind})s::bigint[]) ident
        """
        for kind in kinds
    )
    rows = " UNION ALL ".join(
        f"""
        SELECT found.* FROM nearest CROSS JOIN LATERAL (
            SELECT {order.sql_values()}, s.id FROM history_session s
            WHERE {COLUMNS[kind]} = nearest.ident AND {beyond}
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


def sql_rows_of_keys(search: Search, group: frozenset[int], limit: int) -> str:
    """The next rows of each key from its own index (session_user, session_app ...), each row once.

    Only from where the other groups' sessions begin and to where they end.
    """
    criteria, descending = search.criteria, search.order.first.descending
    overlap, within = "", "TRUE"
    if others := [other for other in spanned(criteria) if other != group]:
        overlap = f"WITH overlap AS MATERIALIZED ({sql_overlap(criteria, others, descending=descending)})"
        within = sql_within_overlap(descending)
    number, kinds = criteria.groups.index(group), by_kind(group)
    branches = []
    for kind, sql_key in criteria.sql_keys(group):
        # One that was run by the person and sent with the person's token is found under the person.
        of_others = [
            f"AND ({COLUMNS[other]} = ANY(%(group_{number}_{other})s)) IS NOT TRUE" for other in kinds if other < kind
        ]
        branches.append(
            f"""
            (SELECT {ASKED_COLUMNS} FROM history_session s
            WHERE {sql_key} {" ".join(of_others)} AND {within} AND {search.sql_beyond()}
            ORDER BY {search.order.sql()} LIMIT {limit})
            """
        )
    union = " UNION " if has_several_flags(group) else " UNION ALL "
    return f"{overlap} {union.join(branches)}"


def sql_within_overlap(descending: bool) -> str:
    """Of two plain bounds, unknown to the planner, it would expect 0.5 % of all rows and sort them: so one is a row."""
    sign, back, ident = ("<", ">", LEAST_ID) if descending else (">", "<", GREATEST_ID)
    return f"""
        s.occurred_at {sign}= (SELECT near FROM overlap)
        AND (s.occurred_at, s.id) {back}= ((SELECT far FROM overlap), '{ident}'::uuid)
    """
