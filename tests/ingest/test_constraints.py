"""What the database refuses by itself, whoever writes to it."""

from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from sessions.models import ApiToken, App, Device, OperatingSystem, Organisation, Session, User
from tests.ingest.lines import a_line, send_lines


@pytest.fixture
def session(acme: Organisation) -> Session:
    send_lines(acme, a_line(requested_at="2026-11-20T09:59:58Z"))
    return Session.objects.get()


@pytest.mark.parametrize(
    "changes",
    [
        "started_at = NULL, requested_at = NULL",
        "requested_at = started_at + interval '1 ms'",
        "ended_at = started_at - interval '1 ms'",
        "started_at = NULL, ended_at = requested_at - interval '1 ms'",
        "last_seen_at = NULL",
        "status = 'queued'",
        "status = 'queued', started_at = NULL",
        "status = 'active'",
        "status = 'active', ended_at = NULL, started_at = NULL",
        "status = 'done'",
        "initiator_type = 'robot'",
        "initiator_type = 'token'",
        "user_id = NULL",
        "platform = 'symbian'",
        "organisation_id = NULL",
        "environment = repeat('x', 256)",
        "title = repeat('x', 501)",
        "outcome = repeat('x', 2001)",
        "attributes = NULL",
    ],
)
def test_a_session_that_cannot_be_is_refused(session: Session, changes: str) -> None:
    with pytest.raises((IntegrityError, DataError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE history_session SET {changes}")


@pytest.mark.parametrize("column", ["app_id", "device_id", "os_id", "user_id", "token_id"])
def test_a_session_cannot_point_to_another_organisations_names(
    session: Session, globex: Organisation, globex_admin: User, column: str
) -> None:
    theirs: dict[str, Any] = {
        "app_id": App.objects.create(organisation=globex, app_id="a"),
        "device_id": Device.objects.create(organisation=globex, model="M"),
        "os_id": OperatingSystem.objects.create(organisation=globex, name="iOS"),
        "user_id": globex_admin,
        "token_id": ApiToken.objects.create(organisation=globex, label="ci"),
    }

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE history_session SET {column} = %s", [theirs[column].pk])


def test_an_event_needs_its_session(acme: Organisation) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO history_event
                (session_id, id, organisation_id, event_type, event_time, source_properties, event_properties)
            VALUES (gen_random_uuid(), gen_random_uuid(), %s, 'x', now(), '{}', '{}')""",
            [acme.pk],
        )
        with pytest.raises(IntegrityError):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
