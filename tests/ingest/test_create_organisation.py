"""`manage.py create_organisation`: the first step outside the demo."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import resolve

from sessions.models import Organisation, User


def create(slug: str, admin: str, **options: int) -> str:
    output = io.StringIO()
    call_command("create_organisation", slug, name="Initech", admin=admin, stdout=output, **options)
    return output.getvalue()


@pytest.mark.django_db
def test_it_prints_where_the_admin_sets_a_password() -> None:
    output = create("initech", "bill@initech.example")

    user = User.objects.get()
    assert (user.email, user.role, user.can_sign_in) == ("bill@initech.example", "admin", True)
    assert not user.has_usable_password()
    assert user.organisation.name == "Initech"
    link = output.split()[-1]
    assert link.startswith("http://127.0.0.1:8000/")
    assert resolve(link.removeprefix("http://127.0.0.1:8000")).url_name == "password_set"


@pytest.mark.parametrize(
    ("slug", "admin", "message"),
    [
        ("acme", "new@acme.example", "an organisation “acme” already"),
        ("initech", "ALICE@acme.example", "has an account already"),
        ("initech", "bill", "email: Enter a valid email address"),
        ("in tech", "bill@initech.example", "slug: "),
    ],
)
def test_it_says_what_is_wrong_and_makes_nothing(alice: User, slug: str, admin: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        create(slug, admin)

    assert list(Organisation.objects.all()) == [alice.organisation]
    assert list(User.objects.all()) == [alice]


def test_a_person_known_from_sessions_elsewhere_can_be_an_admin(dave: User) -> None:
    User.objects.filter(pk=dave.pk).update(can_sign_in=False)

    create("initech", "dave@acme.example")

    assert User.objects.filter(email="dave@acme.example").count() == 2


@pytest.mark.django_db
def test_how_long_sessions_are_kept_can_be_said_at_once() -> None:
    create("initech", "bill@initech.example", retention_days=90)
    create("initrode", "joe@initrode.example")
    assert dict(Organisation.objects.values_list("slug", "retention_days")) == {"initech": 90, "initrode": None}
    with pytest.raises(CommandError, match="retention_days: "):
        create("intertrode", "ann@intertrode.example", retention_days=0)
