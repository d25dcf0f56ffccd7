"""Events across sessions: the list, and the newest of each value."""

from dataclasses import replace
from itertools import chain

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from sessions.contract.errors import Problem
from sessions.http.authentication import ApiRequest, scope_required
from sessions.http.streams import streamed
from sessions.presenters.json import chunks, json_event_page, separated
from sessions.query.criteria.order import InvalidCursorError
from sessions.query.events.latest import MOST_VALUES, TooManyValuesError, latest_events
from sessions.query.events.page import EventSearch, event_page
from sessions.query.events.parameters import (
    DAY,
    EVENTS_ON_A_PAGE,
    WIDEST,
    EventListParameters,
    EventParameters,
    LatestEventParameters,
    event_search,
    parameter_errors,
    past_day,
)
from sessions.query.parameters import is_reversed
from sessions.views.api.reading import json_response


@require_safe
@scope_required("read", parameters=None)
def events(request: ApiRequest) -> HttpResponseBase:
    """`{events: [...], next_cursor}`, newest first. A page may be short, even empty, while there is a next one."""
    form = EventListParameters(request.GET)
    search = _search(request, form)
    limit = form.cleaned_data["limit"] or EVENTS_ON_A_PAGE
    try:
        page = event_page(search, limit, form.cleaned_data["cursor"])
    except InvalidCursorError as error:
        raise Problem("invalid_value", str(error), field="cursor") from error
    return json_response(request, json_event_page(page))


@require_safe
@scope_required("read", parameters=None)
def latest(request: ApiRequest) -> HttpResponseBase:
    """`{events: [...]}`: of the past 24 hours, or of a range no longer than that."""
    form = LatestEventParameters(request.GET)
    search = within_a_day(_search(request, form))
    try:
        texts = latest_events(search, form.cleaned_data["distinct"])
    except TooManyValuesError as error:
        message = f"More than {MOST_VALUES:,} values are distinct. Filter further, or choose another column."
        raise Problem("invalid_value", message, field="distinct") from error
    return streamed(request, chunks(chain([b'{"events":['], separated(texts), [b"]}"])))


def _search(request: ApiRequest, form: EventParameters) -> EventSearch:
    for error in parameter_errors(form, request.GET):
        missing = error.field in form.fields and error.field not in request.GET
        raise Problem("required_field" if missing else error.code, error.message, field=error.field)
    if is_reversed(form.cleaned_data["start"], form.cleaned_data["end"], request.user.zone):
        raise Problem("invalid_value", "The end of the range lies before its start.", field="end")
    return event_search(request.user, form)


def within_a_day(search: EventSearch) -> EventSearch:
    """Where an end of the range is not given, 24 hours from the other one."""
    start, end = search.start, search.end
    if start is None and end is None:
        start, end = past_day()
    start, end = start or (end and end - DAY), end or (start and start + DAY)
    assert start is not None
    assert end is not None
    if end - start > WIDEST:
        raise Problem("invalid_value", "The range is longer than 24 hours.", field="start")
    return replace(search, start=start, end=end)
