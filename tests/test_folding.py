"""One e-mail address is one account, whatever its case and form: as PostgreSQL's unique index compares them."""

import unicodedata

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.utils import timezone

from sessions.accounts.limits import SIGN_INS_OF_ACCOUNT, count_sign_in
from sessions.accounts.members import invite, members_page
from sessions.contract.choices import Role
from sessions.contract.line_errors import LineError
from sessions.contract.schema import Initiator
from sessions.models import Organisation, User
from sessions.postgresql.folding import folded
from sessions.receiving.sender import Sender
from tests.conftest import member

# PostgreSQL folds these to one, Python's upper() does not.
SPELLINGS = ("straße", "STRAẞE", unicodedata.normalize("NFD", "Straße"))
# Python's upper() folds these to one, PostgreSQL's lower() does not.
APART = ("νικος", "νικοσ")


def at_acme(name: str) -> str:
    return f"{name}@acme.example"


@pytest.fixture
def stranger(acme: Organisation) -> User:
    return member(acme, SPELLINGS[0], Role.DEVELOPER)


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_the_same_account(alice: User, stranger: User, name: str) -> None:
    assert folded(at_acme(name)) == folded(stranger.email or "")
    assert User.objects.with_email(at_acme(name)).get() == stranger
    with pytest.raises(ValidationError, match="is a member already"):
        invite(alice, at_acme(name), Role.USER)
    Sender(stranger, None).sign(Initiator(type="user", email=at_acme(name)))


def test_two_accounts_that_only_python_takes_for_one_both_sign_in(acme: Organisation) -> None:
    for name in APART:
        one = User(organisation=acme, email=at_acme(name), can_sign_in=True)
        one.set_password(name)
        one.save()
    for name in APART:
        signed_in = authenticate(username=at_acme(name), password=name)
        assert isinstance(signed_in, User)
        assert signed_in.email == at_acme(name)
    [first, second] = User.objects.order_by("pk")
    with pytest.raises(LineError):
        Sender(first, None).sign(Initiator(type="user", email=second.email))


def test_attempts_count_together_however_the_address_is_spelled(db: None) -> None:
    now = timezone.now()
    for attempt in range(SIGN_INS_OF_ACCOUNT.allowed):
        assert count_sign_in(f" {at_acme(SPELLINGS[attempt % 3])}", f"192.0.2.{attempt}", now) is None
    assert count_sign_in(at_acme(SPELLINGS[0]), "192.0.2.99", now)


def test_an_address_that_is_none_is_counted_too(db: None) -> None:
    for text in ("\0", "x" * 100_000, ""):
        assert count_sign_in(text, "192.0.2.1", timezone.now()) is None


def test_members_are_searched_in_any_case_and_form(acme: Organisation, alice: User) -> None:
    User.objects.create(organisation=acme, username="Chlo\u00e9 Νικοσ")
    for q in ("CHLOE\u0301", "ΝΙΚΟΣ", "é Ν"):
        assert [found.username for found in members_page(acme, q, "", None)[0]] == ["Chlo\u00e9 Νικοσ"], q
    assert members_page(acme, "%", "", None) == ([], False)
