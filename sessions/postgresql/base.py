"""Django's PostgreSQL, with a check of pooled connections that asks nothing of the server.

CONN_HEALTH_CHECKS sends an empty query before each request: 0.2 ms of the 2.5 that a session sent alone takes. But a
server that ends a connection says so, and what it says waits to be read; only then the connection is tried.
"""

import select
import sys
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from sessions.postgresql.schema import DatabaseSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if not self.pool:
            return connection
        for _ in range(self.pool.max_size):
            if is_alive(connection):
                break
            self.pool.putconn(connection)  # which lets go of it, and opens another
            connection = super().get_new_connection(conn_params)
        return connection


def is_alive(connection: "psycopg.Connection[Any]") -> bool:
    """Whether nothing was heard from the server since its last answer, or else it answers."""
    try:
        if is_heard_from(connection.fileno()):
            connection.execute("")
    except psycopg.OperationalError:
        return False
    return True


def is_heard_from(number: int) -> bool:
    """Whether there is something to read. Windows has no poll, and select takes no file beyond the 1,024th."""
    if sys.platform == "win32":
        return True
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return bool(waiting.poll(0))
