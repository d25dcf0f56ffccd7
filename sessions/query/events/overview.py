"""All events of a session at a glance: how many of each type lie in each part of its time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sessions.postgresql.fetching import fetch_all

# So that a session of a million events opens as fast as any.
MOST_EVENTS = 200_000
MOST_GROUPS = 20_000


@dataclass(frozen=True)
class Group:
    """The events of one type in one part of the time: part 0 lies before the start, part `parts` + 1 after the end."""

    part: int
    event_type: str
    count: int
    first: datetime


# Index event_in_session. The limit stands inside, so no more than MOST_EVENTS are read. date_part calculates with
# floating point, and so takes half the time that extract takes.
OVERVIEW = """
SELECT part, event_type, count(*), min(event_time) AS first
FROM (
    SELECT event_type, event_time,
        width_bucket(date_part('epoch', event_time - %(origin)s), 0, %(length)s, %(parts)s) AS part
    FROM history_event WHERE session_id = %(id)s
    ORDER BY event_time, position LIMIT %(most)s
) AS event
GROUP BY part, event_type
ORDER BY part, first, event_type
LIMIT %(groups)s
"""


def overview(session_id: UUID, origin: datetime, length: float, parts: int) -> list[Group]:
    """The events of `length` seconds from `origin` in so many parts, and those before and after, in order."""
    rows = fetch_all(
        OVERVIEW,
        {
            "id": session_id,
            "origin": origin,
            "length": length,
            "parts": parts,
            "most": MOST_EVENTS,
            "groups": MOST_GROUPS,
        },
    )
    return [Group(*row) for row in rows]
