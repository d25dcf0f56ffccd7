"""Django's changes to tables, with concurrent index operations that can be interrupted and begun again.

PostgreSQL leaves an INVALID index behind when CREATE INDEX CONCURRENTLY fails, and a complete one may not be recorded
as migrated yet when `migrate` is killed. Django's operations stop at either: the name is taken.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.db.backends.postgresql import schema

POLL_SECONDS = 0.2

IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
# A killed client's statement goes on in the server. All of these hold the table's ShareUpdateExclusiveLock, or wait
# for it.
RUNNING = """
SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'relation' AND relation = to_regclass(%s) AND mode = 'ShareUpdateExclusiveLock'
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid <> pg_backend_pid() AND query ~* '\\mconcurrently\\M'
"""


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def add_index(self, model: type[models.Model], index: models.Index, concurrently: bool = False) -> None:
        """Concurrently, an index of that name is kept if it is valid: whoever changes one removes it first."""
        if not concurrently or self.collect_sql:
            super().add_index(model, index, concurrently=concurrently)
            return
        with self._in_its_own_time(model):
            is_valid = self._ask(IS_VALID, self.quote_name(index.name))
            if is_valid == (True,):
                return
            if is_valid:
                super().remove_index(model, index, concurrently=True)
            super().add_index(model, index, concurrently=True)

    def remove_index(self, model: type[models.Model], index: models.Index, concurrently: bool = False) -> None:
        if not concurrently or self.collect_sql:
            super().remove_index(model, index, concurrently=concurrently)
            return
        with self._in_its_own_time(model):
            super().remove_index(model, index, concurrently=True)

    @contextmanager
    def _in_its_own_time(self, model: type[models.Model]) -> Iterator[None]:
        """Once no other such statement works on the table, and without a limit: it waits for all older transactions.

        It blocks neither readers nor writers meanwhile. To wait for the other by its lock would be a deadlock: the
        other waits for the end of all statements.
        """
        table = self.quote_name(model._meta.db_table)  # noqa: SLF001  documented all the same
        while self._ask(RUNNING, table) is not None:
            time.sleep(POLL_SECONDS)
        self.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        held: Any = self.connection.connection
        patience, held.patience = held.patience, 0  # without limit
        try:
            yield
        finally:
            held.patience = patience
            self.execute("RESET lock_timeout; RESET statement_timeout")

    def _ask(self, question: str, name: str) -> tuple[Any, ...] | None:
        with self.connection.cursor() as cursor:
            cursor.execute(question, [name])
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
