from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from sessions.http.authentication import ApiRequest, scope_required
from sessions.http.errors import checks_parameters
from sessions.http.streams import streamed
from sessions.presenters.csv import csv_name, csv_stream
from sessions.query import InvalidParametersError, parse


@checks_parameters
@require_safe
@scope_required("read", None)
def session_export(request: ApiRequest) -> HttpResponseBase:
    """The rows that match, streamed, for a browser or for a program with a token.

    An invalid parameter is refused: an export never widens in silence.
    """
    try:
        asked = parse(request.user, request.GET)
    except InvalidParametersError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    response = streamed(request, csv_stream(asked), "text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{csv_name(asked)}"'
    return response
