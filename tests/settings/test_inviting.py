"""Inviting, and claiming an invitation."""

import re
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from sessions.accounts.links import password_set_path
from sessions.accounts.mail import send_due_mail
from sessions.accounts.members import invite
from sessions.contract.choices import Role
from sessions.models import Organisation, OutgoingMail, User
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
    send_due_mail()
    (mail,) = mailoutbox
    assert mail.to == ["new@acme.example"]
    link = re.search(r"http://127\.0\.0\.1:8000(/password/set/\S+)", str(mail.body))
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
    admin = client_of(alice)
    address = admin.post(INVITE, {"email": "new@acme.example", "role": "user"})["Location"]
    assert send_due_mail() == 1
    page = admin.get(address).content.decode()
    assert "could not be sent" in page
    assert "http://testserver/password/set/" in page


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1)
def test_mail_that_cannot_be_sent_is_tried_again_until_its_link_is_dead(
    client_of: ClientOf, alice: User, settings: LazySettings, mailoutbox: list[EmailMessage]
) -> None:
    client_of(alice).post(INVITE, {"email": "new@acme.example", "role": "user"})
    assert send_due_mail() == 1
    assert send_due_mail() == 0  # it is not due yet
    mail = OutgoingMail.objects.get()
    assert timedelta(0) < mail.due_at - timezone.now() <= timedelta(minutes=1)
    OutgoingMail.objects.update(due_at=timezone.now(), created_at=timezone.now() - timedelta(days=4))
    assert send_due_mail() == 1
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_senders_send_each_mail_once(alice: User, mailoutbox: list[EmailMessage]) -> None:
    """The thread that a request has woken is one, a cron job the other."""
    addresses = [f"{number}@acme.example" for number in range(10)]
    for address in addresses:
        invite(alice, address, "user")
    senders = [threading.Thread(target=sending) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=60)
    for _ in range(600):
        if not OutgoingMail.objects.exists():
            break
        time.sleep(0.1)
    assert sorted(mail.to[0] for mail in mailoutbox) == addresses


def sending() -> None:
    try:
        send_due_mail()
    finally:
        connection.close()


def test_who_signs_in_elsewhere_is_invited_like_anybody_and_told_by_the_mail_alone(
    client_of: ClientOf, alice: User, globex_admin: User, mailoutbox: list[EmailMessage]
) -> None:
    admin = client_of(alice)
    pages = []
    with time_machine.travel(timezone.now(), tick=False):
        for email in ("nobody@x.example", globex_admin.email):
            address = admin.post(INVITE, {"email": email, "role": "user"})["Location"]
            page = admin.get(address).content.decode()
            pages.append(re.sub(r"/password/set/[^<\s]+|csrf[^>]+", "", page).replace(str(email), "").split())
    assert pages[0] == pages[1]
    send_due_mail()
    told = {mail.to[0]: str(mail.body) for mail in mailoutbox}
    assert "/password/set/" in told["nobody@x.example"]
    assert "already signs in to another organisation" in told[str(globex_admin.email)]
    assert "/password/set/" not in told[str(globex_admin.email)]


def test_an_invited_address_signs_in_where_it_has_a_password(alice: User, globex_admin: User, visitor: Client) -> None:
    invited = invite(alice, str(globex_admin.email), "admin")
    credentials = {"email": globex_admin.email, "password": "a long password 42"}
    assert visitor.post("/signin/", credentials)["Location"] == "/sessions/"
    assert visitor.get("/settings/").context["user"] == globex_admin
    page = Client().get(password_set_path(invited))["Location"]
    refused = visitor.get(password_set_path(invited))["Location"]
    assert page == refused
    answer = visitor.post(page, PASSWORD).content.decode()
    assert "another organisation" in answer
    invited.refresh_from_db()
    assert not invited.has_usable_password()


def test_links_in_mails_are_those_of_the_settings_whatever_host_was_asked(
    client_of: ClientOf, alice: User, settings: LazySettings, mailoutbox: list[EmailMessage]
) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://sessions.example.com", ["*"]
    client = client_of(alice)
    client.post(INVITE, {"email": "new@acme.example", "role": "user"}, headers={"host": "evil.example"})
    client.post("/password/reset/", {"email": alice.email}, headers={"host": "evil.example"})
    send_due_mail()
    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        assert "https://sessions.example.com/password/set/" in str(mail.body)
        assert "evil" not in str(mail.body)


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
        ("not an address", "such as name@example.com"),
        ("", "required"),
        ("a\0@b.example", "Null characters"),
    ],
)
def test_an_email_that_cannot_be_invited_is_refused_at_the_field(
    client_of: ClientOf, alice: User, uma: User, email: str, said: str
) -> None:
    User.objects.filter(pk=uma.pk).update(email="uma@acme.example")
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
    send_due_mail()
    assert admin.post(page, {"action": "resend"})["Location"] == page
    send_due_mail()
    assert len(mailoutbox) == 2


def test_the_link_is_shown_only_while_it_is_needed(client_of: ClientOf, alice: User, uma: User) -> None:
    uma.set_password("correct horse battery")
    uma.save()
    page = client_of(alice).get(f"/settings/members/{uma.pk}/").content.decode()
    assert "/password/set/" not in page
