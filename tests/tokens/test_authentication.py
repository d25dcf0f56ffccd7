"""Who a request to the API comes from: which headers count, and what is said when they hold no good token."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import include, path
from pytest_django import DjangoAssertNumQueries

from sessions.accounts.tokens import revoke
from sessions.contract.choices import Role, Scope
from sessions.http.authentication import ApiRequest, scope_required
from sessions.models import ApiToken, Organisation, User
from sessions.urls import api_urls
from tests.conftest import ClientOf, Send, organisation
from tests.tokens.conftest import LIST, Made, Make, basic


@scope_required("write")
def write(request: ApiRequest) -> HttpResponse:
    return JsonResponse({"user": request.user.email, "token": request.token and request.token.label})


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"user": str(request.user), "token": getattr(request, "token")})  # noqa: B009


urlpatterns = [path("api/try/write", write), path("try/page", page), path("", include("sessions.urls"))]
WRITE = "/api/try/write"
here = pytest.mark.urls(__name__)


def ids(client: Client, **headers: str) -> set[str]:
    response = client.get(LIST, headers=headers)
    assert response.status_code == 200, response.content
    return {session["id"] for session in response.json()["sessions"]}


def ways(secret: str) -> list[dict[str, str]]:
    return [
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": f"bearer  {secret} "},
        {"X-API-KEY": secret},
        {"Authorization": f"Basic {secret}"},
        basic(secret),
        basic(secret, "x"),
        basic("anyone", secret),
        basic("anyone@ümlaut.example", secret),
        basic(secret, secret),
        {"Authorization": f"Bearer {secret}", "X-API-KEY": secret},
    ]


# Reading


@pytest.mark.parametrize("way", range(len(ways("sh_"))))
def test_each_documented_way_of_sending_a_token_reads_as_its_creator(
    program: Client, daves: Made, acme: Organisation, send: Send, way: int
) -> None:
    own, _ = send(acme, user="dave@acme.example"), send(acme, user="uma@acme.example")
    assert ids(program, **ways(daves.secret)[way]) == {str(own)}


@pytest.mark.parametrize(("role", "count"), [(Role.ADMIN, 4), (Role.DEVELOPER, 2), (Role.USER, 2)])
def test_a_token_sees_exactly_what_its_creator_sees(
    program: Client, daves: Made, dave: User, client_of: ClientOf, send: Send, role: Role, count: int
) -> None:
    elsewhere = organisation("globex")
    whose: tuple[dict[str, str], ...] = ({"user": "dave@acme.example"}, {"user": "x@acme.example"}, {"token": "ci"}, {})
    sent = [send(to, **fields) for to in (dave.organisation, elsewhere) for fields in whose]
    User.objects.filter(pk=dave.pk).update(role=role)
    seen = ids(client_of(dave))
    assert len(seen) == count
    assert ids(program, **daves.bearer) == seen
    for ident in sent:
        status = program.get(f"{LIST}/{ident}", headers=daves.bearer).status_code
        assert status == (200 if str(ident) in seen else 404)


def test_a_token_of_another_organisation_reads_nothing_here(
    program: Client, make: Make, globex_admin: User, acme: Organisation, send: Send
) -> None:
    ours = send(acme, user="dave@acme.example")
    gina = make(globex_admin, Scope.READ, Scope.WRITE)
    assert ids(program, **gina.bearer) == set()
    for url in (f"{LIST}/{ours}", f"{LIST}/{ours}/events", f"{LIST}/{ours}/attachments/a.log"):
        assert program.get(url, headers=gina.bearer).status_code == 404


def test_without_a_token_the_browsers_cookie_counts(client_of: ClientOf, dave: User) -> None:
    assert client_of(dave).get(LIST).status_code == 200


def test_without_either_it_is_a_401(program: Client, db: None) -> None:
    response = program.get(LIST)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_one_token_costs_one_query_to_recognise(
    program: Client, daves: Made, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    program.get(f"{LIST}?limit=0", headers=daves.bearer)  # records the use
    # the token with its creator and organisation, and how many requests in this minute
    with django_assert_num_queries(1):
        assert program.get(f"{LIST}?limit=0", headers=daves.bearer).status_code == 400


# Refusing

WRONG = {
    "another secret": {"Authorization": "Bearer sh_" + "x" * 43},
    "no prefix": {"Authorization": "Bearer " + "x" * 46},
    "empty": {"Authorization": ""},
    "only the scheme": {"Authorization": "Bearer"},
    "only the prefix": {"X-API-KEY": "sh_"},
    "an empty key": {"X-API-KEY": ""},
    "another scheme": {"Authorization": "Digest sh_x"},
    "no scheme": {"Authorization": "sh_" + "x" * 43},
    "non-ASCII": {"X-API-KEY": "sh_" + "ü" * 43},
    "bytes": {"Authorization": "Bearer sh_\xff\xfe\x80"},
    "NUL": {"X-API-KEY": "sh_\0" + "x" * 42},
    "1 MB": {"Authorization": "Bearer sh_" + "x" * 1_000_000},
    "1 MB as key": {"X-API-KEY": "sh_" + "é" * 1_000_000},
    "1 MB Basic": {"Authorization": "Basic " + "QUJD" * 250_000},
    "Basic garbage": {"Authorization": "Basic !!!!"},
    "Basic, not UTF-8": {"Authorization": "Basic //79"},
    "Basic without a token": basic("dave@acme.example", "a long password 42"),
    "Basic with two": basic("sh_" + "x" * 43, "sh_" + "y" * 43),
    "Basic nothing": {"Authorization": "Basic "},
    "a list": {"Authorization": "Bearer sh_a, Bearer sh_b"},
    "SQL": {"X-API-KEY": "sh_' OR 1=1 --"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_token_is_a_401_even_beside_a_good_cookie(
    client_of: ClientOf, dave: User, headers: dict[str, str]
) -> None:
    response = client_of(dave).get(LIST, headers=headers)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body["code"] == "unauthorized"
    assert "reason" not in body
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "sh_" not in body["message"]


def test_two_different_tokens_are_refused_also_when_both_are_good(program: Client, make: Make, dave: User) -> None:
    one, other = make(dave, label="one"), make(dave, label="other")
    headers = one.bearer | {"X-API-KEY": other.secret}
    assert program.get(LIST, headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["token", "key", "api_key", "access_token", "Authorization", "X-API-KEY"])
def test_a_token_in_the_address_is_not_accepted(program: Client, daves: Made, name: str) -> None:
    for value in (daves.secret, f"Bearer {daves.secret}"):
        assert program.get(LIST, {name: value}).status_code == 401


def test_the_stored_digest_and_the_prefix_open_nothing(program: Client, daves: Made) -> None:
    digest = str(daves.token.digest)
    for text in (digest, f"sh_{digest}", daves.token.prefix, daves.secret[:-1], daves.secret + "a", daves.secret[3:]):
        assert program.get(LIST, headers={"X-API-KEY": text}).status_code == 401


def test_a_token_revoked_in_mid_use_stops_at_once_and_says_why(program: Client, daves: Made, dave: User) -> None:
    assert program.get(LIST, headers=daves.bearer).status_code == 200
    revoke(dave, daves.token.pk)
    response = program.get(LIST, headers=daves.bearer)
    assert (response.status_code, response.json()["reason"]) == (401, "revoked")


def test_a_token_expires_at_its_time_and_says_so(program: Client, daves: Made) -> None:
    now = datetime.now(UTC)
    ApiToken.objects.update(expires_at=now + timedelta(minutes=1))
    assert program.get(LIST, headers=daves.bearer).status_code == 200
    ApiToken.objects.update(expires_at=now)
    response = program.get(LIST, headers=daves.bearer)
    assert (response.status_code, response.json()["reason"]) == (401, "expired")


@pytest.mark.parametrize("change", [{"is_active": False}, {"can_sign_in": False}], ids=str)
def test_the_tokens_of_a_deactivated_member_open_nothing_until_they_are_back(
    program: Client, daves: Made, change: dict[str, bool]
) -> None:
    User.objects.update(**change)
    response = program.get(LIST, headers=daves.bearer)
    assert (response.status_code, response.json()["reason"]) == (401, "revoked")
    User.objects.update(is_active=True, can_sign_in=True)
    assert program.get(LIST, headers=daves.bearer).status_code == 200


def test_a_token_known_from_imports_opens_nothing(program: Client, acme: Organisation) -> None:
    ApiToken.objects.create(organisation=acme, label="imported")
    for text in ("sh_", "imported", "sh_None"):
        assert program.get(LIST, headers={"X-API-KEY": text}).status_code == 401


def test_a_token_opens_no_page(program: Client, daves: Made) -> None:
    for path_ in ("/sessions/", "/settings/"):  # of the CSV see tests/sessions_page/test_export_by_token.py
        assert program.get(path_, headers=daves.bearer).status_code == 302


@here
def test_pages_know_no_token(program: Client, daves: Made) -> None:
    assert program.get("/try/page", headers=daves.bearer).json() == {"user": "AnonymousUser", "token": None}


def test_answers_are_not_shared_between_tokens_by_a_cache(program: Client, daves: Made) -> None:
    vary = program.get(LIST, headers=daves.bearer)["Vary"]
    assert {"Authorization", "X-API-KEY"} <= {name.strip() for name in vary.split(",")}


# Scopes


def test_a_token_without_read_reads_nothing_and_the_scope_is_named(
    program: Client, make: Make, dave: User, acme: Organisation, send: Send
) -> None:
    ident = send(acme, user="dave@acme.example")
    made = make(dave, Scope.WRITE)
    for url in (LIST, f"{LIST}/{ident}", f"{LIST}/{ident}/events", f"{LIST}/{ident}/attachments/a"):
        response = program.get(url, headers=made.bearer)
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")
        assert response.json()["scope"] == "read"
        assert "“read”" in response.json()["message"]


@here
def test_a_token_writes_with_the_scope_and_needs_no_csrf_token(program: Client, make: Make, dave: User) -> None:
    made = make(dave, Scope.WRITE, label="nightly")
    response = program.post(WRITE, headers=made.bearer)
    assert (response.status_code, response.json()) == (200, {"user": dave.email, "token": "nightly"})
    refused = program.post(WRITE, headers=make(dave, Scope.READ).bearer)
    assert (refused.status_code, refused.json()["scope"]) == (403, "write")


@here
def test_a_token_whose_creator_became_a_user_reads_but_no_longer_writes(
    program: Client, make: Make, dave: User
) -> None:
    made = make(dave, Scope.READ, Scope.WRITE)
    User.objects.update(role=Role.USER)
    assert program.get(LIST, headers=made.bearer).status_code == 200
    refused = program.post(WRITE, headers=made.bearer)
    assert (refused.status_code, refused.json()["scope"]) == (403, "write")


@here
@pytest.mark.parametrize(("name", "status"), [("alice", 200), ("dave", 200), ("uma", 403)])
def test_a_browsers_cookie_writes_for_who_could_make_a_token(
    client_of: ClientOf, alice: User, dave: User, uma: User, name: str, status: int
) -> None:
    member = {"alice": alice, "dave": dave, "uma": uma}[name]
    assert client_of(member).post(WRITE).status_code == status


@here
def test_who_sends_without_a_token_and_without_a_cookie_is_asked_for_one(program: Client) -> None:
    response = program.post(WRITE)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


@here
def test_a_browsers_cookie_needs_the_csrf_token(client_of: ClientOf, program: Client, dave: User) -> None:
    program.force_login(dave)
    response = program.post(WRITE)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    program.get("/settings/")
    token = program.cookies["csrftoken"].value
    assert program.post(WRITE, headers={"X-CSRFToken": token}).status_code == 200


@here
def test_a_wrong_token_beside_a_cookie_is_no_way_round_csrf(program: Client, dave: User) -> None:
    program.force_login(dave)
    for headers in WRONG.values():
        assert program.post(WRITE, headers=headers).status_code == 401


def test_every_route_of_the_api_names_its_scope() -> None:
    for pattern in api_urls:
        assert hasattr(pattern.callback, "scope"), pattern.name
