from django.http import HttpRequest, HttpResponse


def usage(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("usage")
