from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("400", status=400)


permission_denied = page_not_found = bad_request


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse("500", status=500)
