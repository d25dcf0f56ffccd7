"""`manage.py purge_sessions`: what goes, what stays, and what it survives."""

import signal
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sessions.models import Attachment, Event, Organisation, Session
from sessions.retention.policy import due_before
from sessions.retention.purge import purge
from tests.ingest.lines import send_lines
from tests.query.explained import reads
from tests.retention.conftest import (
    Command,
    Old,
    cleaned,
    let_time_pass,
    old_line,
    purged,
    stored_files,
)

HOURLY = """
INSERT INTO history_session (
    id, organisation_id, status, initiator_type, started_at, last_seen_at, exception, crash, anr, rage_tap,
    platform, attributes)
SELECT gen_random_uuid(), %s, 'ended', 'anonymous', at, at, false, false, false, false, 'ios', '{}'
FROM (SELECT now() - n * interval '1 hour' AS at FROM generate_series(1, 5000) n) times
"""


def ids() -> set[UUID]:
    return set(Session.objects.values_list("pk", flat=True))


def test_a_session_goes_with_its_events_and_its_files_go_later(monthly: Organisation, old: Old) -> None:
    gone, kept = old(monthly, 40), old(monthly, 20)

    assert purged() == (
        f"acme: 1 sessions from before {due_day(monthly)} (Europe/Berlin) deleted, 2 events, 1 attachments; "
        "1 files are left to clean_storage"
    )
    assert ids() == {kept}
    assert set(Event.objects.values_list("session_id", flat=True)) == {kept}
    assert [file.session_id for file in Attachment.objects.all()] == [kept]
    assert {name.split("/")[1] for name in stored_files()} == {str(gone), str(kept)}
    let_time_pass()
    cleaned()
    assert [name.split("/")[1] for name in stored_files()] == [str(kept)]
    assert not Path(default_storage.path(f"{monthly.pk}/{gone}")).exists()


def due_day(organisation: Organisation) -> str:
    before = due_before(organisation)
    assert before
    return f"{before.astimezone(organisation.zone):%Y-%m-%d}"


def test_a_second_purge_finds_nothing(monthly: Organisation, old: Old) -> None:
    old(monthly, 40)
    purged()
    assert "acme: 0 sessions" in purged()


def test_nothing_of_another_organisation_goes(monthly: Organisation, globex: Organisation, old: Old) -> None:
    theirs = old(globex, 400)
    purged()
    assert ids() == {theirs}
    assert len(stored_files()) == 1


def test_a_dry_run_says_how_many_and_deletes_nothing(monthly: Organisation, old: Old) -> None:
    kept = {old(monthly, 50), old(monthly, 40), old(monthly, 20)}
    oldest = (datetime.now(UTC) - timedelta(days=50)).astimezone(monthly.zone)

    assert purged("--dry-run") == (
        f"acme: 2 sessions from before {due_day(monthly)} (Europe/Berlin) would be deleted, "
        f"the oldest of {oldest:%Y-%m-%d}"
    )
    assert ids() == kept
    assert len(stored_files()) == 3
    assert Event.objects.count() == 6


