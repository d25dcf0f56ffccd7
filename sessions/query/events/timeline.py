"""One session's events in the order they happened. Call with the id of a session that `find_session` has found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.core import signing
from django.db import connection
from django.db.models import Q

from sessions.contract import schema
from sessions.models import Event
from sessions.query.criteria.order import InvalidCursorError

EVENTS_ON_A_PAGE = 200
EVENTS_AT_ONCE = 2_000
# Counting types stops here, so that a session of a million events opens as fast as any.
COUNT_CAP = 20_000
MOST_TYPES = 40

# The columns in the order of the JSON's fields. One name differs.
_COLUMNS = ["device_identifier" if name == "device_id" else name for name in schema.Event.__struct_fields__]
SALT = "sessions.event_cursor"
_Place = tuple[datetime, int, UUID]


@dataclass(frozen=True)
class EventsPage:
    """`next_cursor` is None on the last page."""

    events: list[schema.Event]
    next_cursor: str | None


@dataclass(frozen=True)
class EventTypes:
    """How often each of the MOST_TYPES most frequent types occurs, and how many events there are in all.

    `capped` when only the first COUNT_CAP events were counted.
    """

    counts: list[tuple[str, int]]
    total: int
    capped: bool


def events_page(
    session_id: UUID, *, types: Iterable[str] = (), after: str | None = None, limit: int = EVENTS_ON_A_PAGE
) -> EventsPage:
    """Up to `limit` events behind the cursor `after`, of these types or of all. Raises InvalidCursorError."""
    events, places = _read(session_id, types, _place(session_id, after) if after else None, limit + 1)
    more = len(events) > limit
    return EventsPage(events[:limit], _cursor(session_id, places[limit - 1]) if more else None)


def every_event(session_id: UUID, *, types: Iterable[str] = ()) -> Iterator[schema.Event]:
    """All events, read in portions, for readers that take a session whole."""
    types = list(types)
    place: _Place | None = None
    while True:
        events, places = _read(session_id, types, place, EVENTS_AT_ONCE)
        yield from events
        if len(events) < EVENTS_AT_ONCE:
            return
        place = places[-1]


def event_types(session_id: UUID) -> EventTypes:
    with connection.cursor() as cursor:
        # Index event_in_session. The limit stands inside, so the count reads no more than the cap.
        cursor.execute(
            """
            SELECT event_type, count(*), sum(count(*)) OVER ()
            FROM (SELECT event_type FROM history_event WHERE session_id = %(id)s
                  ORDER BY event_time, position LIMIT %(cap)s) AS first_events
            GROUP BY event_type
            ORDER BY count(*) DESC, event_type
            LIMIT %(types)s
            """,
            {"id": session_id, "cap": COUNT_CAP, "types": MOST_TYPES},
        )
        rows = cursor.fetchall()
    total = int(rows[0][2]) if rows else 0
    return EventTypes([(name, count) for name, count, _ in rows], total, total >= COUNT_CAP)


def _read(
    session_id: UUID, types: Iterable[str], place: _Place | None, limit: int
) -> tuple[list[schema.Event], list[_Place]]:
    """The events after `place`, by the index event_in_session (session, event_time, position)."""
    found = Event.objects.filter(session_id=session_id)
    if chosen := list(types):
        found = found.filter(event_type__in=chosen)
    if place:
        moment, position, ident = place
        # Two bounds: the index uses the first, and the second decides among events of the same moment.
        later = Q(event_time__gt=moment) | Q(position__gt=position) | Q(position=position, id__gt=ident)
        found = found.filter(event_time__gte=moment).filter(later)
    rows = found.order_by("event_time", "position", "id").values_list("position", "id", *_COLUMNS)[:limit]
    events, places = [], []
    for position, ident, *values in rows:
        event = schema.Event(*values)
        events.append(event)
        places.append((event.event_time, position, ident))
    return events, places


def _cursor(session_id: UUID, place: _Place) -> str:
    moment, position, ident = place
    said = [session_id.hex, moment.astimezone(UTC).isoformat(), position, ident.hex]
    return signing.Signer(salt=SALT).sign_object(said)


def _place(session_id: UUID, cursor: str) -> _Place:
    try:
        owner, moment, position, ident = signing.Signer(salt=SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursorError("This cursor was not issued here, or was altered.") from error
    if owner != session_id.hex:
        raise InvalidCursorError("This cursor belongs to another session.")
    return datetime.fromisoformat(moment), int(position), UUID(ident)
