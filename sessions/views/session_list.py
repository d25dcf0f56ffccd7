from django.http import HttpRequest, HttpResponse


def session_list(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("session_list")


def session_live(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("session_live")
