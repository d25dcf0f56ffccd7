from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions.http.errors import checks_parameters
from sessions.http.roles import MemberRequest
from sessions.presenters.filter_bar import changed, chips, choices, presets
from sessions.presenters.search_mistakes import search_mistakes
from sessions.presenters.usage_page import charts, day_lines, months, tops, total_line
from sessions.query import read_parameters
from sessions.query.options import filter_options
from sessions.usage import numbers
from sessions.usage.statement import MOST_SESSIONS


@checks_parameters
@require_safe
@never_cache
def usage(request: MemberRequest) -> HttpResponse:
    """Charts of the sessions that the list shows for the same parameters. An invalid one is named and left out."""
    asked = numbers.UsageRequest(read_parameters(request.user, request.GET))
    found = numbers.usage(asked)
    given, days = asked.given, day_lines(asked, found)
    context = {
        "asked": asked,
        "given": given,
        "found": found,
        "total": total_line(asked, found),
        "charts": charts(found),
        "days": days,
        "months": months(days),
        "tops": tops(asked, found),
        "mistakes": search_mistakes(given),
        "presets": presets(given),
        "chips": [chip for chip in chips(given) if chip.label not in ("From", "To")],
        "choices": choices(given, filter_options(request.user)),
        "list_query": changed(given.data, limit=[]),
        "most_days": numbers.MOST_DAYS,
        "most_sessions": MOST_SESSIONS,
    }
    return render(request, "usage/usage.html", context)
