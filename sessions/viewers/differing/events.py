"""The events of two sessions, aligned: which are missing, which were added, and what differs in the others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import msgspec

from sessions.contract.schema import Event
from sessions.viewers.differing.alignment import aligned
from sessions.viewers.differing.change import Change
from sessions.viewers.differing.steady import numberless, steady

MOST_EVENTS = 1_000
MOST_FIELDS = 40
LONGEST_VALUE = 500
# Said by the row itself; or known of the session as a whole, and another one in each.
_NOT_COMPARED = frozenset(
    {"event_type", "event_time", "event_properties", "source_properties", "device_id", "client_id", "capture_id", "ip"}
)


@dataclass(frozen=True)
class Step:
    """An event as far as it is compared, and as a page shows it.

    `words` are its summary, `tone` says whether it tells of trouble, `t` is in seconds from its session's start.
    `fields` are its fields and properties by name.
    """

    type: str
    words: str
    tone: str
    moment: datetime
    t: float
    fields: dict[str, str]

    @cached_property
    def steady(self) -> tuple[str, str]:
        return self.type, steady(self.words)


class Difference(NamedTuple):
    """A field that differs; None where an event does not have it."""

    name: str
    first: str | None
    second: str | None


@dataclass(frozen=True)
class EventPair:
    first: Step | None
    second: Step | None

    @property
    def change(self) -> Change:
        if self.second is None:
            return Change.MISSING
        if self.first is None:
            return Change.ADDED
        return Change.CHANGED if self.differences or self.first.steady != self.second.steady else Change.SAME

    @cached_property
    def differences(self) -> list[Difference]:
        if self.first is None or self.second is None:
            return []
        names = dict.fromkeys([*self.first.fields, *self.second.fields])
        pairs = [Difference(name, self.first.fields.get(name), self.second.fields.get(name)) for name in names]
        return [one for one in pairs if steady(one.first or "") != steady(one.second or "")]


def step_of(event: Event, words: str, tone: str = "", t: float = 0.0) -> Step:
    """Only the first MOST_FIELDS fields, and of each LONGEST_VALUE characters, are compared."""
    fields: dict[str, str] = {}
    named = [(name, getattr(event, name)) for name in event.__struct_fields__ if name not in _NOT_COMPARED]
    for name, value in [*named, *event.event_properties.items(), *event.source_properties.items()]:
        if len(fields) == MOST_FIELDS:
            break
        if value is not None:
            fields.setdefault(name, _text(value))
    return Step(event.event_type, words, tone, event.event_time, t, fields)


def compare_events(first: list[Step], second: list[Step]) -> list[EventPair]:
    """Pairs of the same type that say the same; between them, pairs of the same type."""
    keys: tuple[Callable[[Step], object], ...] = (
        lambda step: step.steady,
        lambda step: (step.type, numberless(step.words)),
        lambda step: step.type,
    )
    return [EventPair(*pair) for pair in aligned(first, second, *keys)]


def _text(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text[:LONGEST_VALUE]
