"""What one does with the rows that are selected in the list."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from sessions.http.roles import MemberRequest
from sessions.http.streams import streamed
from sessions.presenters.csv import csv_stream
from sessions.query import ListRequest
from sessions.views.origin import origin_from
from sessions.views.session_list import ids


@require_POST
def session_selected(request: MemberRequest) -> HttpResponseBase:
    """`do` says what: `compare` two of them, or `export` them, in the order of the list that `from` describes."""
    selected = ids(request.POST.getlist("session"))
    origin = origin_from(request.user, request.POST.get("from", ""))
    if selected and request.POST.get("do") == "export":
        asked = replace(ListRequest(request.user), order=origin.asked.request.order)
        response = streamed(request, csv_stream(asked, selected), "text/csv; charset=utf-8")
        name = f"{request.user.organisation.slug}-sessions-selected.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    if len(selected) == 2:
        return redirect(reverse("session_compare", query={"a": str(selected[0]), "b": str(selected[1])}))
    messages.error(request, "Select two sessions to compare them." if selected else "No session is selected.")
    return redirect(origin.url)
