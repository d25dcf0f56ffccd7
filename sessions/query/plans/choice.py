"""How the next rows of a list are found, so that no filter's cost depends on where its matches lie.

Each plan is one statement and has a bound:

- straight  nothing is filtered, or a day is: the rows in the order of their index.
- gather    what runs right now: as many rows as run (index session_open).
- merge     one kind of filter: the newest rows of each key from its own index, merged (`merge_append`). Hundreds of
            keys come after a look: first the rows of the time range that should hold enough of them, and if it does
            not, the rows of the keys whose next row is nearest.
- look      every other list begins with it: read the newest 250 rows, of the organisation or of one filter's keys,
            within the bounds of the other filters' keys (`key_bounds`), and keep what matches. If that is not enough
            but matches are frequent, look once more at as many rows as should hold the rest.
- periods   otherwise: the GIN index on (period, key), asked newest period first.

A value without an index is only asked for in a day (`Criteria.exactly`): all of the day's rows are read.

By queue time and duration there are no pages by period: after the look, and a further one if matches are frequent,
all that matches is gathered, from a key's own index or from that of the periods, and sorted, so the cost there is that
of the number of matches. Rows that share what an order begins with are sorted where no index goes on as the order does.
A plan gives places in the asked order, at most `limit` of them.
"""

from dataclasses import dataclass
from datetime import timedelta

from sessions.models.keys import PERIOD_SECONDS
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.groups import is_small
from sessions.query.criteria.order import Place
from sessions.query.plans.buckets import gather_periods, periods
from sessions.query.plans.key_bounds import is_indexed, selectivity
from sessions.query.plans.merge_append import merge, merge_many, sql_rows_of_keys
from sessions.query.plans.search import Search, fetch

LOOK_ROWS = 250
# Sorted by anything else, it is also to tell whether all that matches can be gathered.
SORTED_LOOK_ROWS = 1_000
# It takes 20 ms to look at as many, where to gather a hundred thousand matches takes a second.
MOST_LOOK_ROWS = 20_000
# To find the next row of a key by its own index takes as long as to look at so many that come one after the other.
ROWS_A_KEY = 2
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
        return places + (merge_many(rest, seen.apart) if by_date else gather(rest, "TRUE"))
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

    @property
    def span(self) -> timedelta:
        """From the first row to the last one, if more may lie behind it."""
        assert self.first is not None
        assert self.last is not None
        return abs(self.first.date - self.last.date)

    @property
    def apart(self) -> timedelta | None:
        """What lay between two matches, on average."""
        return self.span / len(self.places) if self.places else None


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
    periods_seen = seen.span / timedelta(seconds=PERIOD_SECONDS)
    return len(seen.places) / periods_seen if periods_seen else MOST_LOOK_ROWS


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
