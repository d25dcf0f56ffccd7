"""What may keep an answer: nothing but what the view itself allows."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class CachingMiddleware:
    """Outside of every middleware that answers, error pages included.

    Pages and downloads show what one person may see, an invitation's link among it, and are stored nowhere: after
    signing out, the browser's Back finds none of them. What has an ETag is kept by the one who asked, and asked
    about each time. Static files say for themselves how long they last.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if "Cache-Control" in response:
            return response
        response["Cache-Control"] = "private, no-cache" if "ETag" in response else "private, no-store"
        return response
