"""The parameters of a request for a list, for readers that refuse what they do not understand."""

from sessions.contract.errors import Problem
from sessions.http.roles import MemberRequest
from sessions.query import InvalidParametersError, ListRequest, parse


def list_request(request: MemberRequest) -> ListRequest:
    """Raises Problem for the first parameter that is wrong."""
    try:
        return parse(request.user, request.GET)
    except InvalidParametersError as error:
        first = error.errors[0]
        raise Problem(first.code, first.message, field=first.field) from error
