"""Connections of the pool, which are few, are not kept while somebody slow is waited for."""

from django.db import connection


def give_back() -> None:
    """This thread's connection, unless a transaction needs it. The next statement borrows another one."""
    if not connection.in_atomic_block:
        connection.close()
