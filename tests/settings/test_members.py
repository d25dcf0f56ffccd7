"""The list of members, and one member's page."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from sessions.models import Organisation, User
from tests.conftest import ClientOf

LIST = "/settings/members/"


def shown(client: Client, **search: str) -> list[str]:
    return [str(member) for member, _ in client.get(LIST, search).context["rows"]]


def page_of(member: User) -> str:
    return f"/settings/members/{member.pk}/"


def test_an_admin_sees_the_members_of_the_own_organisation(
    client_of: ClientOf, alice: User, dave: User, globex_admin: User
) -> None:
    assert shown(client_of(alice)) == [dave.email, alice.email][::-1]


@pytest.mark.parametrize("path", [LIST, LIST + "invite/", LIST + "1/"])
def test_others_get_a_page_that_says_what_to_do(client_of: ClientOf, dave: User, uma: User, path: str) -> None:
    for member in (dave, uma):
        for method in ("get", "post"):
            response = getattr(client_of(member), method)(path)
            assert response.status_code in ({403, 405} if path == LIST else {403})
        assert "An admin of" in client_of(member).get(path).content.decode()


def test_strangers_are_asked_to_sign_in(visitor: Client, db: None) -> None:
    for path in (LIST, LIST + "invite/", LIST + "1/", "/settings/", "/settings/organisation/"):
        assert visitor.get(path)["Location"] == f"/signin/?next={path}"


def test_another_organisations_member_does_not_exist(
    client_of: ClientOf, alice: User, adam: User, globex_admin: User
) -> None:
    client = client_of(alice)
    assert client.get(page_of(globex_admin)).status_code == 404
    for action in ("role", "deactivate", "reactivate", "resend"):
        assert client.post(page_of(globex_admin), {"action": action, "role": "user"}).status_code == 404
    assert client.get(LIST, {"after": globex_admin.pk}).status_code == 404
    assert User.objects.get(pk=globex_admin.pk).role == "admin"


def test_search_finds_parts_of_email_and_username_and_takes_wildcards_literally(
    client_of: ClientOf, alice: User, dave: User, acme: Organisation
) -> None:
    User.objects.create(organisation=acme, username="100%_kiosk")
    client = client_of(alice)
    assert shown(client, q="DAVE") == [dave.email]
    assert shown(client, q="%") == ["100%_kiosk"]
    assert shown(client, q="_k") == ["100%_kiosk"]
    assert shown(client, q="nobody at all") == []


def test_states_are_told_apart(client_of: ClientOf, alice: User, acme: Organisation) -> None:
    User.objects.create(organisation=acme, email="i@a.example", can_sign_in=True, password="!x")
    User.objects.create(organisation=acme, email="d@a.example", can_sign_in=True, is_active=False)
    User.objects.create(organisation=acme, email="k@a.example")
    client = client_of(alice)
    assert shown(client, state="active") == [alice.email]
    assert shown(client, state="invited") == ["i@a.example"]
    assert shown(client, state="deactivated") == ["d@a.example"]
    assert shown(client, state="known") == ["k@a.example"]
    labels = {str(member): state.label for member, state in client.get(LIST).context["rows"]}
    assert labels["i@a.example"] == "Invited"


@pytest.mark.parametrize(
    "search", [{"state": "nonsense"}, {"after": "x"}, {"after": "²"}, {"q": "x" * 300}, {"q": "\0"}]
)
def test_a_search_that_is_not_valid_shows_nobody_and_says_so(
    client_of: ClientOf, alice: User, search: dict[str, str]
) -> None:
    response = client_of(alice).get(LIST, search)
    assert response.status_code == 400
    assert str(alice.email) not in response.content.decode().partition("<main")[2]


@pytest.mark.parametrize("after", ["0", "-1", "99999999999999999999999"])
def test_a_page_behind_nobody_does_not_exist(client_of: ClientOf, alice: User, after: str) -> None:
    assert client_of(alice).get(LIST, {"after": after}).status_code == 404


def test_pages_show_everyone_once_in_order(client_of: ClientOf, alice: User, acme: Organisation) -> None:
    User.objects.bulk_create(
        [User(organisation=acme, email=f"{'Pp'[i % 2]}{i:03}@acme.example") for i in range(120)]
        + [User(organisation=acme, username=f"kiosk {i:02}") for i in range(60)]
    )
    client, seen, after = client_of(alice), [], ""
    for _ in range(5):
        response = client.get(LIST, {"after": after})
        rows = response.context["rows"]
        seen += [str(member) for member, _ in rows]
        if not response.context["has_more"]:
            break
        after = str(rows[-1][0].pk)
        assert f"after={after}" in response.content.decode()
    assert len(seen) == len(set(seen)) == User.objects.count()
    emails = [name for name in seen if "@" in name]
    assert seen[: len(emails)] == sorted(emails, key=str.lower)


def test_queries_do_not_grow_with_the_members(
    client_of: ClientOf, alice: User, acme: Organisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    User.objects.bulk_create([User(organisation=acme, email=f"{i}@acme.example") for i in range(100)])
    client = client_of(alice)
    # the browser's session, its person with the organisation, the members
    with django_assert_num_queries(3):
        client.get(LIST)


def test_hostile_names_are_shown_as_text(client_of: ClientOf, alice: User, acme: Organisation) -> None:
    hostile = User.objects.create(organisation=acme, username='"><script>alert(1)</script>')
    for path in (LIST, page_of(hostile)):
        assert "<script>alert" not in client_of(alice).get(path).content.decode()
