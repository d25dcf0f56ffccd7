"""Transactions that PostgreSQL may roll back because of others, such as a deadlock: done once more."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, transaction

from sessions.postgresql.deadlines import Kind, within

Result = TypeVar("Result")

ATTEMPTS = 3


def in_transaction(work: Callable[[], Result], kind: Kind | None = None) -> Result:
    """What `work` returns, committed as a whole, with the deadlines of its kind of work, else with a page's.

    Raises OperationalError when the database is out of reach.
    """
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            with within(kind) if kind else transaction.atomic():
                return work()
        except OperationalError as error:
            if not attempts_left or not isinstance(error.__cause__, psycopg.errors.TransactionRollback):
                raise
    raise AssertionError("the last attempt returns or raises")
