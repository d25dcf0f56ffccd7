"""Whoever writes to a session gives up what was counted of its day, whatever else goes on at that moment."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from sessions.models import ChangedDay, CountedDay, DayCount, Organisation, Session, User
from sessions.retention.purge import purge
from sessions.usage import roll_up
from sessions.usage.numbers import Numbers, usage
from sessions.usage.roll_up import count_days
from tests.api_writing.program import Program
from tests.conftest import Send
from tests.retention.conftest import in_thread, wait_until_somebody_waits
from tests.usage.test_counted import agree, asked, counted, send_random, uses_counts

FIRST, SECOND, THIRD = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (10, 15, 20))


def changed_days() -> set[date]:
    return set(ChangedDay.objects.values_list("day", flat=True))


def line(at: datetime, **fields: object) -> dict[str, object]:
    return {
        "external_id": "one", "status": "ended", "started_at": at.isoformat(), "ended_at": None,
        "initiator": {"type": "anonymous"}, **fields,
    }  # fmt: skip


@pytest.fixture
def program(transactional_db: None, alice: User) -> Program:
    """Outside a transaction, where a session alone is one statement."""
    return Program(alice)


WRITERS: dict[str, Callable[[Program, str], object]] = {
    "a session alone": lambda program, _: program.post(line(FIRST, external_id="another")),
    "one with events": lambda program, _: program.post(
        line(FIRST, external_id="another", events=[{"event_type": "a", "event_time": FIRST.isoformat()}])
    ),
    "the same session again": lambda program, _: program.post(line(FIRST)),
    "a batch": lambda program, _: program.batch(*(line(FIRST, external_id=str(number)) for number in range(20))),
    "a change": lambda program, ident: program.patch(ident, {"flags": {"crash": True}}),
    "a sign of life": lambda program, ident: program.events(ident),
    "a file": lambda program, ident: program.put(ident, "a.log", b"10:00 hello\n"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_notes_the_day(acme: Organisation, program: Program, writer: str) -> None:
    ident = program.post(line(FIRST, status="active")).json()["id"]
    assert counted(acme) == 1
    assert changed_days() == set()
    WRITERS[writer](program, ident)
    assert changed_days() == {FIRST.date()}


def test_the_purge_notes_the_days_it_takes_from(acme: Organisation, alice: User, send: Send) -> None:
    for number, at in enumerate((FIRST, FIRST, SECOND)):
        send(acme, started_at=at, external_id=str(number))
    counted(acme)
    list(purge(acme, SECOND))
    assert changed_days() == {FIRST.date()}
    assert usage(asked(alice)).total.sessions == 1


def test_both_days_are_noted_by_a_session_alone_that_moves(acme: Organisation, program: Program) -> None:
    program.post(line(FIRST))
    counted(acme)
    program.post(line(SECOND))
    assert changed_days() == {FIRST.date(), SECOND.date()}


def test_nothing_is_noted_by_what_is_refused(acme: Organisation, globex_admin: User, program: Program) -> None:
    ident = program.post(line(FIRST)).json()["id"]
    counted(acme)
    assert Program(globex_admin).patch(ident, {"flags": {"crash": True}}).status_code == 404
    assert program.patch(ident, {"started_at": "never"}).status_code == 400
    assert changed_days() == set()


def test_the_day_that_is_left_is_where_the_session_was_at_last_not_where_the_writer_saw_it(
    acme: Organisation, program: Program
) -> None:
    """The writer waits for another that moves the session: when it began, the session stood on the first day.

    The day it moves to is noted then, and no longer when it gets there: what it saw is of no use for that either.
    """
    program.post(line(FIRST))
    counted(acme)
    program.post(line(THIRD, external_id="another"))
    writer = threading.Thread(target=in_thread, args=[lambda: program.post(line(THIRD))])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE history_session SET started_at = %s, last_seen_at = %s", [SECOND, SECOND])
        writer.start()
        wait_until(WAITS_FOR_A_ROW)
        counting_now = threading.Thread(target=in_thread, args=[lambda: counted(acme)])
        counting_now.start()
        counting_now.join(30)
        assert changed_days() == set()
    writer.join(30)
    assert Session.objects.get(external_id="one").started_at == THIRD
    assert changed_days() == {SECOND.date(), THIRD.date()}


def test_a_write_that_is_not_committed_is_waited_for(
    transactional_db: None, acme: Organisation, alice: User, send: Send
) -> None:
    send(acme, started_at=FIRST, external_id="before")
    counting_now = threading.Thread(target=in_thread, args=[lambda: counted(acme)])
    with transaction.atomic():
        send(acme, started_at=FIRST, external_id="meanwhile")
        counting_now.start()
        wait_until_somebody_waits("advisory")
    counting_now.join(30)
    assert changed_days() == set()
    assert CountedDay.objects.get().counted_at
    assert usage(asked(alice)).total.sessions == 2


def test_a_write_that_begins_while_its_day_is_counted_is_not_lost(
    transactional_db: None, acme: Organisation, alice: User, send: Send
) -> None:
    """It is committed when the count has read the day: the count is stored, and does not hold."""
    send(acme, started_at=FIRST, external_id="before")
    roll_up._prepare(acme, SECOND.date())
    [day] = CountedDay.objects.all()
    committed = threading.Event()

    def write() -> None:
        with transaction.atomic():
            send(acme, started_at=FIRST, external_id="meanwhile")
            committed.wait(30)

    writer = threading.Thread(target=in_thread, args=[write])
    writer.start()
    wait_until(HELD)
    assert roll_up._count(day)
    assert DayCount.objects.get().sessions == 1
    committed.set()
    writer.join(30)
    assert changed_days() == {FIRST.date()}
    assert usage(asked(alice)).total.sessions == 2
    counted(acme)
    assert usage(asked(alice)).total == Numbers(2)
    assert DayCount.objects.get().sessions == 2


def test_what_was_given_up_while_it_was_counted_is_not_stored(acme: Organisation, alice: User, send: Send) -> None:
    """Another run has read the note of a writer that this one did not see."""
    send(acme, started_at=FIRST, external_id="before")
    roll_up._prepare(acme, SECOND.date())
    [day] = CountedDay.objects.all()
    send(acme, started_at=FIRST, external_id="meanwhile")
    roll_up._prepare(acme, SECOND.date())
    assert not roll_up._count(day)
    assert not DayCount.objects.exists()
    assert CountedDay.objects.get().counted_at is None
    assert usage(asked(alice)).total.sessions == 2


def test_whoever_looks_while_sessions_move_and_days_are_counted_sees_each_once(
    transactional_db: None, acme: Organisation, alice: User, tmp_path: Path
) -> None:
    send_random(acme, random.Random(1), range(60), tmp_path)
    done = threading.Event()

    def move() -> None:
        rng = random.Random()
        while not done.wait(0.05):  # so that some days hold until the next
            first = rng.randrange(60)
            send_random(acme, rng, range(first, first + 1), tmp_path)

    def count() -> None:
        while not done.is_set():
            counted(acme)

    others = [threading.Thread(target=in_thread, args=[work]) for work in (move, move, count)]
    for other in others:
        other.start()
    try:
        seen = {usage(asked(alice)).total.sessions for _ in range(60)}
    finally:
        done.set()
        for other in others:
            other.join(30)
    assert seen == {60}
    counted(acme)
    assert uses_counts(asked(alice))
    agree(asked(alice))


def test_two_runs_share_the_days(transactional_db: None, acme: Organisation, send: Send) -> None:
    for number in range(30):
        send(acme, started_at=datetime(2026, 3, number + 1, 12, tzinfo=UTC), external_id=str(number))
    results: list[int] = []
    runs = [threading.Thread(target=in_thread, args=[lambda: results.append(counted(acme))]) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert len(results) == 2
    assert CountedDay.objects.exclude(counted_at=None).count() == DayCount.objects.count() == 30


def test_counting_stopped_half_way_goes_on_where_it_was(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(5):
        send(acme, started_at=datetime(2026, 3, number + 1, 12, tzinfo=UTC), external_id=str(number))
    next(count_days(acme))
    assert usage(asked(alice)).total.sessions == 5
    assert counted(acme) == 4


# Shared by those who write: whoever holds it has written.
HELD = """
SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
WAITS_FOR_A_ROW = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'transactionid' AND datname = current_database()"


def wait_until(sql: str) -> None:
    """Until it finds a row."""
    for _ in range(3000):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone():
                return
        threading.Event().wait(0.01)
    raise AssertionError(f"there never was: {sql}")
