"""What the statements of a page really read of the session table, by PostgreSQL's own account."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from sessions.models import User
from sessions.query import count_matches, find_page, parse


@dataclass(frozen=True)
class Read:
    """What one statement read of the session table."""

    sql: str
    rows: int
    sequentially: bool


def reads(statements: list[str]) -> list[Read]:
    found = []
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            answer = cursor.fetchone()[0]
            plan = (msgspec.json.decode(answer) if isinstance(answer, str) else answer)[0]["Plan"]
            ran = [node for node in nodes(plan) if node["Actual Loops"]]
            scans = [node for node in ran if node.get("Relation Name") == "history_session"]
            indexes = [node for node in ran if node["Node Type"] == "Bitmap Index Scan"]
            rows = max(sum(map(rows_of, scans)), sum(map(rows_of, indexes)))
            found.append(Read(sql, rows, any("Seq Scan" in node["Node Type"] for node in scans)))
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_of(node: dict[str, Any]) -> int:
    """Those that came through and those that were thrown away, each time the node ran."""
    kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return int(sum(node.get(kind, 0) for kind in kinds) * node["Actual Loops"])


def list_and_count(viewer: User, asked: dict[str, Any]) -> tuple[list[Read], list[Read]]:
    request = parse(viewer, QueryDict(urlencode(asked, doseq=True)))
    return traced(lambda: find_page(request)), traced(lambda: count_matches(request))


def traced(call: Any) -> list[Read]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return reads([query["sql"] for query in captured if "history_session" in query["sql"]])


def check(name: str, found: list[Read], bound: int) -> None:
    for one in found:
        assert not one.sequentially, f"{name} scans the session table: {one.sql}"
    assert sum(one.rows for one in found) <= bound, f"{name} reads {[one.rows for one in found]}, more than {bound}"
