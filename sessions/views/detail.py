"""One session's page: what it was, how it ended and why, and everything that happened in it on one time axis."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from sessions.contract.choices import OPEN_STATUSES
from sessions.contract.schema import Session
from sessions.http.content_policy import shows_files
from sessions.http.roles import MemberRequest
from sessions.presenters.facts import app_name, clock, device_name, facts_of, os_name, took_place, who
from sessions.presenters.state import marks_of
from sessions.query import find_session
from sessions.query.events.timeline import last_event_time
from sessions.replay.axis import Axis, Scope, axis_of, scope_of
from sessions.replay.lanes import EventsLane, events_lane, ticks
from sessions.replay.stage import stage_of
from sessions.replay.trouble import Troubles, event_trouble, first_of
from sessions.views.origin import context_of, origin_of
from sessions.views.panels.events import events_panel, new_events, since_of
from sessions.views.related import related_to


@dataclass(frozen=True)
class Tab:
    """`count` is None where it is not known without reading a file."""

    name: str
    label: str
    count: int | None = None


@dataclass(frozen=True)
class Shown:
    """A session on its axis, as a request asks for it."""

    request: MemberRequest
    record: Session
    axis: Axis
    scope: Scope
    lane: EventsLane


@require_safe
@shows_files
def session_detail(request: MemberRequest, session_id: UUID) -> HttpResponse:
    record = visible_session(request, session_id)
    axis = axis_of(record, last_event_time(record.id))
    shown = Shown(request, record, axis, scope_of(request.GET), events_lane(record, axis))
    tabs = tabs_of(shown)
    tab = request.GET.get("tab", "")
    tab = tab if any(one.name == tab for one in tabs) else tabs[0].name
    origin = origin_of(request)
    if "live" in request.GET:
        return _live_update(shown, tabs, tab)
    panel = panel_of(shown, tab)
    context = {
        "record": record,
        "axis": axis,
        "scope": shown.scope,
        "tab": tab,
        "tabs": tabs,
        "panel": f"detail/panel_{tab}.html",
        "moments": moments(request, tab),
        "origin": origin,
        "is_open": record.status in OPEN_STATUSES,
        "since": since_of(panel) if tab == "events" else "",
    } | panel
    if request.headers.get("HX-Target") == "panel":
        response = render(request, "detail/panel.html", context)
    else:
        response = render(request, "detail/page.html", context | _around(shown) | context_of(origin, record.id))
    # htmx is sent the panel alone under the same address.
    patch_vary_headers(response, ["HX-Target"])
    return response


def visible_session(request: MemberRequest, session_id: UUID) -> Session:
    """Raises Http404 alike for what does not exist and for what the viewer may not see."""
    record = find_session(request.user, session_id)
    if record is None:
        raise Http404
    return record


def tabs_of(shown: Shown) -> list[Tab]:
    """The panels that have something to show, the first one first. Facts there are always."""
    found = []
    if shown.lane.types.total or shown.record.status in OPEN_STATUSES:
        found.append(Tab("events", "Events", shown.lane.types.total))
    if shown.record.attachments:
        found.append(Tab("files", "Files", len(shown.record.attachments)))
    found.append(Tab("facts", "Facts"))
    return found


def panel_of(shown: Shown, tab: str) -> dict[str, Any]:
    if tab == "events":
        return events_panel(shown.request, shown.record, shown.axis, shown.scope, shown.lane)
    if tab == "facts":
        return {"groups": facts_of(shown.record), "related": related_to(shown.request.user, shown.record)}
    return {}


def moments(request: MemberRequest, tab: str) -> str:
    """The address of a moment but for the moment itself: all else that is asked stays as it is."""
    parameters = page_parameters(request).copy()
    for name in ("t", "after", "before"):
        parameters.pop(name, None)
    parameters["tab"] = tab
    return f"?{parameters.urlencode()}&t="


def page_parameters(request: MemberRequest) -> QueryDict:
    """What is asked but for what the page's script adds."""
    parameters = request.GET.copy()
    for name in ("live", "since", "lane"):
        parameters.pop(name, None)
    return parameters


def _around(shown: Shown) -> dict[str, Any]:
    record, axis = shown.record, shown.axis
    return {
        "app_name": app_name(record),
        "who": who(record),
        "device": device_name(record),
        "os": os_name(record),
        "marks": marks_of(record),
        "clock": clock(record),
        "took_place": took_place(record),
        "lane": shown.lane,
        "ticks": ticks(axis),
        "stage": stage_of(record, axis, shown.request.GET.get("video", "")),
        "troubles": troubles_of(shown),
        "share": axis.share(shown.scope.t or 0.0),
        "range_x": axis.share(shown.scope.first or 0.0),
        "range_width": axis.share(shown.scope.last or 0.0) - axis.share(shown.scope.first or 0.0),
    }


def _live_update(shown: Shown, tabs: list[Tab], tab: str) -> HttpResponse:
    """What has changed of an open session while its page is looked at. A panel stays as it is but for new events."""
    request, record = shown.request, shown.record
    since = request.GET.get("since", "")
    # The links in it are those of the page, not of this request.
    request.GET = page_parameters(request)  # type: ignore[assignment]
    context = {
        "record": record,
        "axis": shown.axis,
        "tabs": tabs,
        "tab": tab,
        "moments": moments(shown.request, tab),
        "live": True,
        "is_open": record.status in OPEN_STATUSES,
    }
    context |= _around(shown) | new_events(since, record, shown.axis)
    return render(request, "detail/live_update.html", context)


def troubles_of(shown: Shown) -> Troubles:
    events, bad_events = event_trouble(shown.record.id, shown.axis, shown.lane.types)
    return first_of(events, [("events", "error events", bad_events)])
