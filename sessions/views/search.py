"""What helps with the search box: completion while one types, and the page that explains the language."""

from dataclasses import asdict

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from sessions.http.roles import MemberRequest
from sessions.presenters.search_help import search_help_context
from sessions.query.language.completion import completion
from sessions.query.parameters import LONGEST_SEARCH

CACHED_SECONDS = 60


@require_safe
def search_completions(request: MemberRequest) -> HttpResponse:
    """`{start, candidates: [{text, label, note}]}` for the text before the caret."""
    found = completion(request.user, request.GET.get("before", "")[: LONGEST_SEARCH + 1])
    response = JsonResponse(asdict(found))
    patch_cache_control(response, private=True, max_age=CACHED_SECONDS)
    return response


@require_safe
def search_help(request: MemberRequest) -> HttpResponse:
    return render(request, "sessions/search_help.html", search_help_context())
