"""Events of a session that is there."""

import io
from uuid import UUID

from django.db import DataError, IntegrityError
from django.utils import timezone
from prometheus_client import Counter

from sessions.contract.line_errors import LineError
from sessions.contract.schema import Event
from sessions.ingest.reading.clocks import skew_ms
from sessions.ingest.reading.identity import event_ids
from sessions.ingest.reading.ndjson import lines
from sessions.ingest.reading.normalise import normalise_events
from sessions.ingest.reading.parse import parse, refuse_too_many_values
from sessions.ingest.writing.heartbeat import beat
from sessions.ingest.writing.load import INSERT_EVENTS, refusal
from sessions.ingest.writing.rows import event_row
from sessions.ingest.writing.staging import merge
from sessions.postgresql.retrying import in_transaction
from sessions.receiving.sender import Sender

COUNTED = INSERT_EVENTS + "RETURNING id"
EVENTS = Counter(
    "session_history_events_received",
    "Events that were added to sessions over HTTP, by what became of them.",
    ["outcome"],
)
MANY = 1_000  # events take a slow disk longer than a page may


def parse_lines(raw: bytes) -> list[Event]:
    """NDJSON, an event a line. Raises LineError whose field counts the events from 0."""
    refuse_too_many_values(raw)
    events: list[Event] = []
    for line in lines(io.BytesIO(raw)):
        try:
            events.append(parse(line.raw, Event))
        except LineError as error:
            place = f"events[{len(events)}]"
            raise LineError(error.code, f"{place}.{error.field}" if error.field else place, error.message) from error
    return events


def add_events(sender: Sender, session_id: UUID, events: list[Event]) -> int:
    """How many of them are new; all are kept, or none. Raises LineError."""
    normalise_events(events)
    keyed = dict(zip(event_ids(session_id, events), events, strict=True))

    def write() -> int:
        sender.hold(session_id)
        now = timezone.now()
        beat(session_id, now, skew_ms((event.event_time for event in events), now, sender.clock_ahead))
        if not keyed:
            return 0
        rows = (event_row(sender.organisation.pk, session_id, ident, event) for ident, event in keyed.items())
        return len(merge("history_event", rows, len(keyed), COUNTED))

    try:
        new = in_transaction(write, "import" if len(keyed) > MANY else None)
    except (DataError, IntegrityError) as error:
        raise refusal(error) from error
    EVENTS.labels("new").inc(new)
    EVENTS.labels("known").inc(len(events) - new)
    return new
