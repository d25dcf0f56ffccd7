"""Events across sessions, newest first: only those of sessions that the viewer may see.

Events are read in the order of their index, some at a time. Then visibility and all other conditions are checked on
the event's row and on its session's. A request reads a bounded number of events, so a page may hold fewer of them than
asked for, or none, and still have a next page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core import signing

from sessions.contract import schema
from sessions.models import User
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.order import InvalidCursorError
from sessions.query.criteria.visibility import visible_to
from sessions.query.rows import utc

EVENTS_AT_ONCE = 2_000
MOST_READ = 20_000
SALT = "sessions.event_list_cursor"

# The columns that can be asked for, by name. A device is the event's own, or else its session's.
CONDITIONS = {
    "event_type": "e.event_type",
    "interaction": "e.interaction",
    "installation_id": "s.installation_id",
    "space_id": "s.space_id",
    "device_id": "COALESCE(e.device_identifier, s.device_identifier)",
}
# Among events of one moment, the one that was sent last comes first.
NEWEST_FIRST = "e.event_time DESC, e.position DESC, e.id DESC"
_COLUMNS = {
    "event_time": utc("e.event_time"),
    "device_id": "e.device_identifier",
    "ip": "host(e.ip)",
    "source_properties": "e.source_properties::json",
    "event_properties": "e.event_properties::json",
}
_FIELDS = ", ".join(f"'{name}', {_COLUMNS.get(name, f'e.{name}')}" for name in schema.Event.__struct_fields__)
EVENT_JSON = f"""
    json_build_object(
        'id', e.id, 'session_id', e.session_id, {_FIELDS}, 'session', json_build_object(
            'data_residency', s.data_residency, 'installation_id', s.installation_id, 'space_id', s.space_id,
            'device_id', s.device_identifier, 'client_id', s.client_id, 'capture_id', s.capture_id,
            'client_ip', host(s.client_ip)
        )
    )::text
"""

Place = tuple[datetime, int, UUID]


class OfSession(schema.Part, kw_only=True):
    """The fields of an event's session that may apply to the event as well."""

    data_residency: str | None
    installation_id: str | None
    space_id: str | None
    device_id: str | None
    client_id: str | None
    capture_id: str | None
    client_ip: str | None


class ListedEvent(schema.Event, kw_only=True):
    """An event as these lists give it."""

    id: UUID
    session_id: UUID
    session: OfSession


@dataclass(frozen=True)
class EventSearch:
    """Times from `start` up to but without `end`; `values` by the names of CONDITIONS."""

    viewer: User
    start: datetime | None = None
    end: datetime | None = None
    session: UUID | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def sql_range(self) -> str:
        """The part that an index answers: event_in_session for one session, else event_in_organisation."""
        parts = ["e.organisation_id = %(organisation)s"]
        parts += ["e.session_id = %(session)s"] if self.session else []
        parts += ["e.event_time >= %(from)s"] if self.start else []
        parts += ["e.event_time < %(until)s"] if self.end else []
        return " AND ".join(parts)

    def sql_matches(self) -> str:
        visible = visible_to(self.viewer)
        parts = [visible.sql_range(), visible.sql_matches()]
        return " AND ".join(parts + [f"{CONDITIONS[name]} = %({name})s" for name in self.values])

    @property
    def parameters(self) -> dict[str, Any]:
        times = {"from": self.start, "until": self.end, "session": self.session}
        return {**visible_to(self.viewer).parameters, **times, **self.values}


@dataclass
class EventPage:
    """`texts` are events as JSON (`ListedEvent`), fetched some at a time. Once they are read, `next_cursor` is where
    more events begin, or None if there are none."""

    texts: Iterator[str] = field(default_factory=lambda: iter(()))
    next_cursor: str | None = None


def event_page(search: EventSearch, limit: int, cursor: str | None = None) -> EventPage:
    """Up to `limit` events behind the cursor. Raises InvalidCursorError."""
    page = EventPage()
    page.texts = _texts(page, search, limit, _from_cursor(cursor) if cursor else None)
    return page


def _texts(page: EventPage, search: EventSearch, limit: int, place: Place | None) -> Iterator[str]:
    found, read, at_once = 0, 0, min(limit + 1, EVENTS_AT_ONCE)
    last: Place | None = None
    while True:
        rows = _read(search, place, at_once)
        for *at, text in rows:
            if text and found == limit and last:
                page.next_cursor = _to_cursor(last)
                return
            if text:
                last = _place(at)
                found += 1
                yield text
        if len(rows) < at_once:
            return
        place = _place(rows[-1])
        read, at_once = read + len(rows), EVENTS_AT_ONCE
        if read >= max(MOST_READ, 2 * limit):
            page.next_cursor = _to_cursor(place)
            return


def every_listed_event(search: EventSearch) -> Iterator[str]:
    """All events of a range, in constant memory. The range must be one that may be read whole."""
    place: Place | None = None
    while True:
        rows = _find(search, place)
        yield from (text for *_, text in rows)
        if len(rows) < EVENTS_AT_ONCE:
            return
        place = _place(rows[-1])


def _find(search: EventSearch, place: Place | None) -> list[tuple[Any, ...]]:
    """The next events that match: (time, position, id, text). Reads up to all of the range, if few match."""
    return fetch_all(
        f"""
        SELECT e.event_time, e.position, e.id, {EVENT_JSON}
        FROM history_event e JOIN history_session s ON s.id = e.session_id
        WHERE {search.sql_range()} AND {_beyond(place)} AND {search.sql_matches()}
        ORDER BY {NEWEST_FIRST} LIMIT %(at_once)s
        """,
        {**search.parameters, **_after(place), "at_once": EVENTS_AT_ONCE},
    )


def _read(search: EventSearch, place: Place | None, at_once: int) -> list[tuple[Any, ...]]:
    """The next events in order: (time, position, id, text), without the text of those that do not match."""
    return fetch_all(
        f"""
        SELECT e.event_time, e.position, e.id, CASE WHEN {search.sql_matches()} THEN {EVENT_JSON} END
        FROM (
            SELECT * FROM history_event e WHERE {search.sql_range()} AND {_beyond(place)}
            ORDER BY {NEWEST_FIRST} LIMIT %(at_once)s
        ) e
        JOIN history_session s ON s.id = e.session_id
        ORDER BY {NEWEST_FIRST}
        """,
        {**search.parameters, **_after(place), "at_once": at_once},
    )


def _place(row: Sequence[Any]) -> Place:
    return row[0], row[1], row[2]


def _beyond(place: Place | None) -> str:
    return "(e.event_time, e.position, e.id) < (%(place_time)s, %(place)s, %(place_id)s)" if place else "TRUE"


def _after(place: Place | None) -> dict[str, Any]:
    return {"place_time": place[0], "place": place[1], "place_id": place[2]} if place else {}


def _to_cursor(place: Place) -> str:
    moment, position, ident = place
    return signing.Signer(salt=SALT).sign_object([moment.astimezone(UTC).isoformat(), position, ident.hex])


def _from_cursor(cursor: str) -> Place:
    try:
        moment, position, ident = signing.Signer(salt=SALT).unsign_object(cursor)
        return datetime.fromisoformat(moment), int(position), UUID(ident)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursorError("This cursor was not issued here, or was altered.") from error
