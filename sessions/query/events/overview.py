"""All events of a session at a glance: how many of each type lie in each part of its time."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sessions.postgresql.fetching import fetch_all

# So that a session of a million events opens as fast as any.
MOST_EVENTS = 200_000
MOST_GROUPS = 20_000


@dataclass(frozen=True)
class Extent:
    """The first MOST_EVENTS events of a session: how many there are, when the last one was, and the highest position.

    With `has_more`, `last` and `position` are those of one event more, by which it is known that there is one.

    Events are never changed, and one that comes has a higher position than all before. So nothing has come to them
    while the extent is the same.
    """

    count: int
    last: datetime | None
    position: int | None
    has_more: bool


class Group(NamedTuple):
    """The events of one type in one part of the time, the first of them at `t` seconds.

    Part 0 lies before the start, part `parts` + 1 after the end. Groups are ordered as their fields are.
    """

    part: int
    t: float
    event_type: str
    number: int


# The index event_in_session alone, in its order, which takes a fifth of the time of OVERVIEW.
EXTENT = """
SELECT count(*), max(event_time), max(position)
FROM (
    SELECT event_time, position FROM history_event WHERE session_id = %(id)s
    ORDER BY event_time, position LIMIT %(most)s
) AS event
"""
# Index event_in_session. Nothing is sorted: the events are bounded by a time and not by ORDER BY with LIMIT, and the
# groups are ordered here. date_part calculates with floating point, and so takes half the time that extract takes; a
# timestamp for each group would take longer to read than all the rest.
OVERVIEW = """
SELECT part, min(t), event_type, count(*)
FROM (
    SELECT event_type, t, width_bucket(t, 0, %(length)s, %(parts)s) AS part
    FROM (
        SELECT event_type, date_part('epoch', event_time - %(origin)s) AS t
        FROM history_event WHERE session_id = %(id)s AND event_time <= %(last)s
    ) AS timed
) AS event
GROUP BY part, event_type
LIMIT %(groups)s
"""


def extent_of(session_id: UUID) -> Extent:
    ((count, last, position),) = fetch_all(EXTENT, {"id": session_id, "most": MOST_EVENTS + 1})
    return Extent(min(count, MOST_EVENTS), last, position, count > MOST_EVENTS)


def overview(session_id: UUID, extent: Extent, origin: datetime, length: float, parts: int) -> list[Group]:
    """The events of `length` seconds from `origin` in so many parts, and those before and after, in order."""
    rows = fetch_all(
        OVERVIEW,
        {
            "id": session_id,
            "last": extent.last,
            "origin": origin,
            "length": length,
            "parts": parts,
            "groups": MOST_GROUPS,
        },
    )
    return sorted(Group(*row) for row in rows)
