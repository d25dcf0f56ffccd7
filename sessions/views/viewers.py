"""The viewers of attachments: what each one's page needs, by how the file is best looked at."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from sessions.contract.schema import Session
from sessions.files.media import Viewer, why_no_viewer
from sessions.models import Attachment
from sessions.presenters.facts import session_name, who
from sessions.replay.axis import axis_of, scope_of
from sessions.replay.log import opened_text
from sessions.replay.network import har_index_of
from sessions.viewers.har.archive import NotHar
from sessions.viewers.levels import Level
from sessions.viewers.log import Search, read_window
from sessions.viewers.recordings import NotRecording
from sessions.views.panels.network import request_table
from sessions.views.recordings import recording_page

# A pass over this much takes about two seconds.
LARGEST_LOG = 512 * 1024 * 1024
# Up to here every line's level is read, so that the filter can say how often each occurs.
COUNTED_LOG = 8 * 1024 * 1024

_NUMBER = re.compile(r"[0-9]{1,12}")


def viewer_page(request: HttpRequest, record: Session, file: Attachment, viewer: Viewer) -> HttpResponse:
    """Raises FileNotFoundError when the storage has lost the file."""
    context: dict[str, Any] = {"record": record, "file": file, "session_name": session_name(record), "who": who(record)}
    if viewer is Viewer.LOG:
        return _log(request, file, context)
    if viewer is Viewer.REQUESTS:
        return _requests(request, record, file, context)
    if viewer in (Viewer.TERMINAL, Viewer.WEB_RECORDING):
        try:
            return recording_page(request, file, context)
        except NotRecording as error:
            return _not_shown(request, context, str(error))
    if viewer is Viewer.NONE:
        return _not_shown(request, context, why_no_viewer(file.content_type))
    return render(request, f"detail/view_{viewer.value}.html", context)


def _log(request: HttpRequest, file: Attachment, context: dict[str, Any]) -> HttpResponse:
    if file.size > LARGEST_LOG:
        return _not_shown(request, context, "It is too large to be searched here.")
    levels = [level for level in Level if level.value in request.GET.getlist("level")]
    search = Search(request.GET.get("q", "")[:200], levels, "only" in request.GET)
    counted = file.size <= COUNTED_LOG
    with opened_text(file) as (content, encoding):
        window = read_window(content, search, at=_number(request, "at"), count_levels=counted, encoding=encoding)
    context |= {
        "window": window,
        "search": search,
        "levels": [(level, window.levels[level] if counted else None) for level in Level],
        "wrapped": "wrap" in request.GET,
    }
    return render(request, "detail/view_log.html", context)


def _requests(request: HttpRequest, record: Session, file: Attachment, context: dict[str, Any]) -> HttpResponse:
    try:
        table = request_table(request, file, har_index_of(file), axis_of(record), scope_of(request.GET))
    except NotHar as error:
        return _not_shown(request, context, str(error))
    template = "detail/view_requests.html"
    if "row" in table:
        template = "detail/request_row.html"
    elif request.headers.get("HX-Target") == "panel":
        template = "detail/panel_network.html"
    response = render(request, template, context | table)
    # htmx is sent a part of the page under the same address.
    patch_vary_headers(response, ["HX-Target"])
    return response


def _number(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if _NUMBER.fullmatch(value) else None


def _not_shown(request: HttpRequest, context: dict[str, Any], reason: str) -> HttpResponse:
    return render(request, "detail/view_none.html", context | {"reason": reason})
