"""Changing roles, deactivating, and that there is always an admin."""

import threading
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client

from sessions.accounts.links import password_set_path
from sessions.accounts.members import active_admins, change_role, deactivate
from sessions.contract.choices import Role
from sessions.models import ApiToken, Organisation, User
from tests.conftest import ClientOf, Send


def page_of(member: User) -> str:
    return f"/settings/members/{member.pk}/"


def test_an_admin_changes_a_role(client_of: ClientOf, alice: User, uma: User) -> None:
    assert client_of(alice).post(page_of(uma), {"action": "role", "role": "developer"})["Location"] == page_of(uma)
    assert User.objects.get(pk=uma.pk).role == Role.DEVELOPER


@pytest.mark.parametrize("posted", [{}, {"action": "delete"}, {"action": "resend"}])
def test_an_unknown_action_is_refused(client_of: ClientOf, alice: User, uma: User, posted: dict[str, str]) -> None:
    assert client_of(alice).post(page_of(uma), posted).status_code == 400


def test_an_unknown_role_is_refused_at_the_field(client_of: ClientOf, alice: User, uma: User) -> None:
    page = client_of(alice).post(page_of(uma), {"action": "role", "role": "owner"}).content.decode()
    assert 'id="id_role_error" role="alert"' in page


def test_one_known_from_sessions_has_no_role_to_change(client_of: ClientOf, alice: User, acme: Organisation) -> None:
    known = User.objects.create(organisation=acme, email="k@acme.example")
    assert client_of(alice).post(page_of(known), {"action": "role", "role": "admin"}).status_code == 400


def test_an_admin_mends_a_username_of_a_member_and_of_one_known_from_sessions(
    client_of: ClientOf, alice: User, uma: User, acme: Organisation, send: Send
) -> None:
    known = User.objects.create(organisation=acme, email="k@acme.example", username="Typo")
    for member in (uma, known):
        answer = client_of(alice).post(page_of(member), {"action": "username", "username": " Zoe\u0301 "})
        assert answer["Location"] == page_of(member)
        member.refresh_from_db()
        assert member.username == "Zo\u00e9"
        assert 'value="Zo\u00e9"' in client_of(alice).get(page_of(member)).content.decode()
        send(acme, initiator={"type": "user", "email": member.email, "username": "Other"})
        member.refresh_from_db()

    assert (uma.username, known.username) == ("Zo\u00e9", "Other")


def test_a_username_that_is_all_there_is_of_a_person_stays(
    client_of: ClientOf, alice: User, uma: User, acme: Organisation
) -> None:
    known = User.objects.create(organisation=acme, username="kiosk-7")
    assert client_of(alice).post(page_of(known), {"action": "username", "username": "x"}).status_code == 400
    assert 'name="username"' not in client_of(alice).get(page_of(known)).content.decode()
    assert client_of(uma).post(page_of(alice), {"action": "username", "username": "x"}).status_code == 403
    assert (
        "at most 150"
        in client_of(alice).post(page_of(uma), {"action": "username", "username": "x" * 151}).content.decode()
    )


def test_deactivating_signs_out_at_once_and_offers_undo(client_of: ClientOf, alice: User, uma: User) -> None:
    of_uma, of_alice = client_of(uma), client_of(alice)
    page = of_alice.post(page_of(uma), {"action": "deactivate"}, follow=True).content.decode()
    assert 'form="reactivate"' in page
    assert '<form id="reactivate"' in page
    assert of_uma.get("/settings/").status_code == 302
    of_alice.post(page_of(uma), {"action": "reactivate"})
    # The cookie of before stays void: who has it may be the reason.
    assert of_uma.get("/settings/").status_code == 302
    assert client_of(User.objects.get(pk=uma.pk)).get("/settings/").status_code == 200


def test_a_link_of_before_stays_dead_after_reactivating(client_of: ClientOf, alice: User, uma: User) -> None:
    link, client = password_set_path(uma), client_of(alice)
    client.post(page_of(uma), {"action": "deactivate"})
    client.post(page_of(uma), {"action": "reactivate"})
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize("kept", [True, False])
def test_reactivating_says_which_tokens_would_work_again_and_revokes_them_otherwise(
    client_of: ClientOf, alice: User, dave: User, nightly: ApiToken, kept: bool
) -> None:
    client = client_of(alice)
    page = client.post(page_of(dave), {"action": "deactivate"}, follow=True).content.decode()
    assert "Let their tokens work again" in page
    assert "nightly-ci" in page
    client.post(page_of(dave), {"action": "reactivate"} | ({"with_tokens": "on"} if kept else {}))
    nightly.refresh_from_db()
    assert (nightly.revoked_at is None) == kept


def test_the_last_active_admin_stays(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    page = client.post(page_of(alice), {"action": "role", "role": "user"}).content.decode()
    assert "the last active admin" in page
    page = client.post(page_of(alice), {"action": "deactivate"}, follow=True).content.decode()
    assert "the last active admin" in page
    alice.refresh_from_db()
    assert (alice.role, alice.is_active) == (Role.ADMIN, True)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"can_sign_in": False}])
def test_an_admin_who_cannot_sign_in_does_not_count(alice: User, adam: User, change: dict[str, object]) -> None:
    User.objects.filter(pk=adam.pk).update(**change)
    with pytest.raises(ValidationError):
        deactivate(alice, alice.pk)


def test_admins_of_another_organisation_do_not_count(alice: User, globex_admin: User) -> None:
    with pytest.raises(ValidationError):
        change_role(alice, alice.pk, Role.USER)


def test_an_admin_may_step_down_for_another(client_of: ClientOf, alice: User, adam: User) -> None:
    response = client_of(alice).post(page_of(alice), {"action": "role", "role": "user"})
    assert response["Location"] == "/settings/"
    assert list(active_admins(alice.organisation)) == [adam]


def test_an_admin_may_leave_to_another_and_is_out(client_of: ClientOf, alice: User, adam: User) -> None:
    client = client_of(alice)
    page = client.post(page_of(alice), {"action": "deactivate"}, follow=True)
    assert page.redirect_chain == [("/signin/", 302)]
    assert "You are deactivated." in page.content.decode()


def test_who_is_no_longer_an_admin_changes_nobody(alice: User, adam: User, uma: User) -> None:
    User.objects.filter(pk=adam.pk).update(role=Role.USER)
    with pytest.raises(PermissionDenied):
        change_role(adam, uma.pk, Role.ADMIN)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [deactivate, lambda actor, member_id: change_role(actor, member_id, Role.USER)])
def test_two_admins_who_remove_each_other_at_once_leave_one(
    acme: Organisation, alice: User, adam: User, change: Callable[[User, int], User]
) -> None:
    ready, refused = threading.Barrier(2), []

    def act(actor: User, other: User) -> None:
        try:
            ready.wait(timeout=10)
            change(actor, other.pk)
        except (PermissionDenied, ValidationError) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=pair) for pair in ((alice, adam), (adam, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(refused) == 1
    assert active_admins(acme).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_step_down_at_once_leave_one(acme: Organisation, alice: User, adam: User) -> None:
    ready, refused = threading.Barrier(2), []

    def step_down(actor: User) -> None:
        try:
            ready.wait(timeout=10)
            change_role(actor, actor.pk, Role.USER)
        except ValidationError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=step_down, args=(actor,)) for actor in (alice, adam)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(refused) == 1
    assert active_admins(acme).count() == 1
