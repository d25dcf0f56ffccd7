"""The filter `environment`: exact values, for every reader, also of sessions that were there before it."""

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO, TextIOWrapper
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import Client

from sessions.models import App, Facet, Organisation, User
from sessions.models.dimensions import Kind
from sessions.models.keys import TextKey, key
from sessions.query import Clauses, ListRequest, find_page
from sessions.query.criteria.groups import by_kind
from sessions.query.options import filter_options
from tests.conftest import NOON, ClientOf, Send
from tests.query.explained import check, list_and_count
from tests.query.readers import Reader, in_csv

ODD = 'Zoë\'s "test\\bed" {a,b}, 100 %'


@pytest.fixture
def sent(acme: Organisation, globex: Organisation, alice: User, dave: User, send: Send) -> dict[str, UUID]:
    """The later in the alphabet the newer. Only c is dave's."""
    send(globex, environment="production")
    fields: dict[str, dict[str, Any]] = {
        "a": {"environment": "production"},
        "b": {"environment": "Production", "app": {"app_id": "shop"}},
        "c": {"environment": "staging", "app": {"app_id": "shop"}, "user": dave.email},
        "d": {"environment": ODD},
        "e": {"environment": ""},
        "f": {},
    }
    return {
        name: send(acme, started_at=NOON + timedelta(minutes=number), **parts)
        for number, (name, parts) in enumerate(fields.items())
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"environment": "production"}, "a"),
        ({"environment": "Production"}, "b"),
        ({"environment": "prod"}, ""),
        ({"environment": ["staging", "production", "nowhere"]}, "ca"),
        ({"environment": ODD}, "d"),
        ({"environment": ""}, "fedcba"),
        ({"environment": [str(number) for number in range(100)] + ["staging"]}, "c"),
        ({"environment": ["staging", "production"], "app": "shop"}, "c"),
        ({"environment": "staging", "app": "shop", "sort": "queue_ms"}, "c"),
        ({"environment": "production", "q": "shop"}, ""),
    ],
)
def test_it_finds_exact_values(
    alice: User, sent: dict[str, UUID], reader: Reader, parameters: dict[str, Any], expected: str
) -> None:
    assert reader.ask(alice, **parameters) == [sent[name] for name in expected]


def test_a_developer_finds_and_is_offered_their_own_alone(dave: User, sent: dict[str, UUID], reader: Reader) -> None:
    assert reader.ask(dave, environment=["staging", "production"]) == [sent["c"]]
    assert filter_options(dave).values["environment"] == [("staging", "")]


def test_the_filter_bar_offers_what_occurs(alice: User, sent: dict[str, UUID], client_of: ClientOf) -> None:
    offered = [value for value, _ in filter_options(alice).values["environment"]]
    assert set(offered) == {"production", "Production", "staging", ODD}
    assert filter_options(alice, "STAG").values["environment"] == [("staging", "")]
    page = client_of(alice).get("/sessions/", {"environment": "staging"}).content.decode()
    assert '<input type="checkbox" name="environment" value="staging" checked>' in page
    assert "All environments" in client_of(alice).get("/sessions/").content.decode()


def test_other_readers_take_it_as_well(
    alice: User, sent: dict[str, UUID], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)
    usage = client.get("/usage/", {"environment": "staging", "start": "2026-06-15", "end": "2026-06-15"})
    assert ">1 session<" in usage.content.decode() or ">1</a>" in usage.content.decode()
    documented = client.get("/api/openapi.json").json()["paths"]["/api/v1/sessions"]["get"]["parameters"]
    assert "environment" in {parameter["name"] for parameter in documented}

    written = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(written))
    call_command("export_sessions", "--organisation", "acme", "--filter", "environment=staging")
    assert in_csv(written.getvalue().decode()) == [sent["c"]]


def test_formals_query_has_it_as_a_field(alice: User, sent: dict[str, UUID], client_of: ClientOf) -> None:
    query = {"query": "environment:staging OR environment:production", "startTimestamp": "2026-06-15T00:00:00Z"}
    answer = formal(client_of(alice), query | {"endTimestamp": "2026-06-15T23:59:59Z"})
    assert answer == [str(sent["c"]), str(sent["a"])]


def formal(client: Client, query: dict[str, str]) -> list[str]:
    response = client.post("/core.v1.SessionsService/ListSessionsV2", query, "application/json")
    return [session["id"] for session in json.loads(response.getvalue())["sessions"]]


