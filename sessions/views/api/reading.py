"""Reading as JSON: the list, one session, its events."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import conditional_page, require_safe

from sessions.contract.errors import Problem
from sessions.http.authentication import ApiRequest, scope_required
from sessions.http.parameters import list_request
from sessions.http.streams import close, streamed
from sessions.presenters.json import json_events, json_list
from sessions.query import find_session_json
from sessions.query.events.timeline import every_event

WHOLE_BYTES = 1024 * 1024


@require_safe
@scope_required("read", parameters=None)
@conditional_page
def sessions(request: ApiRequest) -> HttpResponseBase:
    """The list: the parameters of the page, `mode`, and `limit` up to 100,000."""
    return json_response(request, json_list(list_request(request)))


@require_safe
@scope_required("read")
@conditional_page
def session(request: ApiRequest, session_id: UUID) -> HttpResponseBase:
    text = find_session_json(request.user, session_id)
    if text is None:
        raise Problem("not_found")
    return json_response(request, iter([text.encode()]))


@require_safe
@scope_required("read")
@conditional_page
def session_events(request: ApiRequest, session_id: UUID) -> HttpResponseBase:
    if find_session_json(request.user, session_id) is None:
        raise Problem("not_found")
    return json_response(request, json_events(every_event(session_id)))


def json_response(request: HttpRequest, parts: Iterator[bytes]) -> HttpResponseBase:
    """Whole, so with an ETag, up to a mebibyte; else streamed, and cut off if it fails: what ends as JSON is whole."""
    start: list[bytes] = []
    size = 0
    for part in parts:
        start.append(part)
        size += len(part)
        if size > WHOLE_BYTES:
            try:
                return streamed(request, _resumed(start, parts))
            except Problem:
                close(parts)
                raise
    return HttpResponse(b"".join(start), content_type="application/json")


def _resumed(start: list[bytes], parts: Iterator[bytes]) -> Iterator[bytes]:
    yield b"".join(start)
    yield from parts
