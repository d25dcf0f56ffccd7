"""The panel of events: those around the moment, or of the range, filtered by type and text."""

from typing import Any

from django.core.exceptions import BadRequest

from sessions.contract.schema import Event, Session
from sessions.http.roles import MemberRequest
from sessions.presenters.timeline import Row, row_of
from sessions.query.criteria.order import InvalidCursorError
from sessions.query.events.timeline import Asked, EventsPage, events_around, events_before, events_page
from sessions.replay.axis import Axis, Scope
from sessions.replay.lanes import EventsLane

LONGEST_SEARCH = 200
MOST_TYPES = 40
# Around the moment. A browser takes a tenth of a second for twice as many.
MOST_EVENTS = 100
FROM_THE_START = "start"


def events_panel(request: MemberRequest, record: Session, axis: Axis, scope: Scope, lane: EventsLane) -> dict[str, Any]:
    types = request.GET.getlist("type")
    text = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    only_errors = "errors" in request.GET
    wanted = [name for name in lane.types.bad if not types or name in types] if only_errors else types
    if only_errors and not wanted:
        page = EventsPage([], None)
    else:
        page = _page(request, record, axis, scope, Asked(wanted, text, *_range(axis, scope)))
    rows = _rows(record, axis, scope, page.events)
    return {
        "rows": rows,
        "page": page,
        "types": [(name, count, name in types) for name, count in lane.types.counts[:MOST_TYPES]],
        "chosen_types": types,
        "only_errors": only_errors,
        "text": text,
        "total": lane.types.total,
        "has_more": lane.types.has_more,
        "is_filtered": bool(types or text or only_errors or scope.has_range),
    }


def new_events(since: str, record: Session, axis: Axis) -> dict[str, Any]:
    """What an open session's page adds to the end of its events: those behind the cursor `since`, which may be empty.

    Raises BadRequest.
    """
    if not since:
        return {"rows": [], "since": ""}
    try:
        page = events_page(record.id, after=None if since == FROM_THE_START else since)
    except InvalidCursorError as error:
        raise BadRequest(str(error)) from error
    return {"rows": _rows(record, axis, Scope(), page.events), "since": page.last_cursor or since}


def since_of(panel: dict[str, Any]) -> str:
    """The cursor behind which new events belong to the panel's end; nothing where they do not."""
    if panel["is_filtered"] or panel["page"].next_cursor:
        return ""
    return panel["page"].last_cursor or FROM_THE_START


def _range(axis: Axis, scope: Scope) -> tuple[Any, Any]:
    if scope.first is None or scope.last is None:
        return None, None
    return axis.moment(scope.first), axis.moment(scope.last)


def _page(request: MemberRequest, record: Session, axis: Axis, scope: Scope, asked: Asked) -> EventsPage:
    try:
        if before := request.GET.get("before"):
            return events_before(record.id, asked, before, limit=MOST_EVENTS)
        if (after := request.GET.get("after")) or scope.t is None:
            return events_page(record.id, asked, after=after, limit=MOST_EVENTS)
    except InvalidCursorError as error:
        raise BadRequest(str(error)) from error
    return events_around(record.id, asked, axis.moment(scope.t), limit=MOST_EVENTS)


def _rows(record: Session, axis: Axis, scope: Scope, events: list[Event]) -> list[Row]:
    times = [axis.t(event.event_time) for event in events]
    # An address has milliseconds, where a moment has microseconds.
    earlier = [] if scope.t is None else [place for place, t in enumerate(times) if t < scope.t + 0.001]
    at = earlier[-1] if earlier else None
    return [
        row_of(record, event, t, is_at=place == at) for place, (event, t) in enumerate(zip(events, times, strict=True))
    ]
