from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions.contract.choices import OPEN_STATUSES
from sessions.contract.schema import Session
from sessions.http.errors import checks_parameters
from sessions.http.roles import MemberRequest
from sessions.presenters.display import CHOICES, Display, display_of
from sessions.presenters.facts import session_name, who
from sessions.presenters.filter_bar import changed, chips, choices, presets
from sessions.presenters.search_mistakes import search_mistakes
from sessions.presenters.table import Row, SessionTable
from sessions.query import (
    ListRequest,
    count_matches,
    find_page,
    listed_records,
    read_parameters,
    still_matching,
)
from sessions.query.criteria.order import DESCRIPTIONS, NEWEST_FIRST, InvalidCursorError, Position
from sessions.query.options import filter_options
from sessions.query.pasted import find_pasted, is_id_or_link

MOST_ROWS_ON_A_PAGE = 200
# More new sessions than this are shown as "100+".
MOST_NEW = 100


@checks_parameters
@require_safe
@never_cache
def session_list(request: MemberRequest) -> HttpResponse:
    """The page; for htmx the results alone. An invalid parameter is named, and the others still apply."""
    asked = read_parameters(request.user, request.GET, most_rows=MOST_ROWS_ON_A_PAGE)
    named = find_pasted(request.user, request.GET.get("q", ""))
    has_address = is_id_or_link(request.GET.get("q", ""))
    if named and has_address and not is_for_results(request):
        return redirect("session_detail", named.id)
    page = find_page(asked.request)
    display = display_of(request.user.list_display)
    records = listed_records(request.user, page.ids, display.fields)
    is_first = asked.request.after is None and page.prev_cursor is None
    if asked.request.after and page.prev_cursor is None:
        # Back at the beginning: show the whole first page, not what was left of it.
        return redirect(f"{request.path}?{changed(request.GET)}")
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
        "choices": choices(asked, filter_options(request.user)),
    }
    with shown_in(display):
        if is_for_results(request):
            response = render(request, "sessions/results_update.html", context)
        else:
            context |= {"presets": presets(asked), "orders": DESCRIPTIONS, "display_choices": CHOICES}
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
    display = display_of(request.user.list_display)
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
