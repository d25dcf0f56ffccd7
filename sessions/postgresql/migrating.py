"""How migrations are applied: one process at a time, each migration wholly or not at all, and giving way to others.

A lock that a migration waits for is one that everybody who comes later waits for as well, behind it. So it waits a
moment only, undoes what it has done, pauses and tries again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.core.management import CommandError
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

Result = TypeVar("Result")

# For each lock: as long as a reader may have to wait behind it.
LOCK_TIMEOUT = "1s"
PATIENCE_SECONDS = 600.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0
IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.TransactionRollback)

ONE_AT_A_TIME = 7_305_118
POLL_SECONDS = 0.5

# Transactions that have been open for longer than a migration waits, and the tables they have locked.
HOLDERS = """
SELECT pid, coalesce(nullif(application_name, ''), usename), to_char(xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS'),
       string_agg(DISTINCT relname, ', ' ORDER BY relname)
FROM pg_stat_activity JOIN pg_locks USING (pid) JOIN pg_class ON pg_class.oid = relation
WHERE datname = current_database() AND pg_locks.database = datid AND granted AND pid <> pg_backend_pid()
  AND relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace
  AND xact_start < clock_timestamp() - %s::interval
GROUP BY pid, application_name, usename, xact_start ORDER BY xact_start LIMIT 3
"""


class GivingWayExecutor(MigrationExecutor):
    """Calls its progress callback with `gave_way` when it could not get a lock and will try again."""

    def apply_migration(
        self,
        state: ProjectState,
        migration: Migration,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        apply = super().apply_migration
        # What has failed half-way has changed the state it was given.
        return self._giving_way(migration, lambda: apply(state.clone(), migration, fake, fake_initial))

    def unapply_migration(self, state: ProjectState, migration: Migration, fake: bool = False) -> ProjectState:
        unapply = super().unapply_migration
        return self._giving_way(migration, lambda: unapply(state.clone(), migration, fake))

    def _giving_way(self, migration: Migration, work: Callable[[], Result]) -> Result:
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
        while True:
            try:
                with self._whole(migration):
                    return work()
            except OperationalError as error:
                if not isinstance(error.__cause__, IN_THE_WAY):
                    raise
                if time.monotonic() + pause > deadline:
                    raise CommandError(
                        f"{migration} did not get its locks in {PATIENCE_SECONDS / 60:.0f} minutes. In the way: "
                        f"{in_the_way(self.connection)}. Run migrate again when that has ended: it goes on from here."
                    ) from error
            if self.progress_callback:
                self.progress_callback("gave_way", migration)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    @contextmanager
    def _whole(self, migration: Migration) -> Iterator[None]:
        """One transaction for the changes and the row that says they were made, which Django writes after it at times.

        What is not atomic (an index built concurrently) can be begun again by itself.
        """
        if not migration.atomic:
            yield
            return
        with transaction.atomic(using=self.connection.alias):
            with self.connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            yield


def in_the_way(connection: BaseDatabaseWrapper) -> str:
    """Who has held locks on tables for a while, for an operator to look into."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, [LOCK_TIMEOUT])
        holders = [
            f"process {pid} ({name}), in a transaction since {since} UTC that uses {tables}"
            for pid, name, since, tables in cursor.fetchall()
        ]
    return "; ".join(holders) or "many short transactions"


@contextmanager
def one_at_a_time(connection: BaseDatabaseWrapper, say: Callable[[str], Any]) -> Iterator[None]:
    """Hold off every other `migrate` of this database, or wait for it to end.

    The lock belongs to a transaction, which PgBouncer leaves on one connection, and that transaction does nothing:
    an index that is built concurrently waits for none that has no snapshot. So this asks again and again, too: a
    statement that waited for the lock would have one.
    """
    holder: Any = connection.copy()
    holder.settings_dict["OPTIONS"].pop("pool", None)
    holder.set_autocommit(False)
    try:
        if not _is_free(holder):
            say("Another migrate is running: waiting for it to end.")
            while not _is_free(holder):
                time.sleep(POLL_SECONDS)
        yield
    finally:
        holder.close()


def _is_free(holder: Any) -> bool:
    """Whether the lock is ours now."""
    with holder.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        [free] = cursor.fetchone()
    if not free:
        holder.rollback()
    return bool(free)
