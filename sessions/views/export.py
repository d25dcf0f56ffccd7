from django.http import HttpRequest, HttpResponse


def session_export(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("session_export")
