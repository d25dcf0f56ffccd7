"""Connections of the pool: one that the server has ended is noticed before a request gets it."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from sessions.postgresql.base import is_alive

POOL = {"min_size": 2, "max_size": 4, "timeout": 10}


@pytest.fixture
def pooled(db: None) -> Iterator[BaseDatabaseWrapper]:
    """The test's database through a pool, as in production."""
    told = connections["default"].settings_dict
    wanted = told | {"OPTIONS": told["OPTIONS"] | {"pool": POOL}, "CONN_MAX_AGE": 0}
    wrapper = load_backend(settings.DATABASES["default"]["ENGINE"]).DatabaseWrapper(wanted, "pooled")
    connections["pooled"] = wrapper
    yield wrapper
    wrapper.close()
    wrapper.close_pool()
    del connections["pooled"]


def backend(wrapper: BaseDatabaseWrapper) -> int:
    """Of a request of its own."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    wrapper.close()
    return int(pid)


def test_connections_are_used_again(pooled: BaseDatabaseWrapper) -> None:
    assert len({backend(pooled) for _ in range(10)}) <= POOL["max_size"]


def test_a_connection_that_was_ended_meanwhile_is_replaced(pooled: BaseDatabaseWrapper) -> None:
    ended = {backend(pooled) for _ in range(10)}
    with connections["default"].cursor() as cursor:
        for pid in ended:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert ended.isdisjoint({backend(pooled) for _ in range(10)})


def test_what_the_server_says_by_itself_is_no_end(pooled: BaseDatabaseWrapper) -> None:
    pooled.ensure_connection()
    connection = pooled.connection
    connection.execute("LISTEN told")
    with psycopg.connect(**connections["default"].get_connection_params() | {"autocommit": True}) as other:
        other.execute("NOTIFY told, 'hello'")
    assert is_alive(connection)
    assert connection.execute("SELECT 1").fetchone() == (1,)
