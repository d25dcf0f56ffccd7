"""Counts matches at a cost that depends neither on how many there are nor on where they lie.

The number of rows that are read has a bound, not the number of matches. If one of two filters can only be checked on
the rows that the other one finds, a hundred thousand rows may be read for a dozen matches.
"""

from dataclasses import dataclass

from django.core.cache import cache

from sessions.models.dimensions import OF_KIND
from sessions.postgresql.fetching import fetch_all
from sessions.query import tuning
from sessions.query.criteria.conditions import reads
from sessions.query.criteria.criteria import SQL_IDS, Criteria
from sessions.query.criteria.groups import COLUMNS, by_kind, has_several_flags
from sessions.query.criteria.order import NEWEST_FIRST
from sessions.query.plans.buckets import count_in_buckets
from sessions.query.plans.choice import is_single_indexed_clause
from sessions.query.plans.find import RUNNING

NO_CAP = 2**62


@dataclass(frozen=True)
class Count:
    """`capped` when there may be more than `value`."""

    value: int
    capped: bool


def remembered_count(criteria: Criteria) -> Count:
    """How many match among the first 10,000 candidates. A large count may be a minute old."""
    key = f"count-{criteria.fingerprint}"
    known: Count | None = cache.get(key)
    if known:
        return known
    found = count(criteria, tuning.COUNT_CAP)
    if found.capped or found.value >= tuning.REMEMBERED_FROM:
        cache.set(key, found, tuning.REMEMBERED_SECONDS)
    return found


def count(criteria: Criteria, cap: int) -> Count:
    """How many match among the first `cap` candidates."""
    matching, looked = look_at(criteria, cap + 1)
    return Count(min(matching, cap), capped=looked > cap)


def look_at(criteria: Criteria, rows: int) -> tuple[int, int]:
    """How many match among the first `rows` candidates, and how many candidates there were."""
    if criteria.is_empty:
        return 0, 0
    if is_single_indexed_clause(criteria):
        return count_by_keys(criteria, rows)
    has_ids = criteria.ids is not None
    if criteria.groups and not (criteria.only_running or any(map(reads, criteria.conditions)) or has_ids):
        return count_in_buckets(criteria, rows)
    drive = SQL_IDS if has_ids else RUNNING if criteria.only_running else "TRUE"
    # The order keeps the planner from reading the table instead: matches may stand at its very end.
    order = "s.last_seen_at" if criteria.only_running else NEWEST_FIRST.sql()
    [(matching, looked)] = fetch_all(
        f"""
        SELECT count(*) FILTER (WHERE matches), count(*) FROM (
            SELECT ({criteria.sql_matches()}) AS matches FROM history_session s
            WHERE {drive} AND {criteria.sql_range()}
            ORDER BY {order} LIMIT %(rows)s
        ) looked
        """,
        criteria.parameters | {"rows": rows},
    )
    return matching, looked


def count_by_keys(criteria: Criteria, rows: int) -> tuple[int, int]:
    """Reads up to `rows` rows of each kind in the order of its index (session_user, session_app ...), each row once."""
    branches = []
    kinds = by_kind(criteria.groups[0])
    for kind in kinds:
        if OF_KIND[kind].has_ids:
            column = COLUMNS[kind]
            found = [f"{column} = ANY(%(group_0_{kind})s) AND {criteria.sql_times()} ORDER BY {column}"]
        else:
            # A word is second in its index, behind the organisation: PostgreSQL keeps the order for one word at a time.
            keys = criteria.sql_keys(criteria.groups[0])
            found = [f"{key} ORDER BY {NEWEST_FIRST.sql()}" for of, key in keys if of == kind]
        branches += [f"(SELECT s.id FROM history_session s WHERE {one} LIMIT %(rows)s)" for one in found]
    # A session that a person ran and sent with their own token is found twice, so UNION removes duplicates. No session
    # has two platforms.
    union = " UNION " if len(kinds) > 1 or has_several_flags(criteria.groups[0]) else " UNION ALL "
    [(matching,)] = fetch_all(
        f"SELECT count(*) FROM ({union.join(branches)}) found", criteria.parameters | {"rows": rows}
    )
    return matching, matching
