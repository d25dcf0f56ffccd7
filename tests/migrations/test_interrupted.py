"""`migrate`, killed with SIGKILL at any place: the next one ends well, with the same tables."""

import os
import signal
from itertools import pairwise
from typing import Any

import pytest

from tests.migrations.conftest import KILLED, OURS, Database, Process, Runner, plan

pytestmark = pytest.mark.own_database
READ = "SELECT 1 FROM history_session, history_organisation, history_user, history_app, history_device LIMIT 1"


def places(name: str, *, atomic: bool, each: int) -> list[str]:
    """Each so many-th statement of a migration that can be left half-way; of others where that is likeliest."""
    if not atomic:
        return ["record", "recorded", *map(str, range(0, 100, each))]
    return ["1", "record", "recorded"] if name.startswith("history.") else ["record"]


def kill_at_each_place(migrating: Runner, target: str, name: str, *, atomic: bool, each: int = 1) -> None:
    """Again and again, until it comes to an end all the same; each begins where the one before was killed."""
    kills = 0
    for place in places(name, atomic=atomic, each=each):
        status = migrating.run(target, name, place)
        assert status in (0, KILLED), migrating.said()
        if status == 0:
            break
        kills += 1
    assert kills >= 1


def test_killed_in_every_migration_it_begins_again(
    database: Database, migrating: Runner, whole: set[tuple[Any, ...]]
) -> None:
    for name, atomic in plan():
        kill_at_each_place(migrating, name, name, atomic=atomic)
    assert migrating.run() == 0, migrating.said()
    assert database.schema == whole


def test_killed_on_the_way_back_it_begins_again(
    database: Database, migrating: Runner, whole: set[tuple[Any, ...]]
) -> None:
    assert migrating.run() == 0
    for (name, atomic), (target, _) in pairwise(reversed(OURS)):
        kill_at_each_place(migrating, target, name, atomic=atomic, each=8)
    assert migrating.run() == 0, migrating.said()
    assert database.schema == whole


def test_behind_a_dump_it_gives_way_to_readers_and_can_be_killed_while_it_waits(
    database: Database, migrating: Runner, whole: set[tuple[Any, ...]]
) -> None:
    """What the server goes on with after the kill is waited for as well."""
    assert migrating.run(OURS[0][0]) == 0
    waited = []
    for name, _ in OURS[1:]:
        with database.dump():
            process = migrating.start(name)
            if database.waits_before_it_is_applied(name):
                waited.append(name)
                os.kill(process, signal.SIGKILL)
                assert migrating.end() == KILLED
                migrating.start(name)
                assert database.waits_before_it_is_applied(name)
                with database.connect() as reader:
                    reader.execute("SET statement_timeout = '30s'")
                    reader.execute(READ)
        assert migrating.end() == 0, migrating.said()
    assert migrating.run() == 0
    assert database.schema == whole
    assert len(waited) > len(OURS) / 2


def test_it_says_what_is_in_the_way_and_gives_up_when_that_takes_too_long(
    database: Database, migrating: Runner
) -> None:
    assert migrating.run("history.0007_names") == 0
    with database.dump() as dumping:
        holder = f"process {dumping.info.backend_pid} (pg_dump), in a transaction since "
        migrating.start("history.0008_facet_removals")
        database.wait_for(lambda: f"gives way to {holder}" in migrating.said())
    assert migrating.end() == 0
    with database.dump():
        assert migrating.run("-", "-", "impatient") == 1
        assert "minutes. In the way: process" in migrating.said()
    assert migrating.run() == 0


def test_two_at_once_the_second_waits_and_finds_nothing_to_do(
    database: Database, migrating: Runner, migrate: Process
) -> None:
    """The first builds an index, for which it waits until every older statement has ended: the second must have none."""
    assert migrating.run("history.0009_search_text") == 0
    with database.dump():
        migrating.start()
        assert database.waits_before_it_is_applied("history.0010_session_platform")
        second = migrate()
        assert second.stdout
        assert second.stdout.readline() == "Another migrate is running: waiting for it to end.\n"
    assert migrating.end() == 0, migrating.said()
    output, errors = second.communicate(timeout=60)
    assert (second.returncode, errors) == (0, "")
    assert output.endswith("No migrations to apply.\n")
