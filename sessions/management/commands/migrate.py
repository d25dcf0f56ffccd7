from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from sessions.postgresql.migrating import GivingWayExecutor, in_the_way, one_at_a_time

# Django's command takes its executor from its module, and offers no other way to name one.
migrate.MigrationExecutor = GivingWayExecutor  # type: ignore[attr-defined]


class Command(migrate.Command):
    """Django's, that can be killed and run again, and holds nobody up for long."""

    def handle(self, *args: Any, **options: Any) -> None:
        self._connection = connections[options["database"]]
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with one_at_a_time(self._connection, self._say):
            super().handle(*args, **options)

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "gave_way":
            self._say(f" gives way to {in_the_way(self._connection)}")
        super().migration_progress_callback(action, migration, fake)

    def _say(self, what: str) -> None:
        self.stdout.write(what)
        self.stdout.flush()
