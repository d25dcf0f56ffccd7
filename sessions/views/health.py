from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("healthz")


def readyz(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("readyz")
