"""Who asks the API: a token, or else the browser's cookie. And what a token may do there.

A view of the API takes an `ApiRequest`: `request.user` is the token's creator or the person
signed in, `request.token` the token or None. `scope_required` stands above every such view.
"""

import base64
from collections.abc import Callable, Collection
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from sessions.accounts.limits import WRONG_TOKENS, Count, count
from sessions.accounts.tokens import SECRET_PREFIX, TokenRefused, may_make_tokens, recognise, scopes_of, touch
from sessions.contract.choices import Scope
from sessions.contract.errors import Problem, json_error, refuse_unknown
from sessions.http.client_address import client_address
from sessions.http.errors import is_api
from sessions.http.roles import MemberRequest
from sessions.models import ApiToken

# A token beside a name of 255 characters; a part of anything longer decodes to no token of ours.
LONGEST_BASIC = 800


class ApiRequest(MemberRequest):
    """A request to the API by somebody who is known. `token` is None with a browser's cookie."""

    token: ApiToken | None


class TokenMiddleware:
    """Takes a token where the API is asked. Who sends one is judged by it alone, whatever cookie comes along."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        setattr(request, "token", None)  # noqa: B010  an attribute that HttpRequest does not declare
        if not is_api(request):
            return self.get_response(request)
        response = self._answer(request)
        patch_vary_headers(response, ("Authorization", "X-API-KEY"))
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        now = timezone.now()
        try:
            secret = secret_in(request)
            if secret is None:
                return self.get_response(request)
            token, counted = _find(secret, now)
        except Problem as problem:
            return json_error(_counted(problem, request, now))
        if counted is None:
            return self._answer_to(request, token, now)
        if counted.exceeded:
            return json_error(Problem("too_many_requests", headers=counted.headers()))
        response = self._answer_to(request, token, now)
        for name, value in counted.headers().items():
            response[name] = value
        return response

    def _answer_to(self, request: HttpRequest, token: ApiToken, now: datetime) -> HttpResponseBase:
        assert token.creator is not None
        request.user = token.creator
        setattr(request, "token", token)  # noqa: B010
        # No page of another site can make a browser send these headers: there is nothing to forge.
        setattr(request, "csrf_processing_done", True)  # noqa: B010
        touch(token, now)
        return self.get_response(request)


def _counted(problem: Problem, request: HttpRequest, now: datetime) -> Problem:
    """Good tokens from the same address go on working: a colleague's broken script is no reason to stop them."""
    wrong = count(WRONG_TOKENS, client_address(request), now)
    return Problem("too_many_requests", headers=wrong.headers()) if wrong.exceeded else problem


def _find(secret: str, now: datetime) -> tuple[ApiToken, Count | None]:
    try:
        return recognise(secret, now)
    except TokenRefused as refused:
        match refused.reason:
            case "expired":
                raise Problem("unauthorized", "This token has expired.", reason="expired") from refused
            case "revoked":
                raise Problem("unauthorized", "This token has been revoked.", reason="revoked") from refused
        raise Problem("unauthorized", "There is no such token.") from refused


def secret_in(request: HttpRequest) -> str | None:
    """The secret that the headers hold; None without them. Raises Problem for two secrets, and for what holds none."""
    found = set()
    if (key := request.headers.get("X-API-KEY")) is not None:
        found.add(key.strip())
    if (authorization := request.headers.get("Authorization")) is not None:
        found.add(_secret_of(authorization))
    if len(found) > 1:
        raise Problem("unauthorized", "The request holds two different tokens.")
    return next(iter(found), None)


def _secret_of(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    match scheme.lower():
        case "bearer":
            return value
        case "basic" if value.startswith(SECRET_PREFIX):  # FullStory's clients send the key as it is
            return value
        case "basic":
            return _secret_of_basic(value)
    raise Problem("unauthorized", "Send the token as Authorization: Bearer, as X-API-KEY or with Basic.")


def _secret_of_basic(value: str) -> str:
    """The user name or the password, whichever is a token."""
    try:
        name, _, password = base64.b64decode(value[:LONGEST_BASIC], validate=True).decode().partition(":")
    except ValueError as error:  # neither Base64 nor UTF-8
        raise Problem("unauthorized", "The Basic credentials cannot be read.") from error
    found = {part for part in (name, password) if part.startswith(SECRET_PREFIX)}
    if len(found) != 1:
        raise Problem("unauthorized", "The Basic credentials hold no token, or two.")
    return found.pop()


def scope_required(
    scope: str, parameters: Collection[str] | None = ()
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """`@scope_required("read")` or `"write"` above a view of the API.

    A token needs the scope. A browser's cookie reads; it writes for those who could make a token, with CSRF.
    Other parameters than these are refused; with None the view does that itself.
    """
    needed = Scope(scope)

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def checked(request: ApiRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            _check(request, needed)
            if parameters is not None:
                refuse_unknown(request.GET, parameters)
            return view(request, *args, **kwargs)

        setattr(checked, "scope", needed)  # noqa: B010  a test asks every route of the API for it
        return checked

    return decorate


def _check(request: ApiRequest, needed: Scope) -> None:
    if request.token is None:
        if needed == Scope.WRITE and not may_make_tokens(request.user):
            raise Problem("forbidden", "Only developers and admins can send sessions.", scope=needed.value)
    elif needed not in scopes_of(request.token):
        raise Problem("forbidden", f"This token lacks the scope “{needed.value}”.", scope=needed.value)
