"""What went wrong in a session: its first error, and how many more there are of each kind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sessions.query.events.timeline import Asked, events_page
from sessions.replay.axis import Axis
from sessions.replay.lanes import EventTypes
from sessions.replay.telling import summary

EVENTS = "error event"
GRAVEST_FIRST = ("events", "log", "network")


@dataclass(frozen=True)
class Trouble:
    """One error: which panel shows it, when it happened (None where that is not known), and what it says.

    `counted` are the words of the Count that it belongs to; `line` is its number in a log, else 0.
    """

    tab: str
    t: float | None
    title: str
    text: str
    counted: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Count:
    """How many there are of one kind, which panel lists them, and the filter that leaves only these.

    `words` name one of them. With `has_more`, there may be more of them than were counted.
    """

    tab: str
    words: str
    number: int
    filters: tuple[tuple[str, str], ...] = ()
    has_more: bool = False


@dataclass(frozen=True)
class Troubles:
    """`first` is the earliest; `others` are the kinds of which there are more, with how many more."""

    first: Trouble | None
    others: list[Count]


def told_apart(reason: str, first: Trouble | None) -> tuple[str, Trouble | None]:
    """Why a session failed and its first error, neither with the words of the other.

    An error's text is cut where it is long, so it may be the beginning of the reason.
    """
    if first is None:
        return reason, None
    words, text = " ".join(reason.split()), " ".join(first.text.split())
    if words in text:
        return "", first
    return reason, replace(first, text="") if text in words else first


def event_trouble(session_id: UUID, axis: Axis, types: EventTypes) -> tuple[list[Trouble], Count]:
    """The first event that tells of trouble, and how many do."""
    bad = set(types.bad)
    number = sum(count for name, count in types.counts if name in bad)
    events = events_page(session_id, Asked(types.bad), limit=1).events if bad else []
    found = [Trouble("events", axis.t(event.event_time), event.event_type, summary(event), EVENTS) for event in events]
    return found, Count("events", EVENTS, number, (("errors", "1"),), types.has_more)


def troubles_of(found: Sequence[Trouble], counts: Sequence[Count]) -> Troubles:
    """The first of the gravest kind: many a request fails of which nobody notices anything.

    Several files may count things of one kind; these are counted together.

    One whose moment is not known comes after those of its kind with one.
    """
    first = min(found, key=lambda one: (GRAVEST_FIRST.index(one.tab), one.t is None, one.t or 0.0), default=None)
    numbers = Counter({first.counted: -1}) if first else Counter()
    for count in counts:
        numbers[count.words] += count.number
    kinds = {count.words: count for count in counts}
    others = [replace(count, number=numbers[words]) for words, count in kinds.items()]
    others.sort(key=lambda count: GRAVEST_FIRST.index(count.tab))
    return Troubles(first, [count for count in others if count.number > 0])
