"""The API's own description, for programs and for people. Neither needs signing in: it names no data."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sessions.presenters.openapi import document
from sessions.presenters.openapi_page import readable


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document(server_of(request)))


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html", {"api": readable(document(server_of(request)))})


def server_of(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
