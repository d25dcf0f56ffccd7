"""`manage.py create_token`."""

import io

import pytest
from django.core.management import CommandError, call_command

from sessions.accounts.tokens import find_token
from sessions.models import ApiToken, Organisation, User


def create(email: object, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_token", str(email), **{"label": "ci", "scopes": "write"} | options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_new_token_stands_alone_on_its_line(dave: User) -> None:
    out, err = create(str(dave.email).upper(), scopes="read, write")
    token = ApiToken.objects.get()
    assert find_token(out.removesuffix("\n"), token.created_at) == token
    assert (token.creator, token.label, token.scopes, token.expires_at) == (dave, "ci", ["read", "write"], None)
    assert "“ci”, may read and write and never expires." in err
    assert "sh_" not in err


def test_it_expires_in_so_many_days(dave: User) -> None:
    create(dave.email, expires_in_days=30)
    token = ApiToken.objects.get()
    assert token.expires_at
    assert (token.expires_at - token.created_at).days in (29, 30)


@pytest.mark.parametrize(
    ("email", "options", "message"),
    [
        ("nobody@acme.example", {}, "no active member"),
        ("uma@acme.example", {}, "role is User"),
        ("dave@acme.example", {"scopes": "admin"}, "“admin” is not a scope"),
        ("dave@acme.example", {"scopes": ""}, "is not a scope"),
        ("dave@acme.example", {"label": " "}, "1 to 200"),
        ("dave@acme.example", {"label": "x" * 201}, "1 to 200"),
        ("dave@acme.example", {"label": "\0"}, "1 to 200"),
        ("dave@acme.example", {"label": "taken"}, "Somebody else"),
        ("dave@acme.example", {"expires_in_days": 0}, "1 to 3650 days"),
        ("dave@acme.example", {"expires_in_days": 10**9}, "1 to 3650 days"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_nothing_made(
    dave: User, uma: User, acme: Organisation, email: str, options: dict[str, object], message: str
) -> None:
    ApiToken.objects.create(organisation=acme, label="taken")
    with pytest.raises(CommandError, match=message):
        create(email, **options)
    assert ApiToken.objects.count() == 1


def test_a_deactivated_member_gets_none(dave: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="no active member"):
        create(dave.email)
