"""The lanes of a session's axis: what is drawn for its events, files and requests."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from uuid import UUID

from sessions.contract.schema import Session
from sessions.query.events.overview import Extent, Group, extent_of, overview
from sessions.replay.axis import Axis
from sessions.replay.telling import tone

# Of the events: one mark for each of these parts of the time, which are narrower than a mark on any screen.
PARTS = 480
GRAVITIES = ("", "warn", "bad")


@dataclass(frozen=True)
class Mark:
    """One or more things at about the same moment. `t` is that of the first one of this tone."""

    t: float
    x: float
    tone: str
    label: str
    count: int


@dataclass(frozen=True)
class EventTypes:
    """How often each type occurs, the most frequent first; those that tell of trouble; how many events there are.

    `has_more` where there are more than were counted.
    """

    counts: list[tuple[str, int]]
    bad: list[str]
    total: int
    has_more: bool = False


@dataclass(frozen=True)
class EventsLane:
    """Where there are more events than are counted, nothing is known from `uncounted` percent of the axis on."""

    marks: list[Mark] = field(default_factory=list)
    types: EventTypes = field(default_factory=lambda: EventTypes([], [], 0))
    uncounted: float = 100.0


def events_lane(record: Session, axis: Axis) -> EventsLane:
    extent = extent_of(record.id)
    return _lane(record.id, extent, axis) if extent.count else EventsLane()


# A lane of 100,000 events takes a tenth of a second, and is asked for with each panel of the page. It is kept while no
# event comes to it; up to 200 KB each.
@lru_cache(maxsize=32)
def _lane(session_id: UUID, extent: Extent, axis: Axis) -> EventsLane:
    groups = overview(session_id, extent, axis.origin, axis.length, PARTS)
    totals: Counter[str] = Counter()
    for group in groups:
        totals[group.event_type] += group.number
    tones = {name: tone(name) for name in totals}
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    types = EventTypes(ordered, [name for name, _ in ordered if tones[name] == "bad"], extent.count, extent.has_more)
    uncounted = axis.share(axis.t(extent.last)) if extent.has_more and extent.last else 100.0
    return EventsLane(list(_marks(groups, tones, axis)), types, uncounted)


def _marks(groups: Sequence[Group], tones: Mapping[str, str], axis: Axis) -> Iterator[Mark]:
    """One for each part that has events, of the gravest tone in it."""
    # What came after the end stands at the end, and what came before the start at the start.
    for _, inside in groupby(groups, key=lambda group: min(max(group.part, 1), PARTS)):
        first, count = None, 0
        for group in inside:
            count += group.number
            if first is None or GRAVITIES.index(tones[group.event_type]) > GRAVITIES.index(tones[first.event_type]):
                first = group
        assert first is not None
        more = f" and {count - 1:,} more" if count > 1 else ""
        worst = tones[first.event_type]
        yield Mark(first.t, axis.share(first.t), worst, f"{first.event_type}{more}", count)


def ticks(axis: Axis, most: int = 8) -> list[tuple[float, float]]:
    """(t, percent) of the times that are written at the axis: at most so many, in steps that one can read."""
    steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
             3600, 7200, 14400, 28800, 86400)  # fmt: skip
    step: float = next((step for step in steps if axis.length / step <= most), 86400.0)
    while axis.length / step > most:
        step *= 2
    return [(number * step, axis.share(number * step)) for number in range(int(axis.length / step) + 1)]
