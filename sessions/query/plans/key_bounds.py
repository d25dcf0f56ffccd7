"""The first and the last moment of sessions with a key of a group: two probes of each key's own index.

A session with a key of every group lies where their spans overlap. So a list begins there, however long ago that is. If
an app was retired before a device appeared, no row is read to find that they have no session in common.
"""

from collections.abc import Collection

from sessions.models.dimensions import OF_KIND, Kind
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.groups import COLUMNS, by_kind, is_small


def is_indexed(group: frozenset[int]) -> bool:
    """Whether each key has an index by date. The status “ended” has none, since nearly all sessions have it.

    Many keys with words or texts among them are left to the buckets. In a skip scan, the planner would look for each
    text in session_newest, since it does not know how rare it is.
    """
    return all(
        OF_KIND[kind].has_own_index
        and OF_KIND[kind].unindexed not in values
        and (OF_KIND[kind].has_ids or is_small(group))
        for kind, values in by_kind(group).items()
    )


def selectivity(group: frozenset[int]) -> tuple[int, int]:
    """A value to sort by: it is lower for groups with a key that fewer sessions have, as a rule."""
    return max(OF_KIND[kind].rank for kind in by_kind(group)), len(group)


def spanned(criteria: Criteria) -> list[frozenset[int]]:
    """The groups whose spans are worth a look, the most selective first. Each has keys of one kind,
    since every kind has to be planned.

    The span of sessions that can be lost says nothing: some session is always open.
    """

    def tells(group: frozenset[int]) -> bool:
        kinds = by_kind(group)
        can_be_lost = Kind.STATUS in kinds and criteria.statuses
        return len(kinds) == 1 and is_small(group) and is_indexed(group) and not can_be_lost

    return sorted(filter(tells, criteria.groups), key=selectivity)


def sql_overlap(
    criteria: Criteria, groups: Collection[frozenset[int]], *, descending: bool, sql_edge: str = "TRUE"
) -> str:
    """SQL for one row: `near`, the first moment this way at which all groups can have sessions, and `far`, the last.

    `near` is looked up among the rows `s` that meet `sql_edge`, and may lie behind `far`. There is no row if a group
    has no sessions there. Without groups, the moments are those of all sessions of the organisation.
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
    keys = [
        f"""
        SELECT {sql_ends(f"{COLUMNS[kind]} = ident AND {criteria.sql_times()}", descending, sql_edge)}
        FROM unnest(%(group_{number}_{kind})s::bigint[]) ident
        """
        for kind in by_kind(group)
        if OF_KIND[kind].has_ids
    ]
    # The planner takes a partial index only if the condition shows that the rows are in it.
    keys += [
        f"SELECT {sql_ends(key, descending, sql_edge)}"
        for kind, key in criteria.sql_keys(group)
        if not OF_KIND[kind].has_ids
    ]
    nearest, farthest = ("max", "min") if descending else ("min", "max")
    return f"SELECT {nearest}(near) AS near, {farthest}(far) AS far FROM ({' UNION ALL '.join(keys)}) of_keys"


def sql_ends(sql_rows: str, descending: bool, sql_edge: str) -> str:
    """The first and the last moment of rows that an index has in their order."""
    moment = "SELECT s.occurred_at FROM history_session s WHERE"
    first, last = ("DESC", "ASC") if descending else ("ASC", "DESC")
    return f"""
        ({moment} {sql_rows} AND {sql_edge} ORDER BY s.occurred_at {first} LIMIT 1) AS near,
        ({moment} {sql_rows} ORDER BY s.occurred_at {last} LIMIT 1) AS far
    """
