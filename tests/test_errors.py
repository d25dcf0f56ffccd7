"""Every error's answer: pages for browsers, JSON for programs, a reference for the unexpected."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.views.decorators.http import require_POST

from sessions.contract.errors import ERRORS, Problem, json_error
from sessions.models import User
from tests.conftest import ClientOf


class Unexpected(Exception):
    pass


def raising(error: Exception) -> Callable[..., HttpResponse]:
    @login_not_required
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


@login_not_required
@require_POST
def only_post(request: HttpRequest) -> HttpResponse:
    request.POST.get("a")
    return HttpResponse("posted")


VIEWS: dict[str, Callable[..., HttpResponse]] = {
    "broken": raising(Unexpected("secret detail")),
    "down": raising(OperationalError("connection to server at db.internal failed")),
    "bad": raising(BadRequest("secret detail")),
    "missing": raising(Http404("secret detail")),
    "problem": raising(Problem("too_large", field="file", max_bytes=10)),
    "denied": raising(PermissionDenied("Only admins can do this.")),
    "post": only_post,
}
urlpatterns = [
    *(path(prefix + name, view) for name, view in VIEWS.items() for prefix in ("api/try/", "try/")),
    path("", include("sessions.urls")),
]
handler400 = "sessions.http.errors.bad_request"
handler403 = "sessions.http.errors.permission_denied"
handler404 = "sessions.http.errors.page_not_found"
handler500 = "sessions.http.errors.server_error"

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("broken", 500, "server_error"),
        ("down", 503, "unavailable"),
        ("bad", 400, "parse_error"),
        ("missing", 404, "not_found"),
        ("nothing", 404, "not_found"),
        ("problem", 413, "too_large"),
        ("denied", 403, "forbidden"),
        ("post", 405, "method_not_allowed"),
    ],
)
def test_under_the_api_every_error_is_json(visitor: Client, name: str, status: int, code: str) -> None:
    response = visitor.get(f"/api/try/{name}")
    assert (response.status_code, response["Content-Type"], response.json()["code"]) == (
        status,
        "application/json",
        code,
    )
    assert "secret" not in response.content.decode()
    assert "db.internal" not in response.content.decode()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("broken", 500),
        ("down", 503),
        ("bad", 400),
        ("problem", 413),
        ("missing", 404),
        ("nothing", 404),
        ("denied", 403),
        ("post", 405),
    ],
)
def test_for_a_browser_every_error_is_a_page(
    visitor: Client, client_of: ClientOf, uma: User, name: str, status: int
) -> None:
    signed_in = client_of(uma)
    signed_in.raise_request_exception = False
    for client in (visitor, signed_in):
        response = client.get(f"/try/{name}")
        page = response.content.decode()
        assert response.status_code == status
        assert f"Error {status}" in page
        assert "secret" not in page
        assert "Traceback" not in page


@pytest.mark.parametrize("prefix", ["/api/try/", "/try/"])
def test_the_reference_of_an_unexpected_error_is_in_the_log(
    visitor: Client, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="sessions"):
        shown = visitor.get(prefix + "broken").content.decode()
    logged = re.search(r"reference ([0-9a-f]{16})", caplog.text)
    assert logged
    assert logged[1] in shown
    assert "secret detail" in caplog.text  # with what happened


def test_an_unreachable_database_says_when_to_try_again(visitor: Client) -> None:
    assert visitor.get("/api/try/down")["Retry-After"] == "5"
    assert visitor.get("/try/down")["Retry-After"] == "5"


def test_a_wrong_method_says_which_ones_are_right(visitor: Client) -> None:
    assert visitor.get("/api/try/post")["Allow"] == "POST"
    assert visitor.get("/try/post")["Allow"] == "POST"


def test_strangers_under_the_api_get_a_401_and_no_redirect(visitor: Client) -> None:
    for prefix in ("/api/v1/sessions",):
        response = visitor.get(prefix)
        assert response.status_code == 401
        assert response.json()["code"] == "unauthorized"
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_forged_form_is_refused_in_the_language_asked_in(visitor: Client) -> None:
    forged = Client(enforce_csrf_checks=True)
    assert forged.post("/api/try/post").json()["code"] == "unauthorized"
    with override_settings(CSRF_FAILURE_VIEW="sessions.http.errors.csrf_failure"):
        response = forged.post("/try/post")
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_a_body_too_large_to_read_says_how_large_it_may_be(visitor: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        response = visitor.post("/api/try/post", {"a": "x" * 100})
        assert (response.status_code, response.json()["max_bytes"]) == (413, 10)


@pytest.mark.parametrize(
    "address",
    [
        "/signin/?next=%00",
        "/api/v1/sessions?q=a%00b",
        "/api/v1/sessions?%00=1",
        "/sessions/%00/",
        "/%00",
        "/static/%00",
        "/password/set/%00/%00/",
        "/sessions/018f2f6e-1111-7222-8333-444455556666/attachments/a%00b",
        "/api/v1/sessions/018f2f6e-1111-7222-8333-444455556666/attachments/%00",
    ],
)
def test_nul_in_an_address_is_the_askers_mistake(client_of: ClientOf, uma: User, visitor: Client, address: str) -> None:
    signed_in = client_of(uma)
    for client in (visitor, signed_in):
        response = client.get(address)
        assert response.status_code in {400, 404}
        if address.startswith("/api/"):
            assert response["Content-Type"] == "application/json"


def test_the_parameter_that_holds_nul_is_named(visitor: Client) -> None:
    body = visitor.get("/api/v1/sessions?start=1&q=a%00b").json()
    assert (body["code"], body["field"]) == ("invalid_value", "q")


def test_a_foreign_host_is_refused(visitor: Client) -> None:
    response = visitor.get("/signin/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_every_code_makes_a_complete_answer() -> None:
    for code, (status, message) in ERRORS.items():
        response = json_error(Problem(code, field="start"))
        body: dict[str, Any] = json.loads(response.content)
        assert response.status_code == status
        assert body == {"code": code, "message": message, "field": "start"}


def test_a_nul_in_a_filter_is_named_and_the_other_filters_apply(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    for address in ("/sessions/", "/usage/"):
        page = client.get(address + "?q=a%00b&platform=ios")
        assert page.status_code == 200
        assert "<code>q</code>" in page.content.decode()
        assert "ios" in page.content.decode()
    export = client.get("/sessions/export.csv?q=a%00b")
    assert (export.status_code, export["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert export.content.startswith(b"q: ")
