"""The JSON API. Every error is a `Problem`, which the error middleware answers."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sessions.errors import Problem
from sessions.models import User
from sessions.presenters.json import json_list
from sessions.query import SessionQuery, find_session_json


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The list: the parameters of the page, `mode`, and `limit` up to 100,000."""
    assert isinstance(request.user, User)
    query = SessionQuery(request.user, request.GET)
    for error in query.errors:
        raise Problem(error.code, error.message, field=error.field)
    return HttpResponse(b"".join(json_list(query)), content_type="application/json")


@require_safe
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    assert isinstance(request.user, User)
    text = find_session_json(request.user, session_id)
    if text is None:
        raise Problem("not_found")
    return HttpResponse(text, content_type="application/json")


@require_safe
def session_events(request: HttpRequest, session_id: UUID) -> HttpResponse:
    assert isinstance(request.user, User)
    if find_session_json(request.user, session_id) is None:
        raise Problem("not_found")
    return HttpResponse(b"", content_type="application/json")
