from django.http import HttpRequest, HttpResponse


def session_detail(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("session_detail")
