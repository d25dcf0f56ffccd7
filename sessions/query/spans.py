"""Between which moments sessions with a key of a group lie: two probes of each key's own index.

What has a key of every group lies where their spans overlap. So a list begins there, however long ago that is, and
of an app that was retired before a device came nothing is read to say that it never ran on it.
"""

from collections.abc import Collection

from sessions.keys import Kind
from sessions.query.criteria import WORDS, Criteria, by_kind

# Those with an index of their own by date, the most selective first, as a rule.
INDEXED_KINDS = (Kind.USER, Kind.TOKEN, Kind.APP, Kind.DEVICE, Kind.OS, Kind.PLATFORM)
FEW_KEYS = 8


def is_indexed(group: frozenset[int]) -> bool:
    return all(kind in INDEXED_KINDS for kind in by_kind(group))


def is_small(group: frozenset[int]) -> bool:
    return len(group) <= FEW_KEYS


def spanned(criteria: Criteria) -> list[frozenset[int]]:
    """The groups whose spans are to be had for so little."""
    return [group for group in criteria.groups if is_small(group) and is_indexed(group)]


def sql_overlap(
    criteria: Criteria, groups: Collection[frozenset[int]], *, descending: bool, sql_edge: str = "TRUE"
) -> str:
    """One row: `near`, the first moment this way at which all groups can have sessions, and `far`, the last.

    `near` is looked for among the rows `s` that meet `sql_edge`, and may come to lie behind `far`. No row at all if a
    group has no sessions there. Without groups these are the moments of the organisation's sessions.
    """
    spans = [sql_span(criteria, group, descending, sql_edge) for group in groups]
    if not spans:
        spans = [f"SELECT {sql_ends(criteria.sql_range(), descending, sql_edge)}"]
    nearest, farthest = ("min", "max") if descending else ("max", "min")
    return f"""
        SELECT {nearest}(near) AS near, {farthest}(far) AS far FROM ({" UNION ALL ".join(spans)}) spans
        HAVING bool_and(near IS NOT NULL)
    """


def sql_span(criteria: Criteria, group: frozenset[int], descending: bool, sql_edge: str) -> str:
    number = criteria.groups.index(group)
    keys = " UNION ALL ".join(
        f"""
        SELECT {sql_ends(criteria.sql_key(kind, "ident"), descending, sql_edge)}
        FROM unnest(%(group_{number}_{kind})s::{"text" if kind in WORDS else "bigint"}[]) ident
        """
        for kind in by_kind(group)
    )
    nearest, farthest = ("max", "min") if descending else ("min", "max")
    return f"SELECT {nearest}(near) AS near, {farthest}(far) AS far FROM ({keys}) of_keys"


def sql_ends(sql_rows: str, descending: bool, sql_edge: str) -> str:
    """The first and the last moment of rows that an index has in their order."""
    moment = "SELECT s.occurred_at FROM history_session s WHERE"
    first, last = ("DESC", "ASC") if descending else ("ASC", "DESC")
    return f"""
        ({moment} {sql_rows} AND {sql_edge} ORDER BY s.occurred_at {first} LIMIT 1) AS near,
        ({moment} {sql_rows} ORDER BY s.occurred_at {last} LIMIT 1) AS far
    """
