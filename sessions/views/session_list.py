from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions.accounts import saved_views
from sessions.contract.choices import OPEN_STATUSES
from sessions.contract.schema import Session
from sessions.http.errors import checks_parameters
from sessions.http.roles import MemberRequest
from sessions.presenters.display import CHOICES, Display, display_in
from sessions.presenters.facts import session_name, who
from sessions.presenters.filter_bar import Choice, changed, chips, choices, presets
from sessions.presenters.search_mistakes import search_mistakes
from sessions.presenters.table import Row, SessionTable
from sessions.query import (
    ListRequest,
    Parameters,
    count_matches,
    find_page,
    listed_records,
    read_parameters,
    still_matching,
)
from sessions.query.criteria.order import DESCRIPTIONS, NEWEST_FIRST, InvalidCursorError, Position
from sessions.query.options import filter_options
from sessions.query.pasted import find_pasted, is_id_or_link
from sessions.query.saved_views import differs

MOST_ROWS_ON_A_PAGE = 200
# The parameters whose field in the form of filters is sent, filled in or not.
WITH_FIELD = {"q", "start", "end", "sort"}
# More new sessions than this are shown as "100+".
MOST_NEW = 100


@checks_parameters
@require_safe
@never_cache
def session_list(request: MemberRequest) -> HttpResponse:
    """The page; for htmx the results alone. An invalid parameter is named, and the others still apply."""
    if not request.GET and not is_for_results(request) and (first := saved_views.default_view(request.user)):
        return redirect(f"{request.path}?view={first.pk}")
    asked = read_parameters(request.user, request.GET, most_rows=MOST_ROWS_ON_A_PAGE)
    named = find_pasted(request.user, request.GET.get("q", ""))
    has_address = is_id_or_link(request.GET.get("q", ""))
    if named and has_address and not is_for_results(request):
        return redirect("session_detail", named.id)
    page = find_page(asked.request)
    display = display_for(asked)
    records = listed_records(request.user, page.ids, display.fields)
    is_first = asked.request.after is None and page.prev_cursor is None
    if asked.request.after and page.prev_cursor is None:
        # Back at the beginning: show the whole first page, not what was left of it.
        return redirect(f"{request.path}?{changed(request.GET)}")
    offered = choices(asked, filter_options(request.user))
    context = {
        "asked": asked,
        "order": asked.request.order,
        "page": page,
        "records": records,
        "table": SessionTable(records, asked, display),
        "display": display,
        "count": count_matches(asked.request, page),
        "named": named and {"record": named, "name": session_name(named), "who": who(named)},
        "has_address": has_address,
        "mistakes": None if has_address else search_mistakes(asked, is_typing=is_for_results(request)),
        "chips": chips(asked),
        "export": changed(request.GET, limit=[]),
        "list_query": changed(request.GET),
        "is_live": is_first and asked.request.order == NEWEST_FIRST,
        "open_ids": open_ids(records),
        "choices": offered,
        **of_view(asked, offered),
    }
    with shown_in(display):
        if is_for_results(request):
            response = render(request, "sessions/results_update.html", context)
        else:
            context |= {"presets": presets(asked), "orders": DESCRIPTIONS, "display_choices": CHOICES}
            context["views"] = saved_views.visible_views(request.user)
            response = render(request, "sessions/list.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_safe
@never_cache
def session_live(request: MemberRequest) -> HttpResponse:
    """What has changed since a page was shown: its open rows as they are now, which of them the filters find no more,
    how many sessions match, and how many of these are newer than the page."""
    parameters = request.GET.copy()
    shown = ids(parameters.pop("open", []))
    newest = parameters.pop("newest", [""])[-1]
    asked = read_parameters(request.user, parameters)
    display = display_for(asked)
    records = listed_records(request.user, shown, display.fields)
    matching = still_matching(asked.request, shown)
    context = {
        "rows": [Row(record, is_found=record.id in matching) for record in records],
        "display": display,
        "count": count_matches(asked.request),
        "new": count_newer(asked.request, newest, shown),
        "most_new": MOST_NEW,
        "list_query": changed(parameters),
        "newest": newest,
        "open_ids": open_ids(records),
    }
    with shown_in(display):
        return render(request, "sessions/live.html", context)


@require_safe
@never_cache
def session_options(request: MemberRequest) -> HttpResponse:
    """A filter's list again, narrowed to what was typed: for organisations with more than fit on the page."""
    parameters = request.GET.copy()
    name, search = (parameters.pop(key, [""])[-1] for key in ("name", "search"))
    asked = read_parameters(request.user, parameters)
    found = choices(asked, filter_options(request.user, search[:200]))
    choice = next((choice for choice in found if choice.name == name), None)
    return render(request, "sessions/options.html", {"choice": choice, "search": search})


def display_for(asked: Parameters) -> Display:
    return display_in(asked.viewer.list_display, asked.view.display if asked.view else {})


def of_view(asked: Parameters, offered: list[Choice]) -> dict[str, Any]:
    """What the page says about the view that is open. `kept_names` are the parameters that stay in the address when
    they are empty, which lifts those of the view."""
    user, view = asked.viewer, asked.view
    names = list(QueryDict(view.query)) if view else []
    return {
        "view_differs": view is not None and differs(view, asked.data),
        "may_change_view": view is not None and saved_views.may_change(user, view),
        "kept_names": ["view", *names] if view or user.default_view else [],
        "hidden_fields": hidden_fields(asked.data, names, {choice.name for choice in offered}),
        # Without a parameter, the default view would open.
        "all_url": reverse("session_list") + ("?view=" if user.default_view else ""),
    }


def hidden_fields(data: QueryDict, names: list[str], with_boxes: set[str]) -> list[tuple[str, str]]:
    """Fields by which the form sends all parameters that the view has: one that is not sent is the view's again. Boxes
    that are not ticked send nothing, and some parameters have no field. The form always sends `sort`."""
    fields = []
    for name in names:
        if name in with_boxes or name == "sort_by":
            fields.append((name, ""))
        elif name not in WITH_FIELD:
            fields += [(name, value) for value in data.getlist(name) or [""]]
    return fields


def shown_in(display: Display) -> AbstractContextManager[None]:
    """The zone in which times are written."""
    return timezone.override(UTC) if display.zone == "utc" else nullcontext()


def count_newer(asked: ListRequest, newest: str, shown: list[UUID]) -> int:
    """Sessions before the page's first row, at most MOST_NEW + 1. One that was waiting and now runs is not new."""
    try:
        before = Position.from_cursor(newest, asked.order) if newest else None
    except InvalidCursorError:
        return 0
    newer = replace(asked, limit=MOST_NEW + 1, after=before, is_backwards=before is not None)
    return len(set(find_page(newer).ids) - set(shown))


def open_ids(records: list[Session]) -> list[UUID]:
    return [record.id for record in records if record.status in OPEN_STATUSES]


def ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts[:MOST_ROWS_ON_A_PAGE]:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


def is_for_results(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == "results"
