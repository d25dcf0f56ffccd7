"""The GIN index on (period, key), asked some 7-day periods at a time: what bounds any combination of filters."""

from collections.abc import Iterator
from datetime import datetime

from sessions.keys import in_period, period_of, period_start
from sessions.query.criteria import Criteria, Parameters
from sessions.query.order import Place
from sessions.query.search import Search, fetch, fetch_all

# Beyond this a group's keys cost more to probe than to check on the rows the other groups give.
PROBED_KEYS = 64
WIDEST_WINDOW = 8


def periods(search: Search) -> list[Place]:
    """Period by period from the place on: first one, then two, four, eight at a time."""
    places: list[Place] = []
    for window in windows(search.criteria, search.order.descending, search.after):
        places += in_window(search, window)
        if len(places) >= search.limit:
            return places[: search.limit]
    return places


def gather_periods(search: Search) -> list[Place]:
    """The same for what has no index of its own: the first of each window of periods, sorted.

    Window by window, because of all periods' keys at once a planner expects so much that it reads the table.
    """
    places: list[Place] = []
    for window in windows(search.criteria, descending=True, after=None):
        places += in_window(search, window)
    places.sort(key=lambda place: (place.value, place.id), reverse=search.order.descending)
    return places[: search.limit]


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
        if width == WIDEST_WINDOW:
            first, last = without_gap(criteria, first, last, descending)


def without_gap(criteria: Criteria, first: int, last: int, descending: bool) -> tuple[int, int]:
    """The range without the periods at its near end in which nothing took place: one session dated 1970 costs nothing.

    One probe of session_newest.
    """
    near, bound = ("max", "s.occurred_at < %(near)s") if descending else ("min", "s.occurred_at >= %(near)s")
    start = period_start(last + 1 if descending else first)
    moment = fetch_all(
        f"SELECT {near}(s.occurred_at) FROM history_session s WHERE {criteria.sql_range()} AND {bound}",
        criteria.parameters | {"near": start},
    )[0][0]
    if moment is None:
        return last + 1, last
    return (first, period_of(moment)) if descending else (period_of(moment), last)


def extent(criteria: Criteria) -> tuple[datetime | None, datetime | None]:
    """When the first and the last session of the organisation and range took place: two probes of session_newest."""
    rows = fetch_all(
        f"SELECT min(s.occurred_at), max(s.occurred_at) FROM history_session s WHERE {criteria.sql_range()}",
        criteria.parameters,
    )
    return rows[0][0], rows[0][1]
