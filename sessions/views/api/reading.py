"""Reading as JSON: the list, one session, its events."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import conditional_page, require_safe

from sessions.errors import Problem
from sessions.presenters.json import json_events, json_list
from sessions.query import SessionQuery, find_session_json
from sessions.query.events import every_event
from sessions.views.authentication import ApiRequest, scope_required

# Up to here an answer is made whole, so that it has an ETag; a longer one is streamed.
MOST_ROWS_AT_ONCE = 1_000


@require_safe
@scope_required("read")
@conditional_page
def sessions(request: ApiRequest) -> HttpResponseBase:
    """The list: the parameters of the page, `mode`, and `limit` up to 100,000."""
    query = SessionQuery(request.user, request.GET)
    for error in query.errors:
        raise Problem(error.code, error.message, field=error.field)
    return json_response(json_list(query), is_long=query.limit > MOST_ROWS_AT_ONCE)


@require_safe
@scope_required("read")
@conditional_page
def session(request: ApiRequest, session_id: UUID) -> HttpResponseBase:
    text = find_session_json(request.user, session_id)
    if text is None:
        raise Problem("not_found")
    return json_response(iter([text.encode()]), is_long=False)


@require_safe
@scope_required("read")
def session_events(request: ApiRequest, session_id: UUID) -> HttpResponseBase:
    if find_session_json(request.user, session_id) is None:
        raise Problem("not_found")
    return json_response(json_events(every_event(session_id)), is_long=True)


def json_response(parts: Iterator[bytes], *, is_long: bool) -> HttpResponseBase:
    """A long answer that fails half-way is cut off: what ends as JSON is whole."""
    if is_long:
        return StreamingHttpResponse(parts, content_type="application/json")
    return HttpResponse(b"".join(parts), content_type="application/json")