def test_texts_with_one_hash_are_told_apart() -> None:
    one, other = (TextKey(key(Kind.ENVIRONMENT, 7), text) for text in ("one", "other"))
    assert one != other
    assert sorted(by_kind(frozenset([one, other]))[Kind.ENVIRONMENT]) == ["one", "other"]


def test_a_row_is_compared_with_the_text_whatever_its_hash(alice: User, sent: dict[str, UUID]) -> None:
    wrong = [TextKey(key(Kind.ENVIRONMENT, 7), "production")]
    assert find_page(ListRequest(alice, Clauses().having(wrong))).ids == [sent["a"]]


def test_it_is_offered_until_the_last_session_that_has_it_is_purged(
    acme: Organisation, alice: User, send: Send
) -> None:
    acme.retention_days = 30
    acme.save()
    now = datetime.now(UTC)
    send(acme, environment="gone", started_at=now - timedelta(days=100))
    send(acme, environment="kept", started_at=now - timedelta(days=100))
    send(acme, environment="kept", started_at=now - timedelta(days=3))
    call_command("purge_sessions", stdout=TextIOWrapper(BytesIO()))
    assert filter_options(alice).values["environment"] == [("kept", "")]
    send(acme, environment="gone", started_at=now)
    assert filter_options(alice).values["environment"] == [("gone", ""), ("kept", "")]


def test_the_migration_offers_what_earlier_sessions_have(
    acme: Organisation, dave: User, send: Send, sent: dict[str, UUID]
) -> None:
    send(acme, environment="old", user=dave.email, started_at=datetime(1970, 1, 2, tzinfo=UTC))
    expected = facets()
    assert len(expected) == 8
    Facet.objects.exclude(text="").delete()
    for _ in range(2):  # it can be begun again
        with connection.schema_editor(atomic=False) as editor:
            import_module("sessions.migrations.0021_session_environment").add_facets(apps, editor)
        assert facets() == expected


def facets() -> set[tuple[int, int, str]]:
    return set(Facet.objects.exclude(text="").values_list("owner", "value", "text"))


ROWS, DAYS = 30_000, 400
COUNT_CAP = 500
# A day's sessions were all in one environment, by turns; one went out of use 200 days ago.
INSERT = """
INSERT INTO history_session (
    id, organisation_id, status, initiator_type, app_id, started_at, ended_at, last_seen_at, exception, crash, anr,
    rage_tap, attributes, environment)
SELECT gen_random_uuid(), %(organisation)s, 'ended', 'anonymous', (%(apps)s::bigint[])[n %% 2 + 1], at, at, at,
    n %% 500 = 0, false, false, false, '{}',
    CASE WHEN n %% 2 = 1 THEN 'production' WHEN days_ago > 200 AND n %% 4 = 0 THEN 'retired'
         WHEN n %% 10 <> 0 THEN 'staging' END
FROM (SELECT n, n * %(days)s / %(rows)s::float AS days_ago,
             now() - n * %(days)s / %(rows)s::float * interval '1 day' AS at
      FROM generate_series(1, %(rows)s) n) numbered
"""
SHAPES: dict[str, dict[str, Any]] = {
    "a common one": {"environment": "production"},
    "one out of use": {"environment": "retired"},
    "unknown": {"environment": "nowhere"},
    "an app never used there": {"environment": "production", "app": "even"},
    "an app and one out of use": {"environment": "retired", "app": "even"},
    "a flag never raised there": {"environment": "production", "flag": "exception"},
    "several": {"environment": ["retired", "nowhere"], "app": "odd"},
    "a hundred": {"environment": ["retired", *map(str, range(100))]},
}


def test_no_list_or_count_reads_without_bound(acme: Organisation, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds are those of test_explain.py: a scan, and what the buckets hold that are walked to find a page."""
    monkeypatch.setattr("sessions.query.tuning.COUNT_CAP", COUNT_CAP)
    in_a_week = 7 * ROWS // DAYS
    apps = [App.objects.create(organisation=acme, app_id=name).pk for name in ("even", "odd")]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"organisation": acme.pk, "apps": apps, "rows": ROWS, "days": DAYS})
        cursor.execute("ANALYZE history_session")
    for name, asked in SHAPES.items():
        for by in (asked, asked | {"sort": "date"}, asked | {"mode": "before"}):
            listed, counted = list_and_count(alice, by)
            check(f"{name}: {by}", listed, 250 + 9 * in_a_week)
            check(f"the count of {name}", counted, COUNT_CAP + 1 + 8 * in_a_week)
