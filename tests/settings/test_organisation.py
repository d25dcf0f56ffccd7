"""What an admin sets for the organisation."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from sessions.models import Organisation, User

ClientOf = Callable[[User], Client]


def test_an_admin_sets_name_time_zone_and_silence(client_of: ClientOf, alice: User, globex: Organisation) -> None:
    posted = {"name": "Acme Ltd", "time_zone": "Asia/Kathmandu", "lost_after_minutes": "90"}
    assert client_of(alice).post("/settings/organisation/", posted)["Location"] == "/settings/organisation/"
    acme = Organisation.objects.get(pk=alice.organisation_id)
    assert (acme.name, acme.time_zone, acme.lost_after) == ("Acme Ltd", "Asia/Kathmandu", timedelta(minutes=90))
    assert Organisation.objects.get(pk=globex.pk).name == globex.name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\0b"),
        ("time_zone", ""),
        ("time_zone", "Nowhere"),
        ("lost_after_minutes", "0"),
        ("lost_after_minutes", "-5"),
        ("lost_after_minutes", "1e9"),
        ("lost_after_minutes", "9" * 5000),
        ("lost_after_minutes", ""),
    ],
)
def test_what_is_not_valid_is_refused_at_its_field(
    client_of: ClientOf, alice: User, acme: Organisation, field: str, value: str
) -> None:
    posted = {"name": "Acme Ltd", "time_zone": "UTC", "lost_after_minutes": "90", field: value}
    page = client_of(alice).post("/settings/organisation/", posted).content.decode()
    assert f'id="id_{field}_error" role="alert"' in page
    assert Organisation.objects.get(pk=acme.pk).name == acme.name


def test_seconds_set_elsewhere_stay_when_only_the_name_changes(client_of: ClientOf, alice: User) -> None:
    Organisation.objects.update(lost_after=timedelta(seconds=95))
    client_of(alice).post("/settings/organisation/", {"name": "A", "time_zone": "UTC", "lost_after_minutes": "2"})
    assert Organisation.objects.get(pk=alice.organisation_id).lost_after == timedelta(seconds=95)


def test_others_may_not_and_are_told_whom_to_ask(client_of: ClientOf, dave: User, uma: User) -> None:
    for member in (dave, uma):
        for method in ("get", "post"):
            response = getattr(client_of(member), method)("/settings/organisation/")
            assert response.status_code == 403
            assert "An admin of" in response.content.decode()
