"""Inviting, and claiming an invitation."""

import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client, override_settings

from sessions.contract.choices import Role
from sessions.models import Organisation, User
from tests.conftest import ClientOf

INVITE = "/settings/members/invite/"
PASSWORD = {"new_password1": "a wholly new password", "new_password2": "a wholly new password"}


def test_the_invited_set_a_password_by_the_link_and_are_in(
    client_of: ClientOf, alice: User, visitor: Client, mailoutbox: list[EmailMessage]
) -> None:
    admin = client_of(alice)
    response = admin.post(INVITE, {"email": "new@Acme.Example", "role": "developer"})
    member = User.objects.get(email="new@acme.example")
    assert response["Location"] == f"/settings/members/{member.pk}/"
    assert (member.organisation, member.role, member.can_sign_in) == (alice.organisation, Role.DEVELOPER, True)
    assert not member.has_usable_password()
    (mail,) = mailoutbox
    assert mail.to == ["new@acme.example"]
    link = re.search(r"http://testserver(/password/set/\S+)", str(mail.body))
    assert link
    page = visitor.get(link[1])["Location"]
    assert visitor.post(page, PASSWORD)["Location"] == "/sessions/"
    assert visitor.get("/settings/").context["user"] == member
    assert Client().get(link[1]).status_code == 410


def test_a_server_without_email_works_too(client_of: ClientOf, alice: User, visitor: Client) -> None:
    admin = client_of(alice)
    page = admin.post(INVITE, {"email": "new@acme.example", "role": "user"}, follow=True).content.decode()
    link = re.search(r"http://testserver(/password/set/[^<\s]+)", page)
    assert link
    assert visitor.get(link[1]).status_code == 302


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=1,  # nothing listens there
)
def test_mail_that_cannot_be_sent_says_so_and_shows_the_link(client_of: ClientOf, alice: User) -> None:
    page = client_of(alice).post(INVITE, {"email": "new@acme.example", "role": "user"}, follow=True).content.decode()
    assert "could not be sent" in page
    assert "http://testserver/password/set/" in page


def test_an_invitation_claims_the_record_known_from_sessions(
    client_of: ClientOf, alice: User, acme: Organisation
) -> None:
    known = User.objects.create(organisation=acme, email="Kim@acme.example", username="Kim")
    client_of(alice).post(INVITE, {"email": "kim@acme.example", "role": "user"})
    known.refresh_from_db()
    assert (known.can_sign_in, known.username, known.has_usable_password()) == (True, "Kim", False)
    assert User.objects.filter(email__iexact="kim@acme.example").count() == 1


def test_a_record_known_to_another_organisation_stays_theirs(
    client_of: ClientOf, alice: User, globex: Organisation
) -> None:
    theirs = User.objects.create(organisation=globex, email="kim@x.example")
    client_of(alice).post(INVITE, {"email": "kim@x.example", "role": "user"})
    theirs.refresh_from_db()
    assert (theirs.organisation, theirs.can_sign_in) == (globex, False)
    assert User.objects.get(organisation=alice.organisation, email="kim@x.example").can_sign_in


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("uma@acme.example", "is a member already"),
        ("UMA@ACME.EXAMPLE", "is a member already"),
        ("admin@globex.example", "signs in to another organisation"),
        ("not an address", "such as name@example.com"),
        ("", "required"),
        ("a\0@b.example", "Null characters"),
    ],
)
def test_an_email_that_cannot_be_invited_is_refused_at_the_field(
    client_of: ClientOf, alice: User, uma: User, globex_admin: User, email: str, said: str
) -> None:
    User.objects.filter(pk=uma.pk).update(email="uma@acme.example")
    User.objects.filter(pk=globex_admin.pk).update(email="admin@globex.example")
    before = User.objects.count()
    page = client_of(alice).post(INVITE, {"email": email, "role": "user"}).content.decode()
    assert 'id="id_email_error" role="alert"' in page
    assert said in page
    assert User.objects.count() == before


def test_a_deactivated_member_is_to_be_reactivated_instead(client_of: ClientOf, alice: User, uma: User) -> None:
    User.objects.filter(pk=uma.pk).update(is_active=False)
    page = client_of(alice).post(INVITE, {"email": uma.email, "role": "user"}).content.decode()
    assert "Reactivate them instead" in page


def test_an_invitation_can_be_sent_again(client_of: ClientOf, alice: User, mailoutbox: list[EmailMessage]) -> None:
    admin = client_of(alice)
    page = admin.post(INVITE, {"email": "new@acme.example", "role": "user"})["Location"]
    assert admin.post(page, {"action": "resend"})["Location"] == page
    assert len(mailoutbox) == 2


def test_the_link_is_shown_only_while_it_is_needed(client_of: ClientOf, alice: User, uma: User) -> None:
    uma.set_password("correct horse battery")
    uma.save()
    page = client_of(alice).get(f"/settings/members/{uma.pk}/").content.decode()
    assert "/password/set/" not in page
