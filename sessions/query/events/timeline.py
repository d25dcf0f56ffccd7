"""One session's events in the order they happened. Call with the id of a session that `find_session` has found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from sessions.contract import schema
from sessions.models import Event
from sessions.query.criteria.order import InvalidCursorError

EVENTS_ON_A_PAGE = 200
EVENTS_AT_ONCE = 2_000

# The columns in the order of the JSON's fields. One name differs.
_COLUMNS = ["device_identifier" if name == "device_id" else name for name in schema.Event.__struct_fields__]
SALT = "sessions.event_cursor"
_Place = tuple[datetime, int, UUID]
_Found = tuple[_Place, schema.Event]


@dataclass(frozen=True)
class Asked:
    """Which events of a session are wanted: of these types, with this text, between two moments, both included.

    What is empty or None asks for nothing. The text is looked for in any case in the type, the view and the properties.
    """

    types: Sequence[str] = ()
    text: str = ""
    first: datetime | None = None
    last: datetime | None = None


ALL = Asked()


@dataclass(frozen=True)
class EventsPage:
    """A cursor is None where no event lies further that way. `last_cursor` is that of the last event here."""

    events: list[schema.Event]
    next_cursor: str | None
    prev_cursor: str | None = None
    last_cursor: str | None = None


def events_page(
    session_id: UUID, asked: Asked = ALL, *, after: str | None = None, limit: int = EVENTS_ON_A_PAGE
) -> EventsPage:
    """Up to `limit` events behind the cursor `after`. Raises InvalidCursorError."""
    place = _place(session_id, after) if after else None
    found = _read(session_id, asked, place, limit + 1)
    return _page(session_id, found[:limit], more=len(found) > limit, fewer=place is not None)


def events_before(session_id: UUID, asked: Asked, before: str, *, limit: int = EVENTS_ON_A_PAGE) -> EventsPage:
    """Up to `limit` events ahead of the cursor `before`. Raises InvalidCursorError."""
    found = _read_back(session_id, asked, _place(session_id, before), limit + 1)
    return _page(session_id, found[:limit][::-1], more=True, fewer=len(found) > limit)


def events_around(session_id: UUID, asked: Asked, moment: datetime, *, limit: int = EVENTS_ON_A_PAGE) -> EventsPage:
    """Events on both sides of a moment: a quarter of `limit` before it, if there are as many, or more near the end."""
    edge = (moment + timedelta(microseconds=1), -1, UUID(int=0))
    earlier = _read_back(session_id, asked, edge, limit + 1)
    later = _read(session_id, asked, edge, limit + 1)
    kept = earlier[: max(limit // 4, limit - len(later))][::-1]
    shown = [*kept, *later[: limit - len(kept)]]
    return _page(session_id, shown, more=len(kept) + len(later) > limit, fewer=len(earlier) > len(kept))


def every_event(session_id: UUID, *, types: Sequence[str] = ()) -> Iterator[schema.Event]:
    """All events, read in portions, for readers that take a session whole."""
    asked = Asked(types)
    place: _Place | None = None
    while True:
        found = _read(session_id, asked, place, EVENTS_AT_ONCE)
        yield from (event for _, event in found)
        if len(found) < EVENTS_AT_ONCE:
            return
        place = found[-1][0]


def last_event_time(session_id: UUID) -> datetime | None:
    """By the index event_in_session."""
    times = Event.objects.filter(session_id=session_id).order_by("-event_time").values_list("event_time", flat=True)
    return times.first()


def _page(session_id: UUID, found: list[_Found], *, more: bool, fewer: bool) -> EventsPage:
    """`more` and `fewer`: whether events lie behind these, and ahead of them."""
    last = _cursor(session_id, found[-1][0]) if found else None
    return EventsPage(
        [event for _, event in found],
        last if more else None,
        _cursor(session_id, found[0][0]) if found and fewer else None,
        last,
    )


def _asked(session_id: UUID, asked: Asked) -> QuerySet[Event]:
    found = Event.objects.filter(session_id=session_id)
    if asked.types:
        found = found.filter(event_type__in=asked.types)
    if asked.first:
        found = found.filter(event_time__gte=asked.first)
    if asked.last:
        found = found.filter(event_time__lte=asked.last)
    if asked.text:
        found = found.alias(
            said=Cast("event_properties", TextField()), source=Cast("source_properties", TextField())
        ).filter(
            Q(event_type__icontains=asked.text)
            | Q(view_id__icontains=asked.text)
            | Q(said__icontains=asked.text)
            | Q(source__icontains=asked.text)
        )
    return found


def _read(session_id: UUID, asked: Asked, place: _Place | None, limit: int) -> list[_Found]:
    """The events after `place`, by the index event_in_session (session, event_time, position)."""
    found = _asked(session_id, asked)
    if place:
        moment, position, ident = place
        # Two bounds: the index uses the first, and the second decides among events of the same moment.
        later = Q(event_time__gt=moment) | Q(position__gt=position) | Q(position=position, id__gt=ident)
        found = found.filter(event_time__gte=moment).filter(later)
    return _rows(found.order_by("event_time", "position", "id"), limit)


def _read_back(session_id: UUID, asked: Asked, place: _Place, limit: int) -> list[_Found]:
    """The events before `place`, the last first, by the same index."""
    moment, position, ident = place
    earlier = Q(event_time__lt=moment) | Q(position__lt=position) | Q(position=position, id__lt=ident)
    found = _asked(session_id, asked).filter(event_time__lte=moment).filter(earlier)
    return _rows(found.order_by("-event_time", "-position", "-id"), limit)


def _rows(found: QuerySet[Event], limit: int) -> list[_Found]:
    read = []
    for position, ident, *values in found.values_list("position", "id", *_COLUMNS)[:limit]:
        event = schema.Event(*values)
        read.append(((event.event_time, position, ident), event))
    return read


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
