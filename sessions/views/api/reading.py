"""Reading as JSON: the list, one session, its events."""

from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from sessions.errors import Problem
from sessions.presenters.json import json_list
from sessions.query import SessionQuery, find_session_json
from sessions.query.events import every_event
from sessions.views.authentication import ApiRequest, scope_required


@require_safe
@scope_required("read")
def sessions(request: ApiRequest) -> HttpResponse:
    """The list: the parameters of the page, `mode`, and `limit` up to 100,000."""
    query = SessionQuery(request.user, request.GET)
    for error in query.errors:
        raise Problem(error.code, error.message, field=error.field)
    return HttpResponse(b"".join(json_list(query)), content_type="application/json")


@require_safe
@scope_required("read")
def session(request: ApiRequest, session_id: UUID) -> HttpResponse:
    text = find_session_json(request.user, session_id)
    if text is None:
        raise Problem("not_found")
    return HttpResponse(text, content_type="application/json")


@require_safe
@scope_required("read")
def session_events(request: ApiRequest, session_id: UUID) -> HttpResponse:
    if find_session_json(request.user, session_id) is None:
        raise Problem("not_found")
    body = {"events": list(every_event(session_id))}
    return HttpResponse(msgspec.json.encode(body), content_type="application/json")
