from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions.presenters.filter_bar import changed, chips, choices, presets
from sessions.presenters.usage import charts, day_lines, months, tops, total_line
from sessions.query import usage as counting
from sessions.query.options import filter_options
from sessions.query.usage_rows import MOST_SESSIONS
from sessions.views.errors import checks_parameters
from sessions.views.roles import MemberRequest


@checks_parameters
@require_safe
@never_cache
def usage(request: MemberRequest) -> HttpResponse:
    """Charts of the sessions that the list shows for the same parameters. An invalid one is named and left out."""
    asked = counting.UsageQuery(request.user, request.GET)
    found = counting.usage(asked)
    query, days = asked.query, day_lines(asked, found)
    context = {
        "asked": asked,
        "query": query,
        "errors": asked.errors,
        "found": found,
        "total": total_line(asked, found),
        "charts": charts(found),
        "days": days,
        "months": months(days),
        "tops": tops(asked, found),
        "presets": presets(query),
        "chips": [chip for chip in chips(query) if chip.label not in ("From", "To")],
        "choices": choices(query, filter_options(request.user)),
        "list_query": changed(query.data, limit=[]),
        "most_days": counting.MOST_DAYS,
        "most_sessions": MOST_SESSIONS,
    }
    return render(request, "usage/usage.html", context)
