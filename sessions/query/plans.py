"""How the next rows of a list are found, so that no filter's cost depends on where its matches lie.

Each plan is one statement and has a bound:

- straight  nothing is filtered, or a day is: the rows in the order of their index.
- gather    what runs right now: as many rows as run (index session_open).
- merge     one kind of filter: the newest rows of each key from its own index, merged.
- look      anything else begins with it: read the newest 250 rows, of the organisation or of those that one of the
            filters names, where the others have any (`sessions.query.spans`), and keep what matches. Done if enough;
            and gone on with, once, if matches lie so densely that the rest is found sooner than by what follows.
- periods   otherwise: the GIN index on (period, key), asked newest period first.

A value without an index is only asked for in a day (`Criteria.exactly`): all of the day's rows are read.

By queue time and duration there are no pages by period: after the look, and a further one if matches are frequent,
all that matches is gathered, from a key's own index or from that of the periods, and sorted, so the cost there is that
of the number of matches. Rows that share what an order begins with are sorted where no index goes on as the order does.
A plan gives places in the asked order, at most `limit` of them.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sessions.keys import PERIOD_SECONDS
from sessions.query.criteria import ASKED_COLUMNS, COLUMNS, Criteria, by_kind, has_several_flags, is_small
from sessions.query.order import Place
from sessions.query.periods import gather_periods, periods
from sessions.query.search import Search, fetch, fetch_all
from sessions.query.spans import is_indexed, selectivity, spanned, sql_overlap

LOOK_ROWS = 250
# Sorted by anything else, it is also to tell whether all that matches can be gathered.
SORTED_LOOK_ROWS = 1_000
# It takes 20 ms to look at as many, where to gather a hundred thousand matches takes a second.
MOST_LOOK_ROWS = 20_000
# To find the next row of a key by its own index takes as long as to look at so many that come one after the other.
ROWS_A_KEY = 4
LEAST_ID, GREATEST_ID = UUID(int=0), UUID(int=2**128 - 1)
# What the partial index session_open holds.
RUNNING = "s.status IN ('queued', 'active') AND s.last_seen_at >= %(lost_before)s"


def find(search: Search) -> list[Place]:
    criteria, by_date = search.criteria, search.order.is_by_date
    if criteria.is_empty:
        return []
    if is_straight(search):
        select = f"{search.order.sql_values()}, s.id FROM history_session s"
        return fetch(sql_straight(search, select), search.parameters)
    if criteria.exact:
        return gather(search, "TRUE")
    if criteria.only_running:
        return gather(search, RUNNING)
    if by_date and is_merged(criteria) and is_small(criteria.groups[0]):
        return merge(search)
    seen = look(search, LOOK_ROWS if by_date else SORTED_LOOK_ROWS)
    further = rows_with_the_rest(search, seen)
    places = seen.places
    if seen.last and 0 < further <= (rows_otherwise(criteria, seen) if by_date else MOST_LOOK_ROWS):
        seen = look(search.resumed(seen.last, len(places)), further)
        places = places + seen.places
    if not seen.last:
        return places
    rest = search.resumed(seen.last, len(places))
    if is_merged(criteria):
        return places + (merge_nearest(rest) if by_date else gather(rest, "TRUE"))
    return places + (periods(rest) if by_date else gather_periods(rest))


def is_straight(search: Search) -> bool:
    """Whether the organisation's rows can be read in the order of an index: without groups, or in a day by date."""
    criteria = search.criteria
    return not criteria.is_empty and (search.order.is_by_date if criteria.exact else not criteria.groups)


def sql_straight(search: Search, sql_select: str) -> str:
    """`sql_select` of rows `s`, as far as FROM, of a search that `is_straight`."""
    return f"""
        SELECT {sql_select}
        WHERE {search.criteria.sql_range()} AND {search.criteria.sql_matches()} AND {search.sql_beyond()}
        ORDER BY {search.order.sql()}
        LIMIT %(limit)s
    """


