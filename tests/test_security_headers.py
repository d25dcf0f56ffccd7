"""The headers that tell browsers what an answer may do stand on every kind of answer."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client

from sessions.contract.errors import Problem
from sessions.http.errors import unparsed
from sessions.models import Organisation, User
from tests.conftest import ClientOf, Send

EVERYWHERE = {
    "Content-Security-Policy",
    "Permissions-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cache-Control",
}
SCRIPT = "/static/app.js"


class Failing:
    """A middleware that fails, where the address says so."""

    def __init__(self, get_response: object) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/fail/suspicious":
            raise SuspiciousOperation
        if request.path == "/fail/database":
            raise OperationalError
        if request.path == "/fail/":
            raise RuntimeError
        response: HttpResponse = self.get_response(request)  # type: ignore[operator]
        return response


@pytest.fixture
def anybody(db: None, settings: LazySettings, tmp_path: Path) -> Client:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.js").write_text("1")
    settings.STATIC_ROOT = str(tmp_path / "static")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Failing"]
    return Client(raise_request_exception=False)


def assert_complete(response: Any, *, https: bool = False) -> None:
    missing = EVERYWHERE - set(response.headers)
    assert not missing, missing
    assert response["X-Content-Type-Options"] == "nosniff"
    assert ("Strict-Transport-Security" in response) == https


ANSWERS = {
    "a page": ("get", "/signin/", 200),
    "a redirect to sign in": ("get", "/sessions/", 302),
    "a redirect to the list": ("get", "/", 302),
    "a page that does not exist": ("get", "/nowhere", 404),
    "an address without its slash": ("get", "/signin", 301),
    "a wrong method": ("delete", "/signin/", 405),
    "a wrong method of the API": ("delete", "/api/openapi.json", 405),
    "a wrong method of a probe": ("post", "/healthz", 405),
    "an error of the API": ("get", "/api/v1/sessions", 401),
    "an error of another format": ("get", "/v2/sessions/1/events", 401),
    "a NUL": ("get", "/signin/?next=%00", 400),
    "health": ("get", "/healthz", 200),
    "readiness": ("get", "/readyz", 200),
    "a static file": ("get", SCRIPT, 200),
    "the head of a static file": ("head", SCRIPT, 200),
    "a wrong method of a static file": ("post", SCRIPT, 405),
    "a static file that does not exist": ("get", "/static/none.js", 404),
    "a failure in a middleware": ("get", "/fail/", 500),
    "a refusal by a middleware": ("get", "/fail/suspicious", 400),
    "a database that is away": ("get", "/fail/database", 503),
    "the description of the API": ("get", "/api/openapi.json", 200),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("https", [False, True])
def test_every_kind_of_answer_carries_them(anybody: Client, settings: LazySettings, name: str, https: bool) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    method, path, status = ANSWERS[name]
    response = getattr(anybody, method)(path, secure=https)
    assert response.status_code == status
    assert_complete(response, https=https)


def test_so_does_a_host_that_is_refused_and_a_redirect_to_https(anybody: Client, settings: LazySettings) -> None:
    for redirects in (False, True):
        settings.SECURE_SSL_REDIRECT = redirects
        # The middlewares read the settings when they are made, with a client's first request.
        client = Client(raise_request_exception=False)
        for path in ("/signin/", SCRIPT, "/api/v1/sessions"):
            refused = client.get(path, headers={"Host": "evil.example"})
            if not (path == SCRIPT and not redirects):
                assert refused.status_code == 400
            assert_complete(refused)
            assert client.get(path).status_code == 301 if redirects else True
            assert_complete(client.get(path))
        assert client.get("/healthz").status_code == 200


def test_so_does_what_is_not_modified_and_what_is_streamed(
    anybody: Client, acme: Organisation, alice: User, client_of: ClientOf, send: Send
) -> None:
    client, ident = client_of(alice), send(acme)
    export = client.get("/sessions/export.csv")
    assert export.getvalue()
    first = client.get(f"/api/v1/sessions/{ident}")
    for response in (
        export,
        client.head("/sessions/export.csv"),
        first,
        client.get(f"/api/v1/sessions/{ident}", headers={"If-None-Match": first["ETag"]}),
        client.get("/sessions/export.csv?q=a%00"),
        client.get("/sessions/", headers={"HX-Request": "true"}),
        client.get("/settings/"),
    ):
        assert_complete(response)
    static = client.get(SCRIPT)
    unchanged = client.get(SCRIPT, headers={"If-Modified-Since": static["Last-Modified"]})
    assert unchanged.status_code == 304
    assert_complete(unchanged)


def test_so_does_what_never_became_a_request() -> None:
    for path in ("/api/v1/sessions", "/core.v1.SessionsService/ListSessionsV2", "/", ""):
        assert_complete(unparsed(path, Problem("parse_error"), 400))
