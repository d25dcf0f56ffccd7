"""The lanes of a session's axis: what is drawn for its events, files and requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sessions.contract.schema import Session
from sessions.query.events.overview import Group, overview
from sessions.replay.axis import Axis
from sessions.replay.telling import tone

# Of the events: one mark for each of these parts of the time, which are narrower than a mark on any screen.
PARTS = 480
GRAVEST_FIRST = ("bad", "warn", "")


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
    """How often each type occurs, the most frequent first; those that tell of trouble; how many events there are."""

    counts: list[tuple[str, int]]
    bad: list[str]
    total: int


@dataclass(frozen=True)
class EventsLane:
    marks: list[Mark] = field(default_factory=list)
    types: EventTypes = field(default_factory=lambda: EventTypes([], [], 0))


def events_lane(record: Session, axis: Axis) -> EventsLane:
    groups = overview(record.id, axis.origin, axis.length, PARTS)
    return EventsLane(_marks(groups, axis), _types(groups))


def _marks(groups: Sequence[Group], axis: Axis) -> list[Mark]:
    """One for each part that has events, of the gravest tone in it."""
    parts: dict[int, list[Group]] = {}
    for group in groups:
        # What came after the end stands at the end, and what came before the start at the start.
        parts.setdefault(min(max(group.part, 1), PARTS), []).append(group)
    found = []
    for inside in parts.values():
        worst = min((tone(group.event_type) for group in inside), key=GRAVEST_FIRST.index)
        first = min((group for group in inside if tone(group.event_type) == worst), key=lambda group: group.first)
        t = axis.t(first.first)
        count = sum(group.count for group in inside)
        more = f" and {count - 1:,} more" if count > 1 else ""
        found.append(Mark(t, axis.share(t), worst, f"{first.event_type}{more}", count))
    return found


def _types(groups: Sequence[Group]) -> EventTypes:
    counts: dict[str, int] = {}
    for group in groups:
        counts[group.event_type] = counts.get(group.event_type, 0) + group.count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return EventTypes(ordered, [name for name, _ in ordered if tone(name) == "bad"], sum(counts.values()))


def ticks(axis: Axis, most: int = 8) -> list[tuple[float, float]]:
    """(t, percent) of the times that are written at the axis: at most so many, in steps that one can read."""
    steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
             3600, 7200, 14400, 28800, 86400)  # fmt: skip
    step: float = next((step for step in steps if axis.length / step <= most), 86400.0)
    while axis.length / step > most:
        step *= 2
    return [(number * step, axis.share(number * step)) for number in range(int(axis.length / step) + 1)]
