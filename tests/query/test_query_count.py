"""A page costs the same few queries however many rows there are."""

from datetime import timedelta
from pathlib import Path

import msgspec
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions.ingest.load import load
from sessions.ingest.prepare import prepare
from sessions.models import ApiToken, Organisation, User
from tests.conftest import NOON
from tests.query.readers import CSV, JSON, PAGE, Reader, text_of

# Signed in, without a filter:
#  1. the browser's session                 django_session
#  2. the person and the organisation       history_user, history_organisation
#  3. the places of 50 rows and one more    history_session, index session_newest
#  4. those rows with all their names       history_session by primary key, the small tables
#  5. their files                           history_attachment by session
#  6. the count, up to 10,000               history_session, index session_newest
#  7. the filters' options                  history_facet, the small tables
QUERIES_OF_THE_PAGE = 7


def test_fifty_rows_cost_at_most_eight_queries(acme: Organisation, alice: User, tmp_path: Path) -> None:
    fill(acme, 50, tmp_path)
    assert len(statements(PAGE, alice)) == QUERIES_OF_THE_PAGE <= 8


def test_ten_times_the_rows_cost_no_query_more(acme: Organisation, alice: User, tmp_path: Path) -> None:
    fill(acme, 500, tmp_path)
    assert len(statements(PAGE, alice)) == QUERIES_OF_THE_PAGE


def test_the_json_and_the_export_cost_the_same_for_ten_times_the_rows(
    acme: Organisation, alice: User, tmp_path: Path
) -> None:
    fill(acme, 50, tmp_path)
    few = {reader.name: len(statements(reader, alice)) for reader in (JSON, CSV)}
    fill(acme, 500, tmp_path)
    assert {reader.name: len(statements(reader, alice)) for reader in (JSON, CSV)} == few
    assert max(few.values()) <= 8


def test_a_members_page_asks_for_the_own_tokens_too(
    acme: Organisation, dave: User, nightly: ApiToken, tmp_path: Path
) -> None:
    fill(acme, 500, tmp_path)
    asked = statements(PAGE, dave)
    # Once for the places and the count, once for the rows, once for the options.
    assert sum("history_apitoken" in sql and "history_session" not in sql for sql in asked) <= 3
    assert len(asked) <= QUERIES_OF_THE_PAGE + 4


def test_every_filter_at_once_costs_a_query_each_and_no_more_with_more_rows(
    acme: Organisation, alice: User, tmp_path: Path
) -> None:
    filters = {"q": "app", "user": ["p1@acme.example", "p2@acme.example"], "app": "app-1", "device": "d", "os": "iOS"}
    fill(acme, 50, tmp_path)
    few = len(statements(PAGE, alice, **filters))
    fill(acme, 500, tmp_path)
    assert len(statements(PAGE, alice, **filters)) == few <= 20


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
    reader.get(viewer, **parameters)  # what a process asks once, such as the connection's settings
    with CaptureQueriesContext(connection) as captured:
        assert text_of(reader.get(viewer, **parameters))
    # Signing in is the test's own.
    asked = [query["sql"] for query in captured]
    first = max(number for number, sql in enumerate(asked) if "django_session" in sql and sql.startswith("SELECT"))
    return asked[first:]
