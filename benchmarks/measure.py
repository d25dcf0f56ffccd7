"""Times of whole pages over HTTP, of their queries in the database, and of downloads."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.test import Client as DjangoClient

from benchmarks.servers import Client
from benchmarks.shapes import Shape
from sessions.models import User
from sessions.presenters.columns import CSV_FIELDS
from sessions.query import SessionQuery
from sessions.query.stream import copy_statement

WARM_UPS = 4
FEWEST_ROUNDS = 3


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    median: float
    p95: float
    rounds: int

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        p95 = quantiles(seconds, n=20, method="inclusive")[-1]
        return cls(round(median(seconds) * 1000, 2), round(p95 * 1000, 2), len(seconds))


@dataclass(frozen=True)
class PageResult:
    shape: str
    textbook: Times
    ours: Times
    database: Times
    queries: int

    @property
    def ratio(self) -> float:
        """How many times faster than the textbook page, by the medians."""
        return round(self.textbook.median / self.ours.median, 1)


@dataclass(frozen=True)
class CsvResult:
    rows: int
    megabytes: float
    first_byte_ms: float
    http_seconds: float
    copy_seconds: float

    @property
    def share(self) -> float:
        """Our speed as a part of COPY's."""
        return round(self.copy_seconds / self.http_seconds, 2)


def pages(shape: Shape, viewer: User, ours: Client, textbook: Client, *, rounds: int, seconds: float) -> PageResult:
    """Both pages in turn, so that whatever else the machine does hits both; ended early by the budget in seconds."""
    asked: list[tuple[Client, str, list[float]]] = [
        (textbook, f"/sessions/?{shape.textbook}", []),
        (ours, f"/sessions/?{shape.query}", []),
    ]
    deadline = time.monotonic() + seconds
    for client, path, _ in asked:
        warm_up(client, path, deadline)
    while len(asked[0][2]) < rounds and (len(asked[0][2]) < FEWEST_ROUNDS or time.monotonic() < deadline):
        for client, path, found in asked:
            found.append(client.page(path)[0])
        asked.reverse()
        asked.sort(key=lambda one: len(one[2]))
    by_client = {id(client): found for client, _, found in asked}
    spent, queries = in_database(viewer, asked[0][1] if asked[0][0] is ours else asked[1][1])
    return PageResult(
        shape.name, Times.of(by_client[id(textbook)]), Times.of(by_client[id(ours)]), Times.of(spent), queries
    )


def warm_up(client: Client, path: str, deadline: float) -> None:
    """Often enough that each worker has most likely had it."""
    for number in range(WARM_UPS):
        if number and time.monotonic() > deadline:
            return
        client.page(path)


def in_database(viewer: User, path: str, rounds: int = 10) -> tuple[list[float], int]:
    """What the page's queries take together, seen from the application: sending, planning, running, fetching."""
    client = DjangoClient()
    client.force_login(viewer)
    spent: list[float] = []

    def timed(execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent.append(time.perf_counter() - started)

    client.get(path)
    totals = []
    for _ in range(rounds):
        spent.clear()
        with connection.execute_wrapper(timed):
            client.get(path)
        totals.append(sum(spent))
    return totals, len(spent)


def csv(viewer: User, ours: Client, rounds: int) -> CsvResult:
    """The export over HTTP and COPY of the same SELECT on a plain connection, in turn; the fastest of each."""
    query = SessionQuery(viewer, QueryDict())
    statement = copy_statement(", ".join(field.sql for field in CSV_FIELDS), query.criteria, query.order)
    downloads, copies, rows, size = [], [], 0, 0
    for _ in range(rounds):
        first, last, size = ours.download("/sessions/export.csv")
        downloads.append((last, first))
        started = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(statement, query.criteria.parameters) as copy:
            rows = sum(1 for _ in copy)
        copies.append(time.perf_counter() - started)
    last, first = min(downloads)
    return CsvResult(rows, round(size / 1e6, 1), round(first * 1000, 1), round(last, 3), round(min(copies), 3))
