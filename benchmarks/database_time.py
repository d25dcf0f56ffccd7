"""What all queries of a page take together, seen from the application: sending, planning, running, fetching."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client

from benchmarks.timing import WARM_UPS, Times, milliseconds
from sessions.models import User

# Of a page that takes longer, the result keeps the plan of its slowest statement.
SLOW_MS = 10.0


@dataclass(frozen=True)
class DatabaseTime:
    """`afresh` is one page in milliseconds when nothing is kept of those before but PostgreSQL's own pages.

    `each` is the milliseconds of every statement of the last round.
    """

    times: Times
    afresh: float
    queries: int
    each: list[float]
    plan: str = ""


@dataclass(frozen=True)
class Statement:
    seconds: float
    sql: str
    parameters: Any


def database_time(viewer: User, path: str, *, rounds: int, seconds: float) -> DatabaseTime:
    """The page asked in this process, warm."""
    client = Client()
    client.force_login(viewer)
    ran: list[Statement] = []

    def timed(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, parameters, *rest)
        finally:
            ran.append(Statement(time.perf_counter() - started, sql, parameters))

    deadline = time.monotonic() + seconds
    for _ in range(WARM_UPS):
        client.get(path)
        if time.monotonic() > deadline:
            break

    def ask() -> float:
        ran.clear()
        with connection.execute_wrapper(timed):
            client.get(path)
        return sum(statement.seconds for statement in ran)

    # As sessionhistory.wsgi does: what this process has loaded, looked through for garbage, took 70 ms of a page.
    gc.collect()
    gc.freeze()
    cache.clear()
    afresh = ask()
    totals: list[float] = []
    slowest = Statement(0.0, "", None)
    while not totals or (len(totals) < rounds and time.monotonic() < deadline):
        totals.append(ask())
        # Those of `sessions.prepared`, which have no names in them, find a row by its key.
        named = [statement for statement in ran if isinstance(statement.parameters, dict)]
        slowest = max([slowest, *named], key=lambda statement: statement.seconds)
    times = Times.of(totals)
    each = [milliseconds(statement.seconds) for statement in ran]
    return DatabaseTime(times, milliseconds(afresh), len(ran), each, explained(slowest) if times.p95 > SLOW_MS else "")


def explained(statement: Statement) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement.sql}", statement.parameters)
        # Lists of thousands of ids would be most of it.
        plan = "\n".join(line[:300] for (line,) in cursor.fetchall())
    return f"{statement.sql.strip()}\n\n{plan}"
