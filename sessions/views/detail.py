"""One session's page: facts, events, attachments, and what lies around it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from sessions.contract.schema import Session
from sessions.http.content_policy import shows_files
from sessions.http.roles import MemberRequest
from sessions.presenters.facts import app_name, clock, facts_of, took_place, who
from sessions.query import find_session
from sessions.query.criteria.order import InvalidCursorError
from sessions.query.events.timeline import event_types, events_page
from sessions.views.related import related_to


@require_safe
@shows_files
def session_detail(request: MemberRequest, session_id: UUID) -> HttpResponse:
    record = visible_session(request, session_id)
    context = {"record": record, "who": who(record)} | _timeline(request, record)
    if request.headers.get("HX-Target") == "events":
        response = render(request, "detail/events.html", context)
    else:
        response = render(request, "detail/page.html", context | _around(request, record))
    # htmx is sent the timeline alone under the same address.
    patch_vary_headers(response, ["HX-Target"])
    return response


def visible_session(request: MemberRequest, session_id: UUID) -> Session:
    """Raises Http404 alike for what does not exist and for what the viewer may not see."""
    record = find_session(request.user, session_id)
    if record is None:
        raise Http404
    return record


def list_url(request: HttpRequest) -> str:
    """The list with the filters it had, where the viewer comes from it."""
    url = reverse("session_list")
    came_from = request.headers.get("Referer", "")
    _, here, query = came_from.partition(f"{request.build_absolute_uri(url)}?")
    return f"{url}?{query}" if here and query and came_from.startswith(here) else url


def _timeline(request: HttpRequest, record: Session) -> dict[str, Any]:
    types = request.GET.getlist("type")
    after = request.GET.get("after")
    try:
        page = events_page(record.id, types=types, after=after)
    except InvalidCursorError as error:
        raise BadRequest(str(error)) from error
    return {
        "events": page.events,
        "next_events": page.next_cursor,
        "event_types": event_types(record.id),
        "chosen_types": types,
        "continued": bool(after),
        "origin": _origin(record, page.events[0].event_time if page.events else None),
    }


def _origin(record: Session, first_event: datetime | None) -> datetime | None:
    """What offsets are counted from: the start, else the request."""
    return took_place(record) or first_event


def _around(request: MemberRequest, record: Session) -> dict[str, Any]:
    return {
        "app_name": app_name(record),
        "groups": facts_of(record),
        "clock": clock(record),
        "related": related_to(request.user, record),
        "list_url": list_url(request),
        "took_place": took_place(record),
        "span_ms": (record.queue_ms or 0) + (record.duration_ms or 0),
    }
