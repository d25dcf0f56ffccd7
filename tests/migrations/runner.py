"""Runs `migrate`, each time in a fork of its own that kills itself with SIGKILL where it is told.

A line of standard input names the migration to go to, the one to die in (`app.name` each), and before which of its
statements: a number, or `record` and `recorded`, before and after the one that notes it as applied. `-` is all
migrations, and nowhere; `impatient` gives up at the first lock, `tell` writes the statements of all migrations to
standard error, each as JSON with its migration's name. Answers with the fork's process id, and with its exit status when it has ended.
"""

import json
import os
import signal
import sys
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402  once Django is ready
from django.db import connection  # noqa: E402

from sessions.postgresql import migrating  # noqa: E402
from sessions.management.commands.migrate import Command  # noqa: E402

RECORDS = ('INSERT INTO "django_migrations"', 'DELETE FROM "django_migrations"')


def die() -> None:
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """Counts the statements of one migration, from each of its attempts on."""

    def __init__(self, migration: str, place: str) -> None:
        self.migration = migration
        self.place = place
        self.statements = -1
        self.current = ""

    def __call__(self, execute: Any, sql: Any, parameters: Any, many: Any, context: Any) -> Any:
        if self.place == "tell" and self.current:
            print(json.dumps([self.current, str(sql)]), file=sys.stderr)
        if self.statements < 0:
            return execute(sql, parameters, many, context)
        records = str(sql).startswith(RECORDS)
        if self.place == str(self.statements) or (records and self.place == "record"):
            die()
        self.statements += 1
        result = execute(sql, parameters, many, context)
        if records and self.place == "recorded":
            die()
        return result


def run(target: str, migration: str, place: str) -> None:
    mortal = Mortal(migration, place)
    if place == "impatient":
        migrating.PATIENCE_SECONDS = 0

    class Mortally(Command):
        def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
            if action in ("apply_start", "unapply_start"):
                mortal.current = str(migration)
                mortal.statements = 0 if str(migration) == mortal.migration else -1
            super().migration_progress_callback(action, migration, fake)

    with connection.execute_wrapper(mortal):
        call_command(Mortally(stdout=sys.stderr), *([] if target == "-" else target.split(".")), interactive=False)


def main() -> None:
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            try:
                run(*line.split())
            except BaseException as error:  # noqa: BLE001  the test reads what it was
                print(error, file=sys.stderr, flush=True)
                os._exit(1)
            sys.stderr.flush()
            os._exit(0)
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
