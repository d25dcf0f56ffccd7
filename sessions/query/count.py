"""How many match, never more than a cap, at a cost that does not depend on where they lie."""

from django.core.cache import cache

from sessions.query.criteria import COLUMNS, Criteria, by_kind
from sessions.query.order import NEWEST_FIRST
from sessions.query.periods import count_periods
from sessions.query.plans import RUNNING, is_merged
from sessions.query.search import fetch_count

# What has reached the cap stays there but for a purge, so who turns pages does not have it counted with each:
# ten thousand rows that lie scattered take 20 to 50 ms, all else of a page 7.
KNOWN_SECONDS = 60


def count(criteria: Criteria, cap: int) -> int:
    """How many match, but never more than `cap`; if it was as many within the last minute, that still counts."""
    key = f"count-{cap}-{criteria.fingerprint}"
    known: int | None = cache.get(key)
    if known is not None:
        return known
    found = count_now(criteria, cap)
    if found >= cap:
        cache.set(key, found, KNOWN_SECONDS)
    return found


def count_now(criteria: Criteria, cap: int) -> int:
    if criteria.is_empty:
        return 0
    if is_merged(criteria):
        return count_merged(criteria, cap)
    if criteria.groups and not criteria.only_running and not criteria.exact:
        return count_periods(criteria, cap)
    drive = RUNNING if criteria.only_running else "TRUE"
    # Ordered, so that no planner reads the table instead: matches may stand at its very end.
    order = "s.last_seen_at" if criteria.only_running else NEWEST_FIRST.sql()
    return fetch_count(
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
    found = fetch_count(f"SELECT count(*) FROM ({branches}) capped", criteria.parameters | {"cap": cap})
    return min(found, cap)
