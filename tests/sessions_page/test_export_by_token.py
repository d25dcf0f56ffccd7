"""The CSV for programs, which have a token and follow redirects to nowhere."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from sessions.accounts.tokens import make_token
from sessions.models import Organisation, User
from tests.conftest import ClientOf, Send

EXPORT = "/sessions/export.csv"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def _sessions(acme: Organisation, globex: Organisation, dave: User, uma: User, send: Send) -> None:
    send(acme, user=dave.email, external_id="daves")
    send(acme, user=uma.email, external_id="umas")
    send(globex, external_id="of globex")


def export(headers: dict[str, str], path: str = EXPORT, client: Client | None = None) -> Any:
    return (client or Client()).get(path, headers=headers)


def external_ids(response: Any) -> set[str]:
    assert response.status_code == 200
    lines = csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig")))
    return {line["External ID"] for line in lines}


@pytest.mark.usefixtures("_sessions")
@pytest.mark.parametrize("accept", [None, "*/*", "text/csv", BROWSER])
def test_a_token_gets_what_its_creator_may_see(alice: User, dave: User, accept: str | None) -> None:
    for creator, seen in ((alice, {"daves", "umas"}), (dave, {"daves"})):
        secret = make_token(creator, "ci", ["read"])[1]
        for header in ({"Authorization": f"Bearer {secret}"}, {"X-API-KEY": secret}):
            headers = header if accept is None else header | {"Accept": accept}
            assert external_ids(export(headers)) == seen


@pytest.mark.usefixtures("_sessions")
def test_it_takes_the_parameters_of_the_list(alice: User) -> None:
    secret = make_token(alice, "ci", ["read"])[1]
    headers = {"Authorization": f"Bearer {secret}"}
    assert external_ids(export(headers, f"{EXPORT}?external_id=umas")) == {"umas"}
    assert export(headers, f"{EXPORT}?start=banana").status_code == 400


def test_a_token_that_may_only_write_gets_nothing(dave: User) -> None:
    secret = make_token(dave, "ci", ["write"])[1]
    response = export({"Authorization": f"Bearer {secret}"})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("accept", [None, "*/*", "text/csv", "application/json"])
def test_a_program_without_credentials_is_told_so(accept: str | None) -> None:
    response = export({} if accept is None else {"Accept": accept})
    assert (response.status_code, response["Content-Type"], response.json()["code"]) == (
        401,
        "application/json",
        "unauthorized",
    )
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("db")
def test_a_wrong_token_is_refused_whatever_cookie_comes_along(client_of: ClientOf, alice: User) -> None:
    for accept in ("*/*", BROWSER):
        response = export({"Authorization": "Bearer sh_wrong", "Accept": accept}, client=client_of(alice))
        assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


@pytest.mark.usefixtures("db")
def test_a_browser_is_still_sent_to_the_sign_in() -> None:
    response = export({"Accept": BROWSER})
    assert (response.status_code, response["Location"]) == (302, f"/signin/?next={EXPORT}")


@pytest.mark.usefixtures("_sessions")
def test_a_browser_behind_a_proxy_with_a_password_has_its_cookie(client_of: ClientOf, alice: User) -> None:
    response = export({"Accept": BROWSER, "Authorization": "Basic YWxpY2U6c2VjcmV0"}, client=client_of(alice))
    assert external_ids(response) == {"daves", "umas"}


@pytest.mark.usefixtures("db")
def test_no_other_page_takes_a_token(alice: User) -> None:
    secret = make_token(alice, "ci", ["read", "write"])[1]
    for path in ("/sessions/", "/usage/", "/settings/tokens/"):
        assert export({"Authorization": f"Bearer {secret}"}, path).status_code == 302
