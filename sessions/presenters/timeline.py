"""An event as a line of the timeline says it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sessions.contract.schema import Event, Session
from sessions.replay.telling import summary, tone

SHOWN_ELSEWHERE = frozenset({"event_type", "event_time", "event_properties", "source_properties"})


@dataclass(frozen=True)
class Row:
    """An event at `t` seconds on the axis. `note` tells of one outside the session's time."""

    event: Event
    t: float
    tone: str
    summary: str
    note: str
    is_at: bool

    @property
    def others(self) -> list[tuple[str, Any]]:
        """What else is known of it, by its name in JSON."""
        return [
            (name, value)
            for name in self.event.__struct_fields__
            if name not in SHOWN_ELSEWHERE and (value := getattr(self.event, name)) is not None
        ]


def row_of(record: Session, event: Event, t: float, *, is_at: bool) -> Row:
    return Row(event, t, tone(event.event_type), summary(event), _note(record, event.event_time), is_at)


def _note(record: Session, moment: datetime) -> str:
    if record.started_at and moment < record.started_at:
        return "before the start"
    if record.ended_at and moment > record.ended_at:
        return "after the end"
    return ""