@dataclass(frozen=True)
class Look:
    """What matches among the next `rows`; of those the first, and the last if more may lie behind it. Both are None
    when enough was found."""

    rows: int
    places: list[Place]
    first: Place | None
    last: Place | None


def look(search: Search, most: int) -> Look:
    order = search.order
    if group := driving_group(search):
        source = f"({sql_rows_of_keys(search, group, most)}) s"
    else:
        source = f"history_session s WHERE {search.criteria.sql_range()} AND {search.sql_beyond()}"
    # Numbered as they come and matches emitted as they are met: the table is read no further than it takes.
    answer = fetch_all(
        f"""
        SELECT number, matches, {", ".join(order.sql_names())}, id FROM (
            SELECT row_number() OVER () AS number, looked.* FROM (
                SELECT {order.sql_values()}, s.id, ({search.criteria.sql_matches()}) AS matches
                FROM {source} ORDER BY {order.sql()} LIMIT {most}
            ) looked
        ) numbered WHERE matches OR number IN (1, {most}) LIMIT %(limit)s + 1
        """,
        search.parameters,
    )
    edges: dict[int, Place] = {}
    places: list[Place] = []
    for number, matches, *values, ident in answer:
        place = edges[number] = Place(tuple(values), ident)
        if matches:
            places.append(place)
    if len(places) >= search.limit:
        return Look(most, places[: search.limit], None, None)
    return Look(most, places, edges.get(1), edges.get(most))


def gather(search: Search, sql_drive: str) -> list[Place]:
    """All that matches, sorted. Materialised, so that a wrong estimate cannot turn it into a scan in order."""
    return fetch(
        f"""
        WITH matching AS MATERIALIZED (
            SELECT {search.order.sql_values()}, s.id
            FROM history_session s
            WHERE {sql_drive} AND {search.criteria.sql_range()} AND {search.sql_beyond()}
              AND {search.criteria.sql_matches()}
        )
        SELECT * FROM matching ORDER BY {search.order.sql_of_values()} LIMIT %(limit)s
        """,
        search.parameters,
    )


def rows_with_the_rest(search: Search, seen: Look) -> int:
    """How many more rows hold the rest, with some to spare, if matches lie as densely as so far; 0 for too many."""
    found = len(seen.places)
    rows = 2 * seen.rows * max(search.limit - found, 0) // found if found else 0
    return rows if rows <= MOST_LOOK_ROWS else 0


def rows_otherwise(criteria: Criteria, seen: Look) -> float:
    """What it costs to find the rest without another look, as if rows were looked at: by the keys' own indexes, or by
    reading all that matches in a period, if it lies there as densely as so far."""
    if is_merged(criteria):
        return ROWS_A_KEY * len(criteria.groups[0])
    assert seen.first is not None
    assert seen.last is not None
    periods_seen = abs(seen.first.date - seen.last.date) / timedelta(seconds=PERIOD_SECONDS)
    return len(seen.places) / periods_seen if periods_seen else MOST_LOOK_ROWS


def merge(search: Search) -> list[Place]:
    """The next rows of a few keys, each from its own index, merged."""
    rows = sql_rows_of_keys(search, search.criteria.groups[0], search.limit)
    return fetch(
        f"SELECT {search.order.sql_values()}, s.id FROM ({rows}) s ORDER BY {search.order.sql()} LIMIT %(limit)s",
        search.parameters,
    )


def merge_nearest(search: Search) -> list[Place]:
    """The same of hundreds of keys, of which only those whose next row is nearest can contribute.

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


def driving_group(search: Search) -> frozenset[int] | None:
    """The filter whose rows are looked at: few keys with indexes of their own, which are by date."""
    if not search.order.is_by_date:
        return None
    groups = [group for group in search.criteria.groups if is_small(group) and is_indexed(group)]
    return min(groups, key=selectivity, default=None)


def is_merged(criteria: Criteria) -> bool:
    """Whether what matches is all that some keys' own indexes have."""
    is_alone = len(criteria.groups) == 1 and not (criteria.statuses or criteria.exact)
    return is_alone and is_indexed(criteria.groups[0])
