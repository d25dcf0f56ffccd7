from django.http import HttpRequest, HttpResponse


def sessions(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("sessions")


def session(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("session")


def session_events(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("session_events")
