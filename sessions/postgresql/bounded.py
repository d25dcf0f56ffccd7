"""Transactions that hold nobody up for long, and that are tried again when somebody held them up."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

from sessions.postgresql.deadlines import patient

Result = TypeVar("Result")

# Compiling a statement takes PostgreSQL 200 ms, where it runs for 50.
SETTINGS = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '60s'; SET LOCAL jit = off"
SILENCE_SECONDS = 61.0  # a second more than the statement may take
PAUSES = (0.5, 2.0, 5.0)  # seconds
IN_THE_WAY = (
    psycopg.errors.TransactionRollback,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)


def bounded(work: Callable[[], Result]) -> Result:
    """What `work` returns, committed as a whole. Raises OperationalError after four attempts, or without a database."""
    for pause in (*PAUSES, None):
        try:
            with patient(SILENCE_SECONDS), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(SETTINGS)
                return work()
        except OperationalError as error:
            if pause is None or not isinstance(error.__cause__, IN_THE_WAY):
                raise
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")
