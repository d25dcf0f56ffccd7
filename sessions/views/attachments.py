from django.http import HttpRequest, HttpResponse


def attachment(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("attachment")


def attachment_view(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("attachment_view")
