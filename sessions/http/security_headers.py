"""The headers that tell browsers what an answer may do: on every answer, whoever gives it."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django_permissions_policy import PermissionsPolicyMiddleware

from sessions.http.content_policy import ContentPolicyMiddleware


class TransportHeadersMiddleware(SecurityMiddleware):
    """The headers of Django's SecurityMiddleware, which stands further in, where it redirects to HTTPS.

    Probes are not redirected. And when it refuses a host, Django answers in its place.
    """

    def process_request(self, request: HttpRequest) -> None:
        return None


SETTERS = (XFrameOptionsMiddleware, ContentPolicyMiddleware, PermissionsPolicyMiddleware, TransportHeadersMiddleware)


def with_security_headers(response: HttpResponse) -> HttpResponse:
    """An answer that is given outside of Django, with the headers that these middlewares set on any other."""

    def given(_: HttpRequest) -> HttpResponse:
        return response

    answer: Callable[[HttpRequest], Any] = given
    for setter in SETTERS:
        answer = setter(answer)
    return cast(HttpResponse, answer(HttpRequest()))
