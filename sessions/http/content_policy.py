"""The content security policy: of nearly every answer that of the settings."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from csp.constants import HEADER, SELF
from csp.decorators import csp_update
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponseBase

from sessions.files.delivery import signed_origin


class ContentPolicyMiddleware(CSPMiddleware):
    """What all answers say is put together once: doing it for each takes as long as all other headers together."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if hasattr(response, "_csp_update"):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _policy())
        return response


@cache
def _policy() -> str:
    return build_policy()


def shows_files(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For pages that show files: recorded pages in frames, and files that come from S3 where signed URLs are on.

    The redirect to a signed URL is followed only where its origin is allowed too: for pictures, videos and sounds.
    No script reads files, so `connect-src` stays as it is.
    """

    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponseBase:
        changes = {"frame-src": [SELF]}
        if origin := signed_origin():
            changes |= {"img-src": [origin], "media-src": [origin]}
        return csp_update(changes)(view)(*args, **kwargs)

    return shown