def test_a_day_goes_before_the_retention(monthly: Organisation, old: Old) -> None:
    old(monthly, 20)
    kept = old(monthly, 1)
    purged("--organisation", "acme", "--before", str((datetime.now(UTC) - timedelta(days=10)).date()))
    assert ids() == {kept}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--before", "2026-01-01"], "--before needs --organisation"),
        (["--organisation", "acme", "--before", "2999-01-01"], "lies ahead"),
        (["--organisation", "acme", "--before", "yesterday"], "--before"),
        (["--organisation", "acne"], "no organisation “acne”. Known: acme"),
        (["--batch", "0"], "--batch is from 1"),
        (["--pause", "-1"], "--pause is from 0"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_deleted(
    monthly: Organisation, old: Old, arguments: list[str], message: str
) -> None:
    old(monthly, 40)
    with pytest.raises(CommandError, match=message):
        purged(*arguments)
    assert Session.objects.count() == 1


def test_the_oldest_go_first_batch_by_batch(monthly: Organisation) -> None:
    send_lines(monthly, *(old_line(40 + n, attachments=None) for n in range(5)))
    before = due_before(monthly)
    assert before
    left = [
        (batch.sessions, [one.external_id for one in Session.objects.order_by("external_id")])
        for batch in purge(monthly, before, 2)
    ]
    assert left == [
        (2, ["40 days old", "41 days old", "42 days old"]),
        (2, ["40 days old"]),
        (1, []),
    ]


class UndoError(Exception):
    """Ends a transaction as if nothing had happened."""


def test_a_batch_reads_the_index_and_goes_on_where_the_last_one_ended(monthly: Organisation) -> None:
    """Were it to begin anew each time, it would pass over the entries of all that is deleted already."""
    before = due_before(monthly)
    assert before
    send_lines(monthly, old_line(300, app={"app_id": "gone", "platform": "ios"}, attachments=None, events=None))
    with connection.cursor() as cursor:
        cursor.execute(HOURLY, [monthly.pk])
        cursor.execute("ANALYZE history_session")
    with CaptureQueriesContext(connection) as captured, suppress(UndoError), transaction.atomic():
        for number, _ in enumerate(purge(monthly, before, 10)):
            if number == 20:
                raise UndoError
    batches = [query["sql"] for query in captured if "SKIP LOCKED" in query["sql"]]
    assert len(batches) == 21
    for read in reads([batches[0], batches[10], batches[20]]):
        assert not read.sequentially, read.sql
        assert read.rows <= 11
    others = [query["sql"] for query in captured if "history_session" in query["sql"] and query["sql"] not in batches]
    assert any("facet" in sql for sql in others[:10])
    for read in reads(others[:10]):
        assert not read.sequentially, read.sql


def test_killed_in_the_middle_and_run_again_nothing_due_is_left(
    transactional_db: None, monthly: Organisation, old: Old, command: Command
) -> None:
    for n in range(20):
        old(monthly, 60 + n)
    send_lines(monthly, *(old_line(40, external_id=str(n), attachments=None) for n in range(2000)))
    kept = old(monthly, 10)

    process = command("purge_sessions", "--batch", "10", "--pause", "0.01")
    deadline = time.monotonic() + 60
    while Session.objects.count() > 1900 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 1 < Session.objects.count() < 2021
    assert all(default_storage.exists(file.storage_name) for file in Attachment.objects.all())
    again = command("purge_sessions")
    output, errors = again.communicate(timeout=120)

    assert (again.returncode, errors) == (0, "")
    assert output.startswith("acme: ")
    assert ids() == {kept}
    assert Event.objects.count() == 2
    let_time_pass()
    cleaned()
    assert [name.split("/")[1] for name in stored_files()] == [str(kept)]


def test_two_purges_at_once_share_the_work(transactional_db: None, monthly: Organisation, command: Command) -> None:
    send_lines(monthly, *(old_line(40, external_id=str(n), attachments=None) for n in range(3000)))
    both = [command("purge_sessions", "--batch", "50") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [(process.returncode, errors) for process, (_, errors) in zip(both, outputs, strict=True)] == [(0, "")] * 2
    assert sum(int(output.split()[1]) for output, _ in outputs) == 3000
    assert ids() == set()


def test_a_session_that_is_being_written_is_left_to_the_next_purge(
    transactional_db: None, monthly: Organisation, old: Old
) -> None:
    written, _ = old(monthly, 50), old(monthly, 40)
    with connection.copy().cursor() as other:
        other.execute("BEGIN")
        other.execute("SELECT FROM history_session WHERE id = %s FOR UPDATE", [written])
        assert "acme: 1 sessions" in purged()
        other.execute("ROLLBACK")
        other.connection.close()
    assert ids() == {written}
    assert "acme: 1 sessions" in purged()


def test_an_admin_who_thinks_better_of_it_ends_a_purge_that_runs(
    transactional_db: None, monthly: Organisation, command: Command
) -> None:
    send_lines(monthly, *(old_line(40, external_id=str(n), attachments=None) for n in range(500)))
    process = command("purge_sessions", "--batch", "1", "--pause", "0.02")
    deadline = time.monotonic() + 60
    while Session.objects.count() == 500 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    Organisation.objects.update(retention_days=365)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output.startswith("acme: its retention was changed meanwhile")
    assert 0 < Session.objects.count() < 500
