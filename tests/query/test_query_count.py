"""A page costs the same few queries however many rows there are."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import ApiToken, Organisation, User
from sessions.query import tuning
from tests.conftest import NOON
from tests.query.readers import CSV, JSON, PAGE, Reader, text_of

# Signed in, at most:
#  1. the browser's session                             django_session
#  2. the person, the organisation and the own tokens   history_user, history_organisation, history_apitoken
#  3. the names that are asked for                      history_user, history_app ...
#  4. the places of 50 rows and one more, if near       history_session, the look or the only plan
#  5. and if not quite as near                          history_session, another look
#  6. and if far                                        history_session, merged or by periods
#  7. those rows with all their names and files         history_session by primary key, the small tables
#  8. the count, of up to 10,000                        history_session
#  9. the filters' options                              history_facet, the small tables
# 10. the views that the menu offers                    history_savedview
# 11. the session whose external id is searched for     history_session by primary key
MOST_QUERIES = 11
WITHOUT_A_FILTER = 7  # 3, 5, 6 and 11 are not needed

# One of each plan, and what looks on from one to the next.
SHAPES: dict[str, dict[str, object]] = {
    "nothing": {},
    "a person": {"user": "p1@acme.example"},
    "people": {"user": [f"p{number}@acme.example" for number in range(20)]},
    "an app": {"app": "app-1"},
    "a search for many": {"q": "app"},
    "a search for one": {"q": "p39@"},
    "a search for nothing": {"q": "no such thing"},
    "a person and a device": {"user": "p1@acme.example", "device": "Device 1"},
    "a person and a device they never used": {"user": "p1@acme.example", "device": "Device 2"},
    "a search and a platform": {"q": "app", "platform": "ios"},
    "a status": {"status": "failed"},
    "a status and a flag": {"status": "failed", "flag": "crash"},
    "what runs": {"status": ["queued", "active"]},
    "a day": {"start": "2026-06-15", "end": "2026-06-15"},
    "a day without any": {"start": "2020-06-15", "end": "2020-06-15"},
    "everything at once": {
        "q": "app",
        "user": ["p1@acme.example", "p2@acme.example"],
        "app": "app-1",
        "device": "Device 1",
        "os": "iOS",
        "platform": "ios",
        "status": "ended",
        "flag": "crash",
        "start": "2026-01-01",
        "end": "2026-12-31",
    },
}
ORDERED: list[dict[str, object]] = [
    {},
    {"sort": "date"},
    {"sort": "-queue_ms"},
    {"sort_by": ["duration_ms:desc", "date:asc"]},
    {"mode": "before"},
]


def test_fifty_rows_cost_at_most_eleven_queries(acme: Organisation, alice: User, tmp_path: Path) -> None:
    fill(acme, 60, tmp_path)
    assert len(statements(PAGE, alice)) == WITHOUT_A_FILTER <= MOST_QUERIES


def test_no_filter_order_or_role_costs_more_than_eleven(
    acme: Organisation, alice: User, dave: User, nightly: ApiToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With looks so short that everything else is reached too, and 500 rows."""
    monkeypatch.setattr(tuning, "SCAN_ROWS", 20)
    monkeypatch.setattr(tuning, "SORTED_SCAN_ROWS", 20)
    fill(acme, 500, tmp_path)
    for viewer in (alice, dave):
        for name, asked in SHAPES.items():
            for ordered in ORDERED:
                issued = statements(PAGE, viewer, **asked, **ordered)
                assert len(issued) <= MOST_QUERIES, (name, ordered, viewer.username, issued)


def test_ten_times_the_rows_cost_no_query_more(acme: Organisation, alice: User, tmp_path: Path) -> None:
    fill(acme, 500, tmp_path)
    assert len(statements(PAGE, alice)) == WITHOUT_A_FILTER


def test_the_json_and_the_export_cost_the_same_for_ten_times_the_rows(
    acme: Organisation, alice: User, tmp_path: Path
) -> None:
    fill(acme, 51, tmp_path)
    few = {reader.name: len(statements(reader, alice)) for reader in (JSON, CSV)}
    fill(acme, 500, tmp_path)
    assert {reader.name: len(statements(reader, alice)) for reader in (JSON, CSV)} == few
    assert max(few.values()) <= MOST_QUERIES


def test_what_is_on_one_page_is_not_counted_again(acme: Organisation, alice: User, tmp_path: Path) -> None:
    fill(acme, 50, tmp_path)
    assert not any("count(*)" in sql for sql in statements(PAGE, alice) if "looked" not in sql)
    fill(acme, 51, tmp_path)
    assert any("count(*)" in sql for sql in statements(PAGE, alice))


def fill(acme: Organisation, rows: int, folder: Path) -> None:
    lines = [
        {
            "external_id": f"s-{number}",
            "status": "ended",
            "initiator": {"type": "user", "email": f"p{number % 40}@acme.example"},
            "app": {"app_id": f"app-{number % 30}", "name": f"App {number % 30}"},
            "device": {"model": f"Device {number % 20}"},
            "os": {"name": "iOS", "version": f"{number % 10}.1"},
            "started_at": NOON + timedelta(minutes=number),
        }
        for number in range(rows)
    ]
    assert not load(acme, [prepare(acme, msgspec.json.encode(line), 1, folder) for line in lines]).refused


def statements(reader: Reader, viewer: User, **parameters: object) -> list[str]:
    text_of(reader.get(viewer, **parameters))  # what a process asks once, such as the connection's settings
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert text_of(reader.get(viewer, **parameters))
    # Signing in is the test's own.
    asked = [query["sql"] for query in captured]
    first = max(number for number, sql in enumerate(asked) if "django_session" in sql and sql.startswith("SELECT"))
    return asked[first:]
