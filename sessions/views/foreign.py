"""The four foreign formats' addresses. What they take and answer is in `sessions.foreign`, a module each."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from sessions.contract.errors import Problem
from sessions.foreign import devrev, formal, fullstory, grid
from sessions.http.authentication import ApiRequest, scope_required
from sessions.http.body import whole
from sessions.http.streams import streamed
from sessions.query import find_named
from sessions.query.events.page import every_listed_event
from sessions.query.events.timeline import every_event

View = Callable[..., HttpResponseBase]


def bounded(view: View) -> View:
    """Refuses a body that is too large by its declared length, also where no body is read."""

    @wraps(view)
    def checked(request: ApiRequest, **kwargs: Any) -> HttpResponseBase:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.headers.get("Content-Length") or "0"
        if length.isdecimal() and int(length[:20]) > most:
            raise Problem("too_large", max_bytes=most)
        return view(request, **kwargs)

    return checked


@require_safe
@scope_required("read", parameters=None)
@bounded
def observability_sessions(request: ApiRequest) -> HttpResponseBase:
    return streamed(request, devrev.answer(devrev.list_request(request.user, request.GET)))


@require_safe
@scope_required("read", parameters=None)
@bounded
def session_events(request: ApiRequest, session_id: str = "") -> HttpResponseBase:
    fullstory.check(session_id, request.GET)
    record = find_named(request.user, session_id)
    if record is None:
        raise Problem("not_found", "Requested resource does not exist")
    return streamed(request, fullstory.answer(session_id, record, every_event(record.id)))


@require_safe
@scope_required("read", parameters=None)
@bounded
def realtime_sessions(request: ApiRequest, tenant: str) -> HttpResponseBase:
    grid.check_tenant(request.user, tenant)
    return streamed(request, grid.sessions(grid.list_request(request.user, request.GET), tenant))


@require_safe
@scope_required("read", parameters=None)
@bounded
def realtime_events(request: ApiRequest, tenant: str) -> HttpResponseBase:
    grid.check_tenant(request.user, tenant)
    return streamed(request, grid.events(every_listed_event(grid.event_search(request.user, request.GET)), tenant))


@require_safe
@scope_required("read", parameters=None)
@bounded
def realtime_latest_events(request: ApiRequest, tenant: str) -> HttpResponseBase:
    grid.check_tenant(request.user, tenant)
    return streamed(request, grid.latest_of_all(grid.latest(request.user, request.GET), tenant))


@require_POST
@scope_required("read", parameters=None)
def list_sessions(request: ApiRequest) -> HttpResponseBase:
    # With a cookie, the CSRF check has read a form already: its body cannot be asked for.
    is_form = request.content_type == "multipart/form-data"
    body = b"" if is_form else whole(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if is_form or (body and request.content_type != "application/json"):
        raise Problem("unsupported_media_type", "Send the body as application/json.")
    return streamed(request, formal.answer(formal.list_request(request.user, formal.read_body(body))))
