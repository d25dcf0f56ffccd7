import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from sessions.demo.cast import ADMIN, DEVELOPER, PASSWORD, USER
from sessions.demo.fill import fill


class Command(BaseCommand):
    help = "Make the database ready and fill it with made-up sessions to look around in. Safe to repeat."
    requires_system_checks = ()  # it serves no URL

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._say("Making the tables ...")
            call_command("migrate", verbosity=0, interactive=False)
        fill(timezone.now(), self._say)
        self.stdout.write(
            f"\nSession History: http://127.0.0.1:{os.environ.get('PORT', '8000')}\n"
            f"Sign in as {ADMIN}, {DEVELOPER} or {USER}\n"
            f"with the password {PASSWORD}\n"
        )

    def _say(self, what: str) -> None:
        self.stdout.write(what)
        self.stdout.flush()
