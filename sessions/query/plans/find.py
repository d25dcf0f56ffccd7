"""The next rows of a list, by the plan that `choice` names."""

from sessions.query import tuning
from sessions.query.criteria.criteria import SQL_IDS
from sessions.query.criteria.order import Position
from sessions.query.plans.buckets import sort_the_buckets, walk_the_buckets
from sessions.query.plans.choice import Facts, Plan, facts_of, first_plan, last_plan, rows_to_scan_on
from sessions.query.plans.merge_append import merge_append, next_of_keys
from sessions.query.plans.scan import bounded_scan
from sessions.query.plans.search import Search, fetch

# Sessions that run or wait right now: a range of the partial index session_open.
RUNNING = "s.status IN ('queued', 'active') AND s.last_seen_at >= %(lost_before)s"


def find(search: Search) -> list[Position]:
    """At most `search.limit` positions, in the asked order."""
    facts = facts_of(search)
    match first_plan(facts):
        case Plan.NOTHING:
            return []
        case Plan.READ_IN_ORDER:
            return read_in_order(search)
        case Plan.SORT_THE_NAMED:
            return filter_and_sort(search, SQL_IDS)
        case Plan.SORT_A_RANGE:
            return filter_and_sort(search, "TRUE")
        case Plan.SORT_THE_RUNNING:
            return filter_and_sort(search, RUNNING)
        case Plan.MERGE_APPEND:
            return merge_append(search)
        case _:
            return scan_and_go_on(search, facts)


def scan_and_go_on(search: Search, facts: Facts) -> list[Position]:
    scan = bounded_scan(search, tuning.SCAN_ROWS if facts.is_by_date else tuning.SORTED_SCAN_ROWS)
    found = scan.positions
    if scan.last and (rows := rows_to_scan_on(facts, scan, search.limit)):
        scan = bounded_scan(search.resumed(scan.last, len(found)), rows)
        found = found + scan.positions
    if not scan.last:
        return found
    rest = search.resumed(scan.last, len(found))
    match last_plan(facts):
        case Plan.NEXT_OF_KEYS:
            return found + next_of_keys(rest, scan.apart)
        case Plan.SORT_THE_KEYS:
            return found + filter_and_sort(rest, "TRUE")
        case Plan.READ_ON:
            return found + read_in_order(rest)
        case Plan.BUCKETS:
            return found + walk_the_buckets(rest)
        case _:
            return found + sort_the_buckets(rest)


def is_read_in_order(search: Search) -> bool:
    return first_plan(facts_of(search)) is Plan.READ_IN_ORDER


def read_in_order(search: Search) -> list[Position]:
    select = f"{search.order.sql_values()}, s.id FROM history_session s"
    return fetch(sql_in_order(search, select), search.parameters)


def sql_in_order(search: Search, sql_select: str) -> str:
    """The statement of a search that `is_read_in_order` (indexes session_newest ...). `sql_select` ends with its FROM
    clause."""
    return f"""
        SELECT {sql_select}
        WHERE {search.criteria.sql_range()} AND {search.criteria.sql_matches()} AND {search.sql_after()}
        ORDER BY {search.order.sql()}
        LIMIT %(limit)s
    """


def filter_and_sort(search: Search, sql_source: str) -> list[Position]:
    """All rows of the source that match, sorted. Materialised, so that no wrong estimate makes it a scan in order."""
    return fetch(
        f"""
        WITH matching AS MATERIALIZED (
            SELECT {search.order.sql_values()}, s.id
            FROM history_session s
            WHERE {sql_source} AND {search.criteria.sql_range()} AND {search.sql_after()}
              AND {search.criteria.sql_matches()}
        )
        SELECT * FROM matching ORDER BY {search.order.sql_of_values()} LIMIT %(limit)s
        """,
        search.parameters,
    )
