"""Signing in and out."""

import pytest
from django.test import Client

from sessions.models import Organisation, User
from tests.conftest import ClientOf

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example/",
    "https://testserver@evil.example/",
]


def signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_right_email_and_password_lead_to_the_sessions(visitor: Client, uma: User, password: str) -> None:
    response = visitor.post("/signin/", {"email": uma.email, "password": password})
    assert (response.status_code, response["Location"]) == (302, "/sessions/")
    assert signed_in(visitor)


def test_the_case_of_the_email_does_not_matter(visitor: Client, uma: User, password: str) -> None:
    visitor.post("/signin/", {"email": str(uma.email).upper(), "password": password})
    assert signed_in(visitor)


def test_next_is_where_one_wanted_to_go(visitor: Client, uma: User, password: str) -> None:
    asked = visitor.get("/settings/?a=1")
    assert asked["Location"] == "/signin/?next=/settings/%3Fa%3D1"
    page = visitor.get(asked["Location"])
    assert '<input type="hidden" name="next" value="/settings/?a=1">' in page.content.decode()
    response = visitor.post("/signin/", {"email": uma.email, "password": password, "next": "/settings/?a=1"})
    assert response["Location"] == "/settings/?a=1"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_next_leads_nowhere_else(visitor: Client, uma: User, password: str, url: str) -> None:
    response = visitor.post("/signin/", {"email": uma.email, "password": password, "next": url})
    assert response["Location"] == "/sessions/"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_next_leads_nowhere_else_for_who_is_signed_in(client_of: ClientOf, uma: User, url: str) -> None:
    response = client_of(uma).get("/signin/", {"next": url})
    assert response["Location"] == "/sessions/"


def test_who_is_signed_in_is_sent_on(client_of: ClientOf, uma: User) -> None:
    assert client_of(uma).get("/signin/")["Location"] == "/sessions/"


@pytest.mark.parametrize("email", ["uma@acme.example", "nobody@acme.example"])
def test_it_does_not_say_whether_the_email_or_the_password_is_wrong(visitor: Client, uma: User, email: str) -> None:
    page = visitor.post("/signin/", {"email": email, "password": "wrong"}).content.decode()
    assert '<div class="field-error" id="id_password_error" role="alert">' in page
    assert "The e-mail or the password is wrong." in page
    assert 'aria-describedby="id_password_error"' in page
    assert "wrong" not in page.replace("password is wrong", "")  # what was typed is not shown again


def test_missing_fields_are_named_at_the_field(visitor: Client, uma: User) -> None:
    page = visitor.post("/signin/", {}).content.decode()
    assert 'id="id_email_error"' in page
    assert 'id="id_password_error"' in page


def test_one_known_only_from_sessions_cannot_sign_in(visitor: Client, uma: User, password: str) -> None:
    User.objects.update(can_sign_in=False)
    visitor.post("/signin/", {"email": uma.email, "password": password})
    assert not signed_in(visitor)


def test_a_deactivated_member_cannot_sign_in(visitor: Client, uma: User, password: str) -> None:
    User.objects.update(is_active=False)
    visitor.post("/signin/", {"email": uma.email, "password": password})
    assert not signed_in(visitor)


def test_a_deactivated_member_is_out_at_once(client_of: ClientOf, uma: User) -> None:
    client = client_of(uma)
    assert signed_in(client)
    User.objects.filter(pk=uma.pk).update(is_active=False)
    assert client.get("/settings/")["Location"] == "/signin/?next=/settings/"


def test_the_same_email_known_in_another_organisation_does_not_matter(
    visitor: Client, uma: User, password: str, globex: Organisation
) -> None:
    User.objects.create(organisation=globex, email=uma.email)
    visitor.post("/signin/", {"email": uma.email, "password": password})
    assert visitor.get("/settings/").context["user"] == uma


@pytest.mark.parametrize(
    "typed", ["%00", "a%00@b.example", "x" * 100_000, "%27%20OR%201=1", "%ED%A0%80", "%FF@b.example"]
)
def test_hostile_input_signs_nobody_in(visitor: Client, uma: User, typed: str) -> None:
    response = visitor.post("/signin/", f"email={typed}&password={typed}", "application/x-www-form-urlencoded")
    assert response.status_code == 200
    assert not signed_in(visitor)


def test_signing_out_is_a_post(client_of: ClientOf, uma: User) -> None:
    client = client_of(uma)
    assert client.get("/signout/").status_code == 405
    assert signed_in(client)
    assert client.post("/signout/")["Location"] == "/signin/"
    assert not signed_in(client)


def test_signing_out_twice_asks_nobody_to_sign_in_to_sign_out(visitor: Client, db: None) -> None:
    assert visitor.post("/signout/")["Location"] == "/signin/"


def test_signing_in_needs_the_token_of_the_form(uma: User, password: str) -> None:
    visitor = Client(enforce_csrf_checks=True)
    assert visitor.post("/signin/", {"email": uma.email, "password": password}).status_code == 403


def test_the_page_is_not_cached_and_needs_no_script(visitor: Client, db: None) -> None:
    response = visitor.get("/signin/")
    assert "no-store" in response["Cache-Control"]
    page = response.content.decode()
    assert "<script>" not in page
    assert "style=" not in page
    assert "onclick" not in page
    assert 'autocomplete="current-password"' in page


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(visitor: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/sessions/?q=a"}
    response = visitor.get("/sessions/live/", headers=headers)
    assert response["HX-Redirect"] == "/signin/?next=%2Fsessions%2F%3Fq%3Da"


@pytest.mark.parametrize("page", ["http://[", "http://elsewhere.example/sessions/", "%ff"])
def test_htmx_in_a_page_that_is_not_ours_is_sent_there_too(visitor: Client, db: None, page: str) -> None:
    response = visitor.get("/sessions/live/", headers={"HX-Request": "true", "HX-Current-URL": page})
    assert response["HX-Redirect"].startswith("/signin/")
    assert "elsewhere" not in response["HX-Redirect"]
