"""Every error's answer: a page for a browser, JSON for a program, and a reference for what nobody expected."""

import logging
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from sessions.contract.errors import Problem, json_error
from sessions.contract.request_id import HEADER, current_request_id
from sessions.foreign.dialects import in_dialect
from sessions.http.security_headers import with_security_headers
from sessions.postgresql.outages import is_outage

logger = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# Where programs ask: the API, and the paths of other products' APIs.
API_PREFIXES = ("/api/", "/v2/", "/observability.", "/core.v1.")

# What a browser downloads as well.
EXPORT = "/sessions/export.csv"

COOKIE_ALONE = "A browser's cookie writes with the header X-CSRFToken. A token needs none."


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks: it may send a token, and is told errors in JSON."""
    if request.path_info != EXPORT:
        return request.path_info.startswith(API_PREFIXES)
    # A browser says that it would take a page. It may send Basic as well, for a proxy that asks for a password.
    is_bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
    return is_bearer or "X-API-KEY" in request.headers or "text/html" not in request.headers.get("Accept", "")


def checks_parameters(view: View) -> View:
    """A view that names a bad parameter itself, a NUL in it too, and answers by the others."""
    setattr(view, "checks_parameters", True)  # noqa: B010
    return view


class ErrorMiddleware:
    """The outermost middleware: sees what every other one answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.encoding is not None:
            # The charset of the Content-Type is the body's alone; Django would read the address in it as well, and
            # fail for what is a codec to Python and no charset. Forms are in UTF-8, whatever they declare.
            request.encoding = None  # type: ignore[assignment]  # as Django starts with
        return in_dialect(request.path_info, self._answer(request))

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not getattr(response, "content", b""):
            return method_not_allowed(request, response)
        if is_api(request) and response.status_code >= 400 and response.get("Content-Type", "").startswith("text/html"):
            return json_error(_problem_of(response.status_code))
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> HttpResponseBase | None:
        """PostgreSQL takes no NUL in text, so none gets as far as a query."""
        query = "" if hasattr(view, "checks_parameters") else request.META.get("QUERY_STRING", "")
        if "\0" not in request.path and "%00" not in query and "\0" not in query:
            return None
        named = next((key for key, values in request.GET.lists() if "\0" in key + "".join(values)), None)
        problem = Problem("invalid_value", "The address holds a NUL character.", named and named.replace("\0", ""))
        return json_error(problem) if is_api(request) else _page(request, problem, "This address cannot be read")

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, Problem):
            return answer(request, exception)
        if isinstance(exception, UnreadablePostError):
            return answer(request, interrupted(exception))
        return unavailable(request, exception) if is_outage(exception) else None


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    titles = {404: "Not found", 503: "Not available just now"}
    title = titles.get(problem.status, "This cannot be shown")
    return json_error(problem) if is_api(request) else _page(request, problem, title)


def interrupted(error: BaseException | None) -> Problem:
    """A body that could not be read to its end, which is the fault of the client or of the network between."""
    while error is not None:  # Django wraps what the connection raises, sometimes twice
        if isinstance(error, TimeoutError):
            return Problem("request_timeout")
        error = error.__cause__
    return Problem("parse_error", "The body ended before its length was reached, or is not encoded as its headers say.")


def unparsed(path: str, problem: Problem, status: int) -> HttpResponse:
    """The answer to what never became a request, of which perhaps the beginning of its address is known."""
    if not path.startswith(API_PREFIXES):
        response = HttpResponse(f"{problem.message}\n", content_type="text/plain; charset=utf-8")
    else:
        response = cast(HttpResponse, in_dialect(path, json_error(problem)))
    response.status_code = status
    response["Cache-Control"] = "private, no-store"
    response[HEADER] = current_request_id()
    return with_security_headers(response)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Asks a person to sign in with a page, a program with a 401."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]) -> Any:
        if is_api(request):
            return json_error(Problem("unauthorized"))
        if request.headers.get("HX-Request"):
            # A redirect that htmx followed would put the sign-in page into the middle of this one.
            page = _page_of_htmx(request)
            return HttpResponseClientRedirect(reverse("signin", query={"next": page} if page else None))
        return super().handle_no_permission(request, view_func)


def _page_of_htmx(request: HttpRequest) -> str | None:
    """The page that htmx runs in, as its header says: None for another site's, and for what is no address."""
    try:
        page: str | None = getattr(request, "htmx").current_url_abs_path  # noqa: B009  set by HtmxMiddleware
    except ValueError:
        return None
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        problem = Problem("too_large", max_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    else:
        problem = Problem("parse_error")
    if is_api(request):
        return json_error(problem)
    return _page(request, problem, "This request cannot be understood")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = str(exception) if isinstance(exception, PermissionDenied) else ""
    problem = Problem("forbidden", said)
    return json_error(problem) if is_api(request) else _page(request, problem, "You may not do this")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_api(request):
        # Django judges the form before any view asks who sent it: without a token and a cookie there is no form.
        return json_error(Problem("forbidden", COOKIE_ALONE) if _signed_in(request) else Problem("unauthorized"))
    problem = Problem("forbidden", "This form has expired. Go back, reload the page and send it again.")
    return _page(request, problem, "This form has expired")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    problem = Problem("not_found")
    return json_error(problem) if is_api(request) else _page(request, problem, "Not found")


def method_not_allowed(request: HttpRequest, refusal: HttpResponseBase) -> HttpResponse:
    problem = Problem("method_not_allowed", headers={"Allow": refusal.get("Allow", "")})
    return json_error(problem) if is_api(request) else _page(request, problem, "This page cannot do that")


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled."""
    exception = sys.exception()
    if exception is not None and is_outage(exception):
        return unavailable(request, exception)
    reference = current_request_id()
    logger.error("%s %s failed, reference %s", request.method, request.path, reference, exc_info=exception)
    problem = Problem("server_error", reference_id=reference)
    return json_error(problem) if is_api(request) else _plain_page(problem, "Something went wrong")


def unavailable(request: HttpRequest, exception: BaseException) -> HttpResponse:
    """The database cannot be reached, a deadline has passed, or the pool has no connection to spare."""
    # A line and no traceback: an overload writes hundreds, and where a statement waited says nothing.
    logger.error("%s %s: the database cannot answer: %s", request.method, request.path, exception)
    problem = Problem("unavailable")
    return json_error(problem) if is_api(request) else _plain_page(problem, "Not available just now")


def _page(request: HttpRequest, problem: Problem, title: str) -> HttpResponse:
    template = "errors/signed_in.html" if _signed_in(request) else "errors/signed_out.html"
    response = render(request, template, {"problem": problem, "title": title}, status=problem.status)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _plain_page(problem: Problem, title: str) -> HttpResponse:
    """A page rendered without the request: looking up who asks needs the database, which may be what failed."""
    page = render_to_string("errors/signed_out.html", {"problem": problem, "title": title})
    return HttpResponse(page, status=problem.status, headers=problem.headers)


def _signed_in(request: HttpRequest) -> bool:
    # An error of the first middlewares comes before anybody is known.
    return hasattr(request, "user") and request.user.is_authenticated


def _problem_of(status: int) -> Problem:
    """What Django says in HTML, said in JSON."""
    if status == 403:
        return Problem("forbidden")
    if status == 404:
        return Problem("not_found")
    if status == 412:
        return Problem("precondition_failed")
    return Problem("parse_error") if status < 500 else Problem("server_error")
