import argparse
import os
import shutil
import subprocess
import sys
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection


class Command(BaseCommand):
    help = (
        "Run one of PostgreSQL's own programs on this database: psql, pg_dump, pg_restore, vacuumdb and others that "
        "take --dbname. The embedded PostgreSQL brings them; otherwise they are found where the shell finds them."
    )
    requires_system_checks = ()  # it serves no URL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", metavar="PROGRAM")
        parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the program is told")

    def handle(self, *args: Any, program: str, arguments: list[str], **options: Any) -> None:
        # This process stays beside it: the embedded server runs for as long as a process of ours uses it.
        done = subprocess.run(
            [_path(program), f"--dbname={connection.settings_dict['NAME']}", *arguments],
            env=os.environ | _environment(),
            check=False,
        )
        sys.exit(done.returncode)


def _path(program: str) -> str:
    path = shutil.which(program, path=settings.POSTGRESQL_PROGRAMS)
    if path is None:
        raise CommandError(f"There is no {program!r}: install PostgreSQL's client programs.")
    return path


def _environment() -> dict[str, str]:
    """Where the database is, in libpq's variables: a password on a command line would be seen by everybody."""
    parameters = connection.get_connection_params()
    return {
        option.envvar.decode(): str(parameters[option.keyword.decode()])
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.envvar and parameters.get(option.keyword.decode()) is not None
    }
