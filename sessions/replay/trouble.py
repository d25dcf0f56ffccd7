"""What went wrong in a session: its first error, and how many more there are of each kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sessions.query.events.timeline import Asked, events_page
from sessions.replay.axis import Axis
from sessions.replay.lanes import EventTypes
from sessions.replay.telling import summary


@dataclass(frozen=True)
class Trouble:
    """One error: which panel shows it, when it happened (None where that is not known), and what it says."""

    tab: str
    t: float | None
    title: str
    text: str
    file: str = ""


@dataclass(frozen=True)
class Troubles:
    """`first` is the earliest; `counts` says for each kind, such as "error events", how many there are."""

    first: Trouble | None
    counts: list[tuple[str, str, int]]

    @property
    def others(self) -> list[tuple[str, str, int]]:
        """`counts` without the first one, as (tab, words, number)."""
        if self.first is None:
            return []
        left = [(tab, words, number - (tab == self.first.tab)) for tab, words, number in self.counts]
        return [(tab, words, number) for tab, words, number in left if number > 0]


def event_trouble(session_id: UUID, axis: Axis, types: EventTypes) -> tuple[list[Trouble], int]:
    """The first event that tells of trouble, and how many do."""
    if not types.bad:
        return [], 0
    bad = set(types.bad)
    events = events_page(session_id, Asked(types.bad), limit=1).events
    found = [Trouble("events", axis.t(event.event_time), event.event_type, summary(event)) for event in events]
    return found, sum(count for name, count in types.counts if name in bad)


def first_of(found: Sequence[Trouble], counts: list[tuple[str, str, int]]) -> Troubles:
    """The earliest of these; one whose moment is not known only where there is no other."""
    earliest = min(found, key=lambda one: (one.t is None, one.t or 0.0), default=None)
    return Troubles(earliest, [(tab, words, number) for tab, words, number in counts if number])
