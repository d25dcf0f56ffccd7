"""What all queries of a page take together, seen from the application: sending, planning, running, fetching."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client

from benchmarks.shapes import Shape
from benchmarks.timing import WARM_UPS, DatabaseTime, Times, milliseconds
from sessions.models import User
from sessions.query import find_page, parse

# Of a page that takes longer, the result keeps the plan of its slowest statement.
SLOW_MS = 10.0


@dataclass(frozen=True)
class Statement:
    seconds: float
    sql: str
    parameters: Any


class PageClock:
    """One filter's page asked in this process, warm, in several turns."""

    def __init__(self, shape: Shape) -> None:
        self.viewer = User.objects.get(email=f"{shape.viewer}@large.example")
        self.shape = shape
        self.client = Client()
        self.client.force_login(self.viewer)
        self.ran: list[Statement] = []
        self.slowest = Statement(0.0, "", None)
        self.afresh: float | None = None
        self.totals: list[float] = []

    def turn(self, rounds: int, seconds: float) -> None:
        """So many rounds, or fewer, if that takes longer; at least one."""
        deadline = time.monotonic() + seconds
        for _ in range(WARM_UPS):
            self._ask()
            if time.monotonic() > deadline:
                break
        if self.afresh is None:
            # As sessionhistory.wsgi does: to look through what is loaded for garbage took 70 ms of a page.
            gc.collect()
            gc.freeze()
            cache.clear()
            self.afresh = self._ask()
        enough = len(self.totals) + rounds
        while True:
            self.totals.append(self._ask())
            # Those of `sessions.postgresql.prepared`, which have no names in them, find a row by its key.
            named = [statement for statement in self.ran if isinstance(statement.parameters, dict)]
            self.slowest = max([self.slowest, *named], key=lambda statement: statement.seconds)
            if len(self.totals) >= enough or time.monotonic() >= deadline:
                return

    @property
    def rows(self) -> int:
        """Those of the page."""
        return len(find_page(parse(self.viewer, QueryDict(self.shape.query))).ids)

    @property
    def result(self) -> DatabaseTime:
        times = Times.of(self.totals)
        each = [milliseconds(statement.seconds) for statement in self.ran]
        plan = explained(self.slowest) if times.p95 > SLOW_MS else ""
        return DatabaseTime(times, milliseconds(self.afresh or 0.0), len(self.ran), each, plan)

    def _ask(self) -> float:
        self.ran.clear()
        with connection.execute_wrapper(self._timed):
            self.client.get(f"/sessions/?{self.shape.query}")
        return sum(statement.seconds for statement in self.ran)

    def _timed(self, execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, parameters, *rest)
        finally:
            self.ran.append(Statement(time.perf_counter() - started, sql, parameters))


def explained(statement: Statement) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement.sql}", statement.parameters)
        # Lists of thousands of ids would be most of it.
        plan = "\n".join(line[:300] for (line,) in cursor.fetchall())
    return f"{statement.sql.strip()}\n\n{plan}"
