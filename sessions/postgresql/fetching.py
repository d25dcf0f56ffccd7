"""Statements written by hand, and all rows that they return."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from sessions.postgresql.prepared import named_prepared_cursor


def fetch_all(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def fetch_prepared(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Like `fetch_all`, for a statement whose plan is the same whatever the values: see `prepared`."""
    with named_prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
