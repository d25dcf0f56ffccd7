"""Changing a password, and setting one by a link."""

import re

import pytest
from django.contrib.auth.password_validation import MinimumLengthValidator, get_default_password_validators
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions.accounts import limits
from sessions.accounts.links import password_set_path
from sessions.accounts.mail import send_due_mail
from sessions.forms.signin import WHAT_IS_DEMANDED, PasswordChangeForm, PasswordSetForm
from sessions.models import ApiToken, OutgoingMail, User
from tests.conftest import ClientOf

NEW = "a wholly new password"


def twice(password: str) -> dict[str, str]:
    return {"new_password1": password, "new_password2": password}


def opened(client: Client, path: str) -> str:
    """The page's own address: the link's secret is moved out of it."""
    return str(client.get(path)["Location"])


def test_changing_keeps_this_browser_and_ends_the_others(uma: User, password: str) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/signin/", {"email": uma.email, "password": password})
    response = here.post("/password/change/", {"old_password": password, **twice(NEW)})
    assert response["Location"] == "/settings/"
    assert here.get("/settings/").status_code == 200
    assert there.get("/settings/").status_code == 302


def test_a_new_password_offers_to_revoke_tokens(
    client_of: ClientOf, dave: User, nightly: ApiToken, password: str
) -> None:
    client = client_of(dave)
    page = client.get("/password/change/").content.decode()
    assert "Also revoke the token" in page
    assert "nightly-ci" in page
    client.post("/password/change/", {"old_password": password, **twice(NEW)})
    nightly.refresh_from_db()
    assert nightly.revoked_at is None
    client.post("/password/change/", {"old_password": NEW, **twice("and another one"), "revoke_tokens": "on"})
    nightly.refresh_from_db()
    assert nightly.revoked_at is not None
    assert "Also revoke" not in client.get("/password/change/").content.decode()


def test_a_forgotten_password_offers_to_revoke_tokens_too(visitor: Client, dave: User, nightly: ApiToken) -> None:
    page = opened(visitor, password_set_path(dave))
    assert "Also revoke the token" in visitor.get(page).content.decode()
    visitor.post(page, twice(NEW) | {"revoke_tokens": "on"})
    nightly.refresh_from_db()
    assert nightly.revoked_at is not None


def test_changing_needs_the_current_password(client_of: ClientOf, uma: User, password: str) -> None:
    page = client_of(uma).post("/password/change/", {"old_password": "wrong", **twice(NEW)}).content.decode()
    assert 'id="id_old_password_error" role="alert"' in page
    uma.refresh_from_db()
    assert uma.check_password(password)


@pytest.mark.parametrize("weak", ["short", "1234567890", "password123", "uma@acme.example"])
def test_a_weak_password_is_refused_at_the_field(client_of: ClientOf, uma: User, password: str, weak: str) -> None:
    page = client_of(uma).post("/password/change/", {"old_password": password, **twice(weak)}).content.decode()
    assert 'id="id_new_password2_error" role="alert"' in page


def test_the_help_says_what_the_settings_demand() -> None:
    (length,) = (one.min_length for one in get_default_password_validators() if isinstance(one, MinimumLengthValidator))
    assert f"At least {length} characters" in WHAT_IS_DEMANDED


def test_changing_needs_a_sign_in(visitor: Client, db: None) -> None:
    assert visitor.get("/password/change/")["Location"] == "/signin/?next=/password/change/"


@pytest.mark.parametrize("form", [PasswordSetForm, PasswordChangeForm])
def test_a_new_password_does_not_bring_back_whoever_was_deactivated_meanwhile(
    uma: User, password: str, form: type[PasswordSetForm | PasswordChangeForm]
) -> None:
    bound = form(User.objects.get(pk=uma.pk), {"old_password": password} | twice(NEW))
    assert bound.is_valid()
    User.objects.filter(pk=uma.pk).update(is_active=False)
    bound.save()
    uma.refresh_from_db()
    assert uma.check_password(NEW)
    assert not uma.is_active


def test_a_forgotten_password_is_set_by_the_link_once(
    visitor: Client, uma: User, mailoutbox: list[EmailMessage]
) -> None:
    assert visitor.post("/password/reset/", {"email": "UMA@acme.example"})["Location"] == "/password/reset/sent/"
    assert not mailoutbox  # it leaves after the answer
    assert send_due_mail() == 0
    (mail,) = mailoutbox
    assert mail.to == [uma.email]
    link = re.search(r"http://127\.0\.0\.1:8000(/password/set/\S+)", str(mail.body))
    assert link
    page = opened(visitor, link[1])
    assert "set-password" in page
    assert visitor.post(page, twice(NEW))["Location"] == "/sessions/"
    assert visitor.get("/settings/").status_code == 200
    assert Client().get(link[1]).status_code == 410
    assert Client().post(link[1], twice("yet another password")).status_code == 410
    uma.refresh_from_db()
    assert uma.check_password(NEW)


@pytest.mark.parametrize("change", [{"is_active": False}, {"can_sign_in": False}, {"email": "other@acme.example"}])
def test_nobody_else_is_sent_a_link_and_the_answer_is_the_same(
    visitor: Client,
    uma: User,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
) -> None:
    # Else one request in some also deletes old counts.
    monkeypatch.setattr(limits, "DELETE_ONE_IN", 10**9)
    with CaptureQueriesContext(connection) as for_known:
        known = visitor.post("/password/reset/", {"email": uma.email})
    OutgoingMail.objects.all().delete()
    User.objects.update(**change)
    with CaptureQueriesContext(connection) as for_unknown:
        unknown = visitor.post("/password/reset/", {"email": uma.email})
    send_due_mail()
    assert not mailoutbox
    # The same work, so the same time: nothing is looked up before the mail is sent.
    assert [query["sql"].split()[:3] for query in for_unknown] == [query["sql"].split()[:3] for query in for_known]
    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])


def test_the_invited_can_ask_for_their_link_again(visitor: Client, uma: User, mailoutbox: list[EmailMessage]) -> None:
    uma.set_unusable_password()
    uma.save()
    visitor.post("/password/reset/", {"email": uma.email})
    send_due_mail()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"can_sign_in": False}, {"email": "other@acme.example"}])
def test_a_link_dies_with_what_it_was_made_for(visitor: Client, uma: User, change: dict[str, object]) -> None:
    path = password_set_path(uma)
    page = opened(visitor, path)
    User.objects.update(**change)
    assert visitor.get(path).status_code == 410
    assert visitor.post(page, twice(NEW)).status_code == 410


@pytest.mark.parametrize(
    "path",
    [
        "/password/set/x/y/",
        "/password/set/MQ/set-password/",
        "/password/set/AA/a-b/",
        "/password/set/OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5/a-b/",
        "/password/set/%00/%00/",
        "/password/set/%F0%9F%98%80/%C2%B2-x/",
    ],
)
def test_a_link_made_up_says_that_it_does_not_work(visitor: Client, uma: User, path: str) -> None:
    assert visitor.get(path).status_code in {400, 410}


def test_a_link_of_one_person_does_not_fit_another(visitor: Client, uma: User, dave: User) -> None:
    of_uma, of_dave = password_set_path(uma).split("/"), password_set_path(dave).split("/")
    of_dave[-2] = of_uma[-2]
    assert visitor.get("/".join(of_dave)).status_code == 410


def test_a_link_opened_while_someone_else_is_signed_in_signs_its_own_person_in(
    client_of: ClientOf, uma: User, dave: User
) -> None:
    client = client_of(dave)
    client.post(opened(client, password_set_path(uma)), twice(NEW))
    assert client.get("/settings/").context["user"] == uma
