"""Whoever raises a problem, the answer is worded as the format of the path words it."""

import gzip
import json
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from sessions.contract.errors import ERRORS, Problem
from sessions.foreign.dialects import DIALECTS
from tests.foreign.conftest import body


class Unexpected(Exception):
    pass


RAISED: dict[str, Exception] = {
    "broken": Unexpected("secret"),
    "down": OperationalError("secret"),
    "busy": Problem("too_many_requests", headers={"Retry-After": "7"}),
    "long": Problem("invalid_value", "A long story. " * 100, field="a"),
}


@login_not_required
def raising(request: HttpRequest, name: str) -> HttpResponse:
    raise RAISED[name]


@login_not_required
def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse('{"code": "mine"}', status=404, content_type="application/json")


urlpatterns = [
    path("observability.try.<name>", raising),
    path("v2/sessions/try/<name>", raising),
    path("core.v1.Try/<name>", raising),
    path("v2/realtime/try/<name>", raising),
    path("api/v1/try/<name>", raising),
    path("observability.fine", fine),
    path("", include("sessions.urls")),
]
handler500 = "sessions.http.errors.server_error"

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
NOT_DEVREV = ("/v2/sessions/try/", "/core.v1.Try/", "/v2/realtime/try/", "/api/v1/try/")


def get(address: str, **headers: str) -> Any:
    return Client(raise_request_exception=False).get(address, headers=headers)


@pytest.mark.parametrize(
    ("name", "status", "devrev", "codes"),
    [
        ("broken", 500, "internal_error", ("server_error", "internal_error", "server_error", "server_error")),
        ("down", 503, "service_unavailable", ("unavailable",) * 4),
        ("busy", 429, "too_many_requests", ("too_many_requests",) * 4),
    ],
)
def test_what_a_view_raises_is_worded_by_path(name: str, status: int, devrev: str, codes: tuple[str, ...]) -> None:
    response = get(f"/observability.try.{name}")
    assert (response.status_code, body(response)["type"]) == (status, devrev)
    for prefix, code in zip(NOT_DEVREV, codes, strict=True):
        response = get(prefix + name)
        assert (response.status_code, body(response)["code"]) == (status, code), prefix
        assert b"secret" not in response.getvalue()
        assert ("Retry-After" in response) == (status in (429, 503))


def test_a_reference_is_given_for_what_nobody_expected() -> None:
    assert body(get("/observability.try.broken"))["reference_id"]
    assert "Reference: " in body(get("/v2/sessions/try/broken"))["message"]
    assert body(get("/core.v1.Try/broken"))["reference_id"]


def test_a_long_error_is_whole_whatever_was_compressed_on_its_way() -> None:
    for address in ("/observability.try.long", "/v2/sessions/try/long"):
        response = get(address, **{"Accept-Encoding": "gzip"})
        content = response.content
        assert int(response["Content-Length"]) == len(content)
        if response.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        assert json.loads(content)["message"]
        assert "Content-Security-Policy" in response


def test_what_is_no_problem_is_left_alone() -> None:
    assert body(get("/observability.fine")) == {"code": "mine"}


@pytest.mark.parametrize("speak", DIALECTS.values())
def test_every_dialect_has_words_for_every_problem(speak: Any) -> None:
    for code, (status, _) in ERRORS.items():
        answered, said = speak(Problem(code))
        assert answered == status
        assert said["message"]
        json.dumps(said)
