"""Django's PostgreSQL, with connections that do not wait for ever, and a bound on who waits for one.

CONN_HEALTH_CHECKS sends an empty query before each request: 0.2 ms of the 2.5 that a session sent alone takes. But a
server that ends a connection says so, and what it says waits to be read; only then the connection is tried.
"""

import select
import sys
import time
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from sessions.postgresql import driver
from sessions.postgresql.admission import Admission
from sessions.postgresql.schema import DatabaseSchemaEditor
from sessions.postgresql.waiting import Connection


class PoolUse(NamedTuple):
    """Connections of this process's pool: how many it keeps at most, has open and has lent; and how many wait."""

    most: int = 0
    open: int = 0
    lent: int = 0
    waited_for: int = 0


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    Database = driver
    _connection_pools: dict[str, ConnectionPool[Connection]] = {}  # where Django keeps them
    _admissions: dict[str, Admission] = {}

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(settings_dict, *args, **kwargs)
        self._is_admitted = False
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool.setdefault("connection_class", Connection)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = self._lent(conn_params) if self.pool else super().get_new_connection(conn_params)
        connection.patience = settings.DATABASE_DEADLINES["page"].silence
        return connection

    @property
    def admission(self) -> Admission:
        if self.alias not in self._admissions:
            new = Admission(self.pool.max_size, settings.DATABASE_POOL_WAITING, self.pool.timeout)
            self._admissions.setdefault(self.alias, new)
        return self._admissions[self.alias]

    @classmethod
    def pool_use(cls) -> PoolUse:
        """Of the pool as it is: none is made for this."""
        pool, admission = cls._connection_pools.get(DEFAULT_DB_ALIAS), cls._admissions.get(DEFAULT_DB_ALIAS)
        if pool is None:
            return PoolUse()
        stats = pool.get_stats()
        is_open, is_idle = stats["pool_size"], stats["pool_available"]
        return PoolUse(pool.max_size, is_open, is_open - is_idle, admission.waiting if admission else 0)

    def _lent(self, conn_params: dict[str, Any]) -> Any:
        """Raises psycopg's OperationalError when there is none in time."""
        self.admission.enter()
        self._is_admitted = True
        since = time.monotonic()
        try:
            connection = self._living(conn_params)
            self.admission.succeed()
            return connection
        except BaseException as error:
            if isinstance(error, PoolTimeout):
                self.admission.fail(since)
                forget_frames(error)
            self._leave()
            raise

    def _living(self, conn_params: dict[str, Any]) -> Any:
        for _ in range(self.pool.max_size + 1):
            connection = super().get_new_connection(conn_params)
            if is_alive(connection):
                break
            self.pool.putconn(connection)  # which lets go of it, and opens another
        return connection

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # django-stubs leaves it out
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._is_admitted:
            self._is_admitted = False
            self.admission.leave()


def forget_frames(error: BaseException) -> None:
    """The pool keeps whoever has waited in vain until it has a connection, with the error and all that it refers to."""
    if error.__context__ is not None:
        error.__context__.__traceback__ = None


def is_alive(connection: "psycopg.Connection[Any]") -> bool:
    """Whether nothing was heard from the server since its last answer, or else it answers."""
    try:
        if is_heard_from(connection.fileno()):
            connection.execute("")
    except psycopg.Error:
        return False
    return True


def is_heard_from(number: int) -> bool:
    """Whether there is something to read. Windows has no poll, and select takes no file beyond the 1,024th."""
    if sys.platform == "win32":
        return True
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return bool(waiting.poll(0))
