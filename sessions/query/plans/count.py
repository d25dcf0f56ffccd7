"""How many match, at a cost that depends neither on how many they are nor on where they lie.

What bounds it is how many rows are looked at: with two filters of which one is only checked on the rows that
the other gives, a hundred thousand may be looked at for a dozen that match.
"""

from dataclasses import dataclass

from django.core.cache import cache

from sessions.postgresql.fetching import fetch_all
from sessions.query import tuning
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.groups import COLUMNS, WORDS, by_kind, has_several_flags
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
    """Of the first 10,000 rows; if it was many, as it was within the last minute."""
    key = f"count-{criteria.fingerprint}"
    known: Count | None = cache.get(key)
    if known:
        return known
    found = count(criteria, tuning.COUNT_CAP)
    if found.capped or found.value >= tuning.REMEMBERED_FROM:
        cache.set(key, found, tuning.REMEMBERED_SECONDS)
    return found


def count(criteria: Criteria, cap: int) -> Count:
    """How many match among the first `cap` rows that can."""
    matching, looked = look_at(criteria, cap + 1)
    return Count(min(matching, cap), capped=looked > cap)


def look_at(criteria: Criteria, rows: int) -> tuple[int, int]:
    """How many match among so many rows, and how many there were."""
    if criteria.is_empty:
        return 0, 0
    if is_single_indexed_clause(criteria):
        return count_by_keys(criteria, rows)
    if criteria.groups and not criteria.only_running and not criteria.exact:
        return count_in_buckets(criteria, rows)
    drive = RUNNING if criteria.only_running else "TRUE"
    # Ordered, so that no planner reads the table instead: matches may stand at its very end.
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
    """Of each kind so many rows, in the order of its index (session_user, session_app ...), each row once."""
    branches = []
    kinds = by_kind(criteria.groups[0])
    for kind in kinds:
        if kind in WORDS:
            # Second in its index, behind the organisation: PostgreSQL keeps the order of one at a time.
            found = [f"{key} ORDER BY {NEWEST_FIRST.sql()}" for _, key in criteria.sql_keys(criteria.groups[0])]
        else:
            column = COLUMNS[kind]
            found = [f"{column} = ANY(%(group_0_{kind})s) AND {criteria.sql_times()} ORDER BY {column}"]
        branches += [f"(SELECT s.id FROM history_session s WHERE {one} LIMIT %(rows)s)" for one in found]
    # A session that a person ran and sent with their own token is found twice, so UNION removes duplicates. No session
    # has two platforms.
    union = " UNION " if len(kinds) > 1 or has_several_flags(criteria.groups[0]) else " UNION ALL "
    [(matching,)] = fetch_all(
        f"SELECT count(*) FROM ({union.join(branches)}) found", criteria.parameters | {"rows": rows}
    )
    return matching, matching
