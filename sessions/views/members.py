from django.http import HttpRequest, HttpResponse


def members(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("members")


def invite(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("invite")


def member(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("member")
