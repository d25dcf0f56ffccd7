"""What an admin sets for the organisation."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from sessions.models import Organisation, User
from sessions.retention import policy
from tests.conftest import ClientOf, Send


def page_of(client: Client) -> str:
    """The words of the page."""
    return " ".join(re.sub(r"<[^>]+>", "", client.get("/settings/organisation/").content.decode()).split())


def posted(client: Client, **fields: str) -> Any:
    valid = {"name": "Acme", "time_zone": "Europe/Berlin", "lost_after_minutes": "30"}
    return client.post("/settings/organisation/", valid | fields)


def retention(member: User) -> int | None:
    return Organisation.objects.get(pk=member.organisation_id).retention_days


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
        ("retention_days", "0"),
        ("retention_days", "-1"),
        ("retention_days", "36501"),
        ("retention_days", "a week"),
        ("retention_days", "9" * 5000),
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


def test_what_the_next_purge_deletes_is_said(client_of: ClientOf, alice: User, send: Send) -> None:
    acme = alice.organisation
    now = datetime.now(UTC)
    for days in (1, 40, 50):
        send(acme, started_at=now - timedelta(days=days))
    assert "The next purge" not in page_of(client_of(alice))
    Organisation.objects.update(retention_days=30)
    day = (now.astimezone(acme.zone) - timedelta(days=30)).date()
    assert f"The next purge deletes 2 sessions from before {day.day} {day:%B %Y} " in page_of(client_of(alice))
    Organisation.objects.update(retention_days=100)
    assert "The next purge deletes no sessions from before" in page_of(client_of(alice))


def test_many_are_counted_up_to_a_bound(
    client_of: ClientOf, alice: User, monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    monkeypatch.setattr(policy, "COUNT_CAP", 2)
    for days in (40, 50, 60):
        send(alice.organisation, started_at=datetime.now(UTC) - timedelta(days=days))
    Organisation.objects.update(retention_days=30)
    assert "deletes 2+ sessions" in page_of(client_of(alice))


def test_sessions_of_others_are_not_counted(client_of: ClientOf, alice: User, globex: Organisation, send: Send) -> None:
    send(globex, started_at="2020-01-01T00:00:00Z")
    Organisation.objects.update(retention_days=30)
    assert "deletes no sessions" in page_of(client_of(alice))


def test_a_retention_that_deletes_nothing_is_simply_saved(
    client_of: ClientOf, alice: User, globex: Organisation
) -> None:
    assert posted(client_of(alice), retention_days="90").status_code == 302
    assert retention(alice) == 90
    assert Organisation.objects.get(pk=globex.pk).retention_days is None
    assert posted(client_of(alice), retention_days="").status_code == 302
    assert retention(alice) is None


def test_a_shorter_one_is_agreed_to_first_and_for_exactly_these_days(
    client_of: ClientOf, alice: User, send: Send
) -> None:
    send(alice.organisation, started_at=datetime.now(UTC) - timedelta(days=40))
    client = client_of(alice)

    page = posted(client, retention_days="30").content.decode()
    assert 'id="id_retention_days_error" role="alert"' in page
    assert "With 30 days the next purge deletes 1 session from before" in page
    assert 'name="agreed_days" value="30"' in page
    assert page.index(">Save</button>") < page.index('name="agreed_days"'), "Enter presses the first button"
    assert retention(alice) is None

    assert "With 20 days" in posted(client, retention_days="20", agreed_days="30").content.decode()
    assert retention(alice) is None
    assert posted(client, retention_days="30", agreed_days="30").status_code == 302
    assert retention(alice) == 30
    # Longer deletes less, and the same nothing new.
    assert posted(client, retention_days="35").status_code == 302
    assert posted(client, retention_days="35", name="Acme Ltd").status_code == 302
