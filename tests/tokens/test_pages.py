"""The settings pages of tokens: whose are shown, how one is made, shown once and revoked."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from sessions.contract.choices import Role, Scope
from sessions.models import ApiToken, Organisation, User
from tests.conftest import ClientOf, Send
from tests.tokens.conftest import LIST, Made, Make

TOKENS = "/settings/tokens/"
NEW = "/settings/tokens/new/"
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
FILLED = {"label": "nightly", "scopes": ["write"], "expires": "90"}


def revoke_path(token: ApiToken) -> str:
    return f"/settings/tokens/{token.pk}/revoke/"


def shown(client: Client, query: str = "") -> list[str]:
    return [row.token.label for row in client.get(TOKENS + query).context["rows"]]


def main_of(client: Client, path: str) -> str:
    return client.get(path).content.decode().partition("<main")[2]


def secret_on(page: str) -> str:
    found = re.search(r'id="secret">(sh_[\w-]{43})<', page)
    assert found
    return found[1]


# The list


def test_everybody_sees_the_own_tokens(client_of: ClientOf, make: Make, alice: User, dave: User) -> None:
    make(alice, label="alices")
    make(dave, label="daves")
    assert shown(client_of(alice)) == ["alices"]
    assert shown(client_of(dave)) == ["daves"]


def test_an_admin_sees_the_organisations_newest_first_and_those_from_imports_last(
    client_of: ClientOf, make: Make, alice: User, dave: User, globex_admin: User, acme: Organisation, send: Send
) -> None:
    make(dave, label="first")
    send(acme, token="imported")
    make(alice, label="second")
    make(globex_admin, label="elsewhere")
    client = client_of(alice)
    assert shown(client, "?all") == ["second", "first", "imported"]
    page = main_of(client, TOKENS + "?all")
    assert "From imports" in page
    assert str(dave.email) in page
    assert page.count("/revoke/") == 2


def test_others_are_refused_the_organisations(client_of: ClientOf, dave: User, uma: User) -> None:
    for member in (dave, uma):
        assert client_of(member).get(TOKENS + "?all").status_code == 403


def test_each_state_has_its_word(client_of: ClientOf, make: Make, alice: User, dave: User, uma: User) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    for label, fields in {"a": {}, "e": {"expires_at": past}, "r": {"revoked_at": past}}.items():
        ApiToken.objects.filter(pk=make(dave, label=label).token.pk).update(**fields)
    User.objects.filter(pk=uma.pk).update(role=Role.DEVELOPER)
    make(User.objects.get(pk=uma.pk), label="b")
    User.objects.filter(pk=uma.pk).update(is_active=False)
    rows = client_of(alice).get(TOKENS + "?all").context["rows"]
    assert {row.token.label: row.state.label for row in rows} == {
        "a": "Active",
        "e": "Expired",
        "r": "Revoked",
        "b": "Creator deactivated",
    }


def test_a_user_is_told_who_can_help(client_of: ClientOf, alice: User, uma: User) -> None:
    page = main_of(client_of(uma), TOKENS)
    assert f'href="mailto:{alice.email}"' in page
    assert NEW not in page


def test_who_has_become_a_user_still_sees_and_revokes_the_own_tokens(
    client_of: ClientOf, make: Make, dave: User
) -> None:
    token = make(dave, Scope.READ, Scope.WRITE).token
    User.objects.update(role=Role.USER)
    client = client_of(dave)
    (row,) = client.get(TOKENS).context["rows"]
    assert (row.scopes, row.withheld) == (["read"], ["write"])
    assert client.post(revoke_path(token)).status_code == 302
    assert ApiToken.objects.get().revoked_at


def test_pages_show_every_token_once(client_of: ClientOf, alice: User, acme: Organisation) -> None:
    ApiToken.objects.bulk_create(
        ApiToken(organisation=acme, creator=alice if n % 3 else None, label=str(n), digest=str(n) if n % 3 else None)
        for n in range(120)
    )
    client, seen, query = client_of(alice), [], "?all"
    for _ in range(3):
        response = client.get(TOKENS + query)
        seen += [row.token.label for row in response.context["rows"]]
        query = f"?all&amp;after={response.context['rows'][-1].token.pk}"
        assert (f'href="{query.replace("?all&amp;", "?all=&amp;")}"' in response.content.decode()) == (len(seen) < 120)
        query = query.replace("&amp;", "&")
    assert seen == sorted(seen, key=lambda label: (int(label) % 3 == 0, -int(label)))
    assert len(seen) == 120


@pytest.mark.parametrize("after", ["x", "0", "-1", "²", "99999999999999999999999"])
def test_a_page_behind_no_token_does_not_exist(client_of: ClientOf, alice: User, after: str) -> None:
    assert client_of(alice).get(TOKENS, {"after": after}).status_code == 404


def test_a_page_behind_somebody_elses_token_does_not_exist(client_of: ClientOf, daves: Made, alice: User) -> None:
    assert client_of(alice).get(TOKENS, {"after": daves.token.pk}).status_code == 404


def test_queries_do_not_grow_with_the_tokens(
    client_of: ClientOf, alice: User, acme: Organisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ApiToken.objects.bulk_create(
        ApiToken(organisation=acme, creator=alice, label=str(n), digest=str(n)) for n in range(40)
    )
    client = client_of(alice)
    # the browser's session, its person with the organisation, the tokens with their creators
    with django_assert_num_queries(3):
        client.get(TOKENS + "?all")


def test_hostile_labels_are_shown_as_text(client_of: ClientOf, make: Make, alice: User) -> None:
    label = '"><script>alert(1)</script>'
    token = make(alice, label=label).token
    client = client_of(alice)
    for path in (TOKENS, TOKENS + "?all", revoke_path(token)):
        assert "<script>alert" not in client.get(path).content.decode()
    assert "<script>alert" not in client.post(NEW, FILLED | {"label": label}).content.decode()


# Making


def test_a_new_token_is_shown_once_and_works(client_of: ClientOf, program: Client, dave: User) -> None:
    client = client_of(dave)
    response = client.post(NEW, {"label": " nightly ", "scopes": ["read", "write"], "expires": "never"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    secret = secret_on(response.content.decode())
    token = ApiToken.objects.get()
    assert (token.label, token.scopes, token.creator, token.expires_at) == ("nightly", ["read", "write"], dave, None)
    assert program.get(LIST, headers={"X-API-KEY": secret}).status_code == 200
    for path in (TOKENS, NEW, revoke_path(token)):
        assert secret not in client.get(path).content.decode()


def test_the_secret_is_stored_nowhere(client_of: ClientOf, dave: User) -> None:
    response = client_of(dave).post(NEW, FILLED)
    secret = secret_on(response.content.decode())
    token = ApiToken.objects.values().get()
    assert secret not in str(token)
    assert token["prefix"] == secret[:12]
    assert all(secret not in str(one.get_decoded()) for one in BrowserSession.objects.all())
    assert secret not in str(response.cookies)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "   "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "a\0b"}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["write", "admin"]}, "scopes"),
        ({"expires": "1"}, "expires"),
        ({"expires": ""}, "expires"),
        ({"expires": "date"}, "day"),
        ({"expires": "date", "day": "banana"}, "day"),
        ({"expires": "date", "day": "2026-06-14"}, "day"),
        ({"expires": "date", "day": "9999-12-31"}, "day"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_made(
    client_of: ClientOf, dave: User, wrong: dict[str, object], field: str
) -> None:
    with time_machine.travel(NOON, tick=False):
        page = client_of(dave).post(NEW, FILLED | wrong).content.decode()
    assert f'id="id_{field}_error" role="alert"' in page
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"expires": "30"}, datetime(2026, 7, 15, 12, tzinfo=UTC)),
        ({"expires": "365"}, datetime(2027, 6, 15, 12, tzinfo=UTC)),
        # The end of the day where dave is: in Berlin.
        ({"expires": "date", "day": "2026-06-15"}, datetime(2026, 6, 15, 22, tzinfo=UTC)),
        ({"expires": "date", "day": "2026-12-01"}, datetime(2026, 12, 1, 23, tzinfo=UTC)),
        ({"expires": "never", "day": "2026-12-01"}, None),
    ],
    ids=str,
)
def test_it_expires_when_it_was_said_to(
    client_of: ClientOf, dave: User, given: dict[str, str], expected: datetime | None
) -> None:
    with time_machine.travel(NOON, tick=False):
        client_of(dave).post(NEW, FILLED | given)
    assert ApiToken.objects.get().expires_at == expected


def test_the_label_of_somebody_elses_token_is_taken_and_an_own_one_is_not(
    client_of: ClientOf, make: Make, alice: User, dave: User, globex_admin: User
) -> None:
    make(alice, label="alices")
    make(dave, label="daves")
    make(globex_admin, label="ginas")
    client = client_of(dave)
    assert "Somebody else" in client.post(NEW, FILLED | {"label": "alices"}).content.decode()
    for label in ("daves", "ginas"):
        secret_on(client.post(NEW, FILLED | {"label": label}).content.decode())


def test_a_label_known_from_imports_is_the_admins_to_give(
    client_of: ClientOf, alice: User, dave: User, acme: Organisation, send: Send
) -> None:
    """Else a developer could have what is imported under it."""
    send(acme, token="partner")
    given = FILLED | {"label": "partner"}
    assert "Somebody else" in client_of(dave).post(NEW, given).content.decode()
    secret_on(client_of(alice).post(NEW, given).content.decode())


def test_a_user_makes_none(client_of: ClientOf, uma: User) -> None:
    client = client_of(uma)
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, FILLED).status_code == 403
    assert not ApiToken.objects.exists()


def test_making_and_revoking_need_the_forms_csrf_token(program: Client, daves: Made, dave: User) -> None:
    program.force_login(dave)
    assert program.post(NEW, FILLED).status_code == 403
    assert program.post(revoke_path(daves.token)).status_code == 403
    assert ApiToken.objects.get().revoked_at is None


# Revoking


def test_asking_revokes_nothing_and_confirming_does(client_of: ClientOf, program: Client, daves: Made) -> None:
    assert daves.token.creator
    client = client_of(daves.token.creator)
    assert daves.token.prefix in main_of(client, revoke_path(daves.token))
    assert program.get(LIST, headers=daves.bearer).status_code == 200
    response = client.post(revoke_path(daves.token), follow=True)
    assert response.redirect_chain == [(TOKENS, 302)]
    assert "ci is revoked" in response.content.decode()
    assert shown(client) == ["ci"]
    assert program.get(LIST, headers=daves.bearer).status_code == 401


def test_revoking_twice_keeps_the_first_time(client_of: ClientOf, daves: Made, dave: User) -> None:
    client = client_of(dave)
    client.post(revoke_path(daves.token))
    first = ApiToken.objects.get().revoked_at
    assert client.post(revoke_path(daves.token)).status_code == 302
    assert ApiToken.objects.get().revoked_at == first
    assert client.get(revoke_path(daves.token))["Location"] == TOKENS


def test_an_admin_revokes_a_colleagues(client_of: ClientOf, daves: Made, alice: User) -> None:
    assert client_of(alice).post(revoke_path(daves.token))["Location"] == TOKENS + "?all"
    assert ApiToken.objects.get().revoked_at


def test_nobody_else_can(
    client_of: ClientOf, make: Make, daves: Made, alice: User, uma: User, globex_admin: User
) -> None:
    others = make(alice, label="alices").token
    for member, token in ((uma, daves.token), (globex_admin, daves.token), (daves.token.creator, others)):
        assert member
        for method in ("get", "post"):
            assert getattr(client_of(member), method)(revoke_path(token)).status_code == 404
    assert not ApiToken.objects.exclude(revoked_at=None).exists()


def test_one_from_imports_cannot_be_revoked(client_of: ClientOf, alice: User, acme: Organisation, send: Send) -> None:
    send(acme, token="imported")
    assert client_of(alice).post(revoke_path(ApiToken.objects.get())).status_code == 404
