"""What is due: whole days of the organisation's zone, and nothing of an organisation that keeps all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from sessions.models import Organisation, Session
from sessions.retention.policy import due_before
from tests.conftest import Send
from tests.retention.conftest import purged

TICK = timedelta(microseconds=1)

# (zone, now in UTC, days, the first moment that is kept)
BOUNDARIES: list[tuple[str, str, int, str]] = [
    ("UTC", "2026-06-15T12:00", 1, "2026-06-14T00:00"),
    ("Europe/Berlin", "2026-06-15T12:00", 30, "2026-05-15T22:00"),
    # There it is the day after already.
    ("Asia/Kathmandu", "2026-06-15T18:15", 1, "2026-06-14T18:15"),
    ("Asia/Kathmandu", "2026-06-15T18:14", 1, "2026-06-13T18:15"),
    # Across the beginning and the end of summer time.
    ("America/New_York", "2026-03-09T12:00", 1, "2026-03-08T05:00"),
    ("America/New_York", "2026-11-02T12:00", 1, "2026-11-01T04:00"),
]


@pytest.mark.parametrize(("zone", "now", "days", "first"), BOUNDARIES)
def test_days_are_those_of_the_organisations_zone(
    acme: Organisation, send: Send, zone: str, now: str, days: int, first: str
) -> None:
    Organisation.objects.filter(pk=acme.pk).update(time_zone=zone, retention_days=days)
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    send(acme, started_at=begin - TICK)
    kept = [send(acme, started_at=begin), send(acme, requested_at=begin, started_at=begin + timedelta(days=1))]
    with time_machine.travel(datetime.fromisoformat(now).replace(tzinfo=UTC), tick=False):
        zoned = Organisation.objects.get(pk=acme.pk)
        assert due_before(zoned) == begin
        assert f"acme: 1 sessions from before {begin.astimezone(zoned.zone):%Y-%m-%d} ({zone})" in purged()
    assert set(Session.objects.values_list("pk", flat=True)) == set(kept)


def test_a_session_that_waits_is_judged_by_when_it_was_requested(acme: Organisation, send: Send) -> None:
    Organisation.objects.update(retention_days=30)
    now = datetime.now(UTC)
    send(acme, status="queued", requested_at=now - timedelta(days=40))
    send(acme, status="active", requested_at=now - timedelta(days=40), started_at=now - timedelta(days=32))
    kept = send(acme, status="active", requested_at=now - timedelta(days=40), started_at=now - timedelta(days=20))
    purged()
    assert [session.pk for session in Session.objects.all()] == [kept]


def test_an_organisation_that_keeps_all_is_left_alone(acme: Organisation, send: Send) -> None:
    send(acme, started_at="1990-01-01T00:00:00Z")
    assert acme.retention_days is None
    assert purged() == ""
    assert purged("--organisation", "acme") == "acme: keeps its sessions for ever"
    assert Session.objects.count() == 1


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_the_database_refuses_a_retention_without_sense(acme: Organisation, days: int) -> None:
    with pytest.raises(IntegrityError, match="organisation_retention_days"), transaction.atomic():
        Organisation.objects.update(retention_days=days)


def test_each_organisation_has_its_own(acme: Organisation, globex: Organisation, send: Send) -> None:
    ages: dict[Any, list[int]] = {acme: [5, 15, 40], globex: [5, 15, 40]}
    for organisation, days in ages.items():
        for age in days:
            send(organisation, external_id=str(age), started_at=datetime.now(UTC) - timedelta(days=age))
    Organisation.objects.filter(pk=acme.pk).update(retention_days=10)
    Organisation.objects.filter(pk=globex.pk).update(retention_days=30)

    assert len(purged().splitlines()) == 2
    assert set(Session.objects.values_list("organisation__slug", "external_id")) == {
        ("acme", "5"), ("globex", "5"), ("globex", "15")
    }  # fmt: skip


def test_only_those_that_are_named(acme: Organisation, globex: Organisation, send: Send) -> None:
    Organisation.objects.update(retention_days=10)
    for organisation in (acme, globex):
        send(organisation, started_at=datetime.now(UTC) - timedelta(days=20))
    purged("--organisation", "acme")
    assert [session.organisation for session in Session.objects.all()] == [globex]
