"""A session's id in an address: in capitals or without hyphens it is the same session."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import reverse
from django.urls.converters import UUIDConverter


class SessionIdConverter(UUIDConverter):
    """Takes what `uuid.UUID` reads, but for its braces and prefixes; gives lower case with hyphens."""

    regex = "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"


def at_its_address(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Around the view of a page, so that it has one address: other spellings of the id are redirected there."""

    @wraps(view)
    def redirected(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if request.method in ("GET", "HEAD") and f"/{kwargs['session_id']}/" not in request.path:
            assert request.resolver_match is not None
            query = request.META.get("QUERY_STRING")
            url = reverse(request.resolver_match.view_name, kwargs=kwargs)
            return HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)
        return view(request, **kwargs)

    return redirected
