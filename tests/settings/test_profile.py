"""What one sets for oneself."""

import pytest

from sessions.forms.settings import ProfileForm
from sessions.models import User
from tests.conftest import ClientOf


def test_everyone_can_set_username_and_time_zone(client_of: ClientOf, uma: User) -> None:
    response = client_of(uma).post("/settings/", {"username": "Uma", "time_zone": "america/new york"})
    assert response["Location"] == "/settings/"
    uma.refresh_from_db()
    assert (uma.username, uma.time_zone) == ("Uma", "America/New_York")


def test_no_time_zone_means_the_organisations(client_of: ClientOf, uma: User) -> None:
    User.objects.filter(pk=uma.pk).update(time_zone="Asia/Tokyo")
    client_of(uma).post("/settings/", {"username": "", "time_zone": ""})
    uma.refresh_from_db()
    assert uma.time_zone == ""
    assert str(uma.zone) == uma.organisation.time_zone


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "a\0b", "x" * 1000])
def test_what_is_no_time_zone_is_refused_at_the_field(client_of: ClientOf, uma: User, zone: str) -> None:
    page = client_of(uma).post("/settings/", {"time_zone": zone}).content.decode()
    assert 'id="id_time_zone_error" role="alert"' in page
    uma.refresh_from_db()
    assert uma.time_zone == ""


def test_nobody_changes_role_email_or_organisation_that_way(client_of: ClientOf, uma: User) -> None:
    posted = {"username": "x", "time_zone": "", "role": "admin", "email": "a@b.example", "organisation": "2"}
    client_of(uma).post("/settings/", posted)
    after = User.objects.get(pk=uma.pk)
    assert (after.role, after.email, after.organisation) == (uma.role, uma.email, uma.organisation)


def test_saving_does_not_bring_back_whoever_was_deactivated_meanwhile(uma: User) -> None:
    form = ProfileForm({"username": "x", "time_zone": ""}, instance=User.objects.get(pk=uma.pk))
    assert form.is_valid()
    User.objects.filter(pk=uma.pk).update(is_active=False)
    form.save()
    uma.refresh_from_db()
    assert (uma.username, uma.is_active) == ("x", False)


def test_only_admins_are_shown_the_way_to_the_members(client_of: ClientOf, uma: User, alice: User) -> None:
    assert "/settings/members/" not in client_of(uma).get("/settings/").content.decode()
    assert "/settings/members/" in client_of(alice).get("/settings/").content.decode()


def test_names_are_shown_as_text(client_of: ClientOf, uma: User) -> None:
    User.objects.filter(pk=uma.pk).update(username="<script>alert(1)</script>")
    assert "<script>alert" not in client_of(uma).get("/settings/").content.decode()
