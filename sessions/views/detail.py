"""One session's page: what it was, how it ended and why, and everything that happened in it on one time axis."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from sessions.contract.choices import OPEN_STATUSES, AttachmentKind
from sessions.contract.schema import Session
from sessions.files.media import Viewer, viewer_of
from sessions.http.content_policy import shows_files
from sessions.http.roles import MemberRequest
from sessions.presenters.facts import (
    app_and_version,
    clock,
    device_name,
    facts_of,
    os_name,
    session_name,
    took_place,
    who,
)
from sessions.presenters.state import marks_of, reason
from sessions.query import find_session
from sessions.query.events.timeline import last_event_time
from sessions.query.passed import last_passed
from sessions.replay.axis import Axis, Scope, axis_of, scope_of
from sessions.replay.file_lanes import FileLane, Reading, file_lanes
from sessions.replay.lanes import EventsLane, events_lane, ticks
from sessions.replay.stage import stage_of
from sessions.replay.trouble import Count, Trouble, event_trouble, told_apart, troubles_of
from sessions.views.origin import context_of, origin_of
from sessions.views.panels.events import events_panel, new_events, since_of
from sessions.views.panels.log import log_panel, zones_of
from sessions.views.panels.network import network_panel
from sessions.views.related import related_to
from sessions.views.stage import stage_context

# What the page's own scripts ask with: no part of the page's address.
ASKED_BY_SCRIPTS = ("live", "since", "lanes")
# Where a panel stands: a link to another moment, filter or panel begins anew.
PLACES = ("t", "after", "before", "at", "page", "request")
# What the panels keep of the address when one goes to another.
KEPT = ("from", "video", "shift")
LOG_KINDS = (AttachmentKind.LOG, AttachmentKind.CRASH_REPORT)


@dataclass(frozen=True)
class Tab:
    """`count` is None where it is not known without reading a file. With `has_more`, there are more than that."""

    name: str
    label: str
    count: int | None = None
    has_more: bool = False


@dataclass(frozen=True)
class Shown:
    """A session on its axis, as a request asks for it."""

    request: MemberRequest
    record: Session
    axis: Axis
    scope: Scope
    lane: EventsLane

    @property
    def is_open(self) -> bool:
        return self.record.status in OPEN_STATUSES

    @cached_property
    def tabs(self) -> list[Tab]:
        """The panels that have something to show, or may have soon. Facts there are always."""
        files = self.record.attachments
        viewers = {(file.kind, viewer_of(file.kind, file.content_type)) for file in files}
        found = []
        types = self.lane.types
        if types.total or self.is_open:
            found.append(Tab("events", "Events", types.total, types.has_more))
        if any(kind in LOG_KINDS and viewer is Viewer.LOG for kind, viewer in viewers):
            found.append(Tab("log", "Log"))
        if any(viewer is Viewer.REQUESTS for _, viewer in viewers):
            found.append(Tab("network", "Network"))
        if files:
            found.append(Tab("files", "Files", len(files)))
        return [*found, Tab("facts", "Facts")]

    @property
    def tab(self) -> str:
        """The panel that is asked for, or the first one."""
        asked = self.request.GET.get("tab", "")
        return asked if any(tab.name == asked for tab in self.tabs) else self.tabs[0].name

    def files(self, *, read_all: bool) -> list[FileLane]:
        reading = Reading(list(zones_of(self.request)), self.request.GET.getlist("shift"))
        return file_lanes(self.record, self.axis, reading, read_all=read_all)


@require_safe
@shows_files
def session_detail(request: MemberRequest, session_id: UUID) -> HttpResponse:
    record = visible_session(request, session_id)
    asked = request.GET
    # The links of an answer are those of the page, whatever a script asked with.
    request.GET = without(asked, ASKED_BY_SCRIPTS)  # type: ignore[assignment]
    axis = axis_of(record, last_event_time(record.id))
    shown = Shown(request, record, axis, scope_of(asked), events_lane(record, axis))
    if request.headers.get("HX-Target") in ("panel", "event-results"):
        response = render(request, "detail/panel.html", _base(shown) | _panel(shown))
    elif request.headers.get("HX-Target", "").startswith("request-"):
        response = render(request, "detail/panel_network.html", _base(shown) | _panel(shown))
    elif request.headers.get("HX-Target") == "pending":
        # Where a file came while the page was open, its address is that of an update.
        around = _around(shown, read_all=True, live=True)
        response = render(request, "detail/lanes_update.html", _base(shown) | around)
    elif "live" in asked:
        new = new_events(asked.get("since", ""), record, axis)
        response = render(request, "detail/live_update.html", _base(shown) | _around(shown, live=True) | new)
    else:
        around = _around(shown, read_all="lanes" in asked) | context_of(origin_of(request), record.id)
        stage = stage_context(record, axis, shown.scope, asked.get("video", ""))
        response = render(request, "detail/page.html", _base(shown) | _panel(shown) | around | stage)
    # htmx is sent parts of the page under its address.
    patch_vary_headers(response, ["HX-Target"])
    return response


def visible_session(request: MemberRequest, session_id: UUID) -> Session:
    """Raises Http404 alike for what does not exist and for what the viewer may not see."""
    record = find_session(request.user, session_id)
    if record is None:
        raise Http404
    return record


def without(parameters: QueryDict, names: tuple[str, ...]) -> QueryDict:
    kept = parameters.copy()
    for name in names:
        kept.pop(name, None)
    return kept


def _base(shown: Shown) -> dict[str, Any]:
    return {
        "record": shown.record,
        "axis": shown.axis,
        "scope": shown.scope,
        "tab": shown.tab,
        "tabs": shown.tabs,
        "panel": f"detail/panel_{shown.tab}.html",
        "moments": _moments(shown),
        "origin": origin_of(shown.request),
        "is_open": shown.is_open,
    }


def _moments(shown: Shown) -> str:
    """The address of a moment but for the moment itself: all else that is asked stays as it is."""
    parameters = without(shown.request.GET, PLACES)
    parameters["tab"] = shown.tab
    return f"?{parameters.urlencode()}&t="


def _panel(shown: Shown) -> dict[str, Any]:
    request, record, axis, scope = shown.request, shown.record, shown.axis, shown.scope
    match shown.tab:
        case "events":
            panel = events_panel(request, record, axis, scope, shown.lane)
            return panel | {"since": since_of(panel)}
        case "log":
            return log_panel(request, record, axis, scope)
        case "network":
            return network_panel(request, record, axis, scope)
        case "facts":
            related = related_to(request.user, record)
            return {"groups": facts_of(record), "related": related, "passed": last_passed(request.user, record)}
        case _:
            return {}


def _around(shown: Shown, *, read_all: bool = False, live: bool = False) -> dict[str, Any]:
    """What stands around the panel. `live` for a part of it that takes the place of what is shown."""
    record, axis, scope = shown.record, shown.axis, shown.scope
    files = shown.files(read_all=read_all)
    first, last = axis.share(scope.first or 0.0), axis.share(scope.last or 0.0)
    return {
        "live": live,
        "name": session_name(record),
        "app": app_and_version(record),
        "who": who(record),
        "device": device_name(record),
        "os": os_name(record),
        "marks": marks_of(record),
        "clock": clock(record),
        "took_place": took_place(record),
        "lane": shown.lane,
        "file_lanes": [lane for lane in files if lane.boxes],
        "pictures": [seen for seen in stage_of(record, axis).pictures if not seen.start.assumed],
        "pending": [lane.file for lane in files if lane.is_pending],
        "ticks": ticks(axis),
        "share": axis.share(scope.t or 0.0),
        "range_x": first,
        "range_width": last - first,
        **_troubles(shown, files),
    }


def _troubles(shown: Shown, files: list[FileLane]) -> dict[str, Any]:
    """The first trouble and its address; the other ones, each with the address of the panel that lists them."""
    events, counted = event_trouble(shown.record.id, shown.axis, shown.lane.types)
    found = [*events, *(trouble for lane in files for trouble in lane.troubles)]
    troubles = troubles_of(found, [counted, *(lane.count for lane in files if lane.count)])
    why = reason(shown.record)
    told_reason, told = told_apart(why, troubles.first)
    return {
        # The panels' `reason` is why they show nothing.
        "failed_because": why,
        "told_reason": told_reason,
        "trouble": told,
        "trouble_url": _trouble_url(shown, troubles.first) if troubles.first else "",
        "other_troubles": [(count, _count_url(shown, count)) for count in troubles.others],
        "last_passed": last_passed(shown.request.user, shown.record) if why or troubles.first else None,
    }


def _trouble_url(shown: Shown, trouble: Trouble) -> str:
    asked = _kept(shown) | {"tab": trouble.tab} | ({"file": trouble.file} if trouble.file else {})
    if trouble.t is not None:
        asked["t"] = f"{max(trouble.t, 0.0):.3f}"
    if trouble.line:
        return f"?{urlencode(asked | {'at': trouble.line})}#L{trouble.line}"
    return f"?{urlencode(asked)}{'' if trouble.t is None else '#at'}"


def _count_url(shown: Shown, count: Count) -> str:
    return f"?{urlencode([*_kept(shown).items(), ('tab', count.tab), *count.filters])}"


def _kept(shown: Shown) -> dict[str, str]:
    """What of the address has nothing to do with the moment and the panel."""
    return {name: value for name in KEPT if (value := shown.request.GET.get(name))}
