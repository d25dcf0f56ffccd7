"""The panel of requests: those of one network log, on the session's axis, around the moment or in the range."""

import re
from typing import Any

from django.http import HttpRequest
from django.utils.html import escape

from sessions.contract import schema
from sessions.files.media import Viewer, viewer_of
from sessions.models import Attachment
from sessions.presenters.request_table import RequestTable, Stretch, asked_of
from sessions.presenters.times import duration
from sessions.replay.axis import Axis, Scope
from sessions.replay.network import Placement, har_index_of, open_archive, place_requests, shifted
from sessions.viewers.har.archive import NotHar
from sessions.viewers.har.index import HarIndex

LOST = "Its content is no longer in the storage."
# What the form asks itself; everything else in the address it keeps.
ASKED_BY_THE_FORM = frozenset({"q", "type", "status", "page", "request"})
_ROW = re.compile(r"request-([0-9]{1,9})", re.ASCII)


def network_panel(request: HttpRequest, record: schema.Session, axis: Axis, scope: Scope) -> dict[str, Any]:
    """The context of panel_network.html."""
    names = [file.name for file in network_logs(record)]
    asked = request.GET.get("file", "")
    name = asked if asked in names else next(iter(names), None)
    file = Attachment.objects.filter(session_id=record.id, name=name, available=True).first()
    if file is None:
        return {"record": record, "reason": "This session has no network log."}
    context = {"record": record, "file": file, "log_names": names}
    try:
        return context | request_table(request, file, har_index_of(file), axis, scope)
    except NotHar as error:
        return context | {"reason": str(error)}
    except OSError:
        return context | {"reason": LOST}


def network_logs(record: schema.Session) -> list[schema.Attachment]:
    """The files that the panel can show."""
    return [
        file
        for file in record.attachments
        if file.available and viewer_of(file.kind, file.content_type) is Viewer.REQUESTS
    ]


def request_table(request: HttpRequest, file: Attachment, index: HarIndex, axis: Axis, scope: Scope) -> dict[str, Any]:
    """The context of requests.html, or `row` alone where htmx asks for a request that is opened or closed.

    Raises OSError where the storage has lost the file.
    """
    asked = asked_of(request.GET)
    placement = place_requests(index, axis, file.starts_at)
    if "network" in request.GET.getlist("shift"):
        placement = shifted(placement)
    context: dict[str, Any] = {
        "file": file,
        "asked": asked,
        "revealed": asked.reveal,
        "placement": placement,
        "closed": _address(request, "request"),
        "request_at": _address(request, "request", then="request"),
        "moment_at": _address(request, "t", then="t"),
        "revealed_at": _address(request, "request", "reveal", then="reveal=1&request"),
    }
    with open_archive(file) as content:
        table = RequestTable(content, placement, asked, scope, _stretch(axis, scope))
        swapped = _ROW.fullmatch(request.headers.get("HX-Target", ""))
        if swapped and (row := table.row(int(swapped[1]))):
            return context | {"row": row}
        context |= table.context()
    other_shifts = [name for name in request.GET.getlist("shift") if name != "network"]
    return context | {
        "clock_words": clock_words(placement),
        "other_shifts": other_shifts,
        "shift_on": [*other_shifts, "network"],
        "kept": [
            (name, value) for name, values in request.GET.lists() if name not in ASKED_BY_THE_FORM for value in values
        ],
    }


def _address(request: HttpRequest, *without: str, then: str = "") -> str:
    """The page's address without these parameters, up to the value of `then`, which stands last: for many rows at once.

    The tag `querystring` takes a tenth of a millisecond each time.
    """
    parameters = request.GET.copy()
    for name in without:
        parameters.pop(name, None)
    query = "&".join(part for part in (parameters.urlencode(), f"{then}=" if then else "") if part)
    return escape(f"{request.path}?{query}")


def _stretch(axis: Axis, scope: Scope) -> Stretch:
    if scope.first is not None and scope.last is not None:
        return Stretch(scope.first, scope.last)
    return Stretch(0.0, axis.length)


def clock_words(placement: Placement) -> str:
    """By how much the log's clock is off, or its times are shifted; empty where they are taken as they are."""
    shift = placement.offered_shift
    if shift is not None:
        way = "before" if shift > 0 else "after"
        return f"The clock of this log is off: its requests lie {duration(abs(shift) * 1000)} {way} the session."
    if placement.shift:
        way = "later" if placement.shift > 0 else "earlier"
        return f"Shown {duration(abs(placement.shift) * 1000)} {way} than the log says, as its clock is off."
    return ""
