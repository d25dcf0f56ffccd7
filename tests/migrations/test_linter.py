"""Migrations as squawk sees them: nothing holds up whoever reads or writes, but for what is named and explained here.

A new migration that is found wanting is better written anew (`AddIndexConcurrently`, a constraint that is NOT VALID
first) than listed.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrations.conftest import OURS, a_database, plan, runner

pytestmark = pytest.mark.own_database
CHANGES = ("ALTER", "COMMENT", "CREATE", "DROP", "UPDATE")
SQUAWK = Path(sys.executable).with_name("squawk")

# What does not hold here, in no migration.
NOT_ASKED = {
    "require-lock-timeout": "sessions/postgresql/migrating.py sets it, tries again and says what is in the way",
    "require-statement-timeout": "what is slow may be: it holds no lock that readers or writers need",
    "prefer-robust-stmts": "a migration is one transaction, or an index operation that can be begun again",
    "prefer-text-field": "a longer varchar is a change of the catalogue alone; producers are told the limits",
    "prefer-bigint-over-int": "pixels, days, counts of a day and versions: bounded far below",
}
ALL_TABLES_ARE_NEW = "it makes the first tables"
SMALL = "organisations, people and apps are thousands, not millions: read or rewritten in a moment, once the lock is there"
# Of each migration, what it may do, and why.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "history.0001_initial": {
        "adding-required-field": ALL_TABLES_ARE_NEW,
        "adding-foreign-key-constraint": ALL_TABLES_ARE_NEW,
    },
    "history.0002_same_organisation": {
        "adding-foreign-key-constraint": "the tables are new, and empty",
        "constraint-missing-not-valid": "the tables are new, and empty",
    },
    "history.0005_retention": {"constraint-missing-not-valid": SMALL},
    "history.0007_names": {
        "adding-foreign-key-constraint": SMALL,
        "constraint-missing-not-valid": SMALL,
        "require-concurrent-index-creation": SMALL,
        "require-concurrent-index-deletion": SMALL,
    },
    "history.0009_search_text": {"adding-field-with-default": SMALL},
    "history.0013_outgoing_mail": {
        "require-concurrent-index-creation": SMALL,
        "require-concurrent-index-deletion": SMALL,
    },
    "history.0017_session_clock": {"ban-drop-constraint": "a rule about a session's times that no longer holds"},
}
# They change rows only where there are some, and none is here.
WITHOUT_STATEMENTS = {"history.0014_one_form_of_names"}


@pytest.fixture(scope="module")
def statements(worker_id: str) -> dict[str, list[str]]:
    """What each migration says, in an empty database: sqlmigrate would look for constraints in one that has them all."""
    said: dict[str, list[str]] = {name: [] for name, _ in plan()}
    with a_database(f"linted_{worker_id}") as database, runner(database) as migrating:
        assert migrating.run("-", "-", "tell") == 0
        for line in migrating.said().splitlines():
            if line.startswith("["):
                name, statement = json.loads(line)
                said[name].append(statement)
    return said


@pytest.mark.parametrize(("name", "atomic"), OURS)
def test_what_a_migration_locks_is_wanted(statements: dict[str, list[str]], name: str, atomic: bool) -> None:
    changes = [f"{statement.rstrip(';')};" for statement in statements[name] if statement.startswith(CHANGES)]
    script = "\n".join(["BEGIN;", *changes, "COMMIT;"] if atomic else changes)
    command = [SQUAWK, "--pg-version=15", "--reporter=json", f"--exclude={','.join(NOT_ASKED)}"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert not done.stderr
    found = {problem["rule_name"]: f"line {problem['line']}: {problem['message']}" for problem in json.loads(done.stdout)}
    assert bool(changes) is (name not in WITHOUT_STATEMENTS)
    assert found.keys() == EXCEPTIONS.get(name, {}).keys(), found
