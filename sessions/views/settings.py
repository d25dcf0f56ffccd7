from django.http import HttpRequest, HttpResponse


def profile(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("profile")


def organisation(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("organisation")
