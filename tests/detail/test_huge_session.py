"""A session with more events than a page can hold: bounded rows, bounded reading, and nothing counted twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions.models import Organisation
from sessions.query.events import overview as events
from sessions.replay.lanes import PARTS
from sessions.views.panels.events import MOST_EVENTS
from tests.conftest import NOON

Send = Callable[..., UUID]
COUNT = 12_000
HOUR = timedelta(hours=1)
ADD = """
INSERT INTO history_event (
    id, session_id, organisation_id, event_type, event_time, source_properties, event_properties)
SELECT gen_random_uuid(), %(session)s, %(organisation)s,
       CASE WHEN n %% 1000 = 0 THEN 'crash' ELSE 'type-' || n %% 5 END,
       %(start)s + n * interval '0.3 seconds', '{"page": "/"}', jsonb_build_object('message', n)
FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""


def add_events(of: Organisation, session_id: UUID, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ADD, {"session": session_id, "organisation": of.pk, "start": NOON, "first": first, "last": last})


@pytest.fixture
def huge(acme: Organisation, send: Send) -> UUID:
    session_id = send(acme, ended_at=NOON + HOUR)
    add_events(acme, session_id, 0, COUNT - 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE history_event")
    return session_id


def text_of(browser: Client, session_id: UUID, **parameters: Any) -> str:
    response = browser.get(f"/sessions/{session_id}/", parameters)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("asked", [{}, {"t": 1800}, {"range": "10-3000"}, {"q": "1"}], ids=str)
def test_a_panel_sends_as_many_events_as_fit_and_no_more(alices: Client, huge: UUID, asked: dict[str, Any]) -> None:
    page = text_of(alices, huge, **asked)
    assert page.count('<li class="event') == MOST_EVENTS
    assert page.count("data-mark=") <= PARTS
    assert "12,000" in page


def test_the_events_around_the_moment_are_sent(alices: Client, huge: UUID) -> None:
    page = text_of(alices, huge, t=1800)
    assert 'data-t="1800.000" id="at" aria-current="true"' in page
    assert 'data-t="1799.700"' in page
    assert 'data-t="1800.300"' in page


def counted_again(call: Callable[[], object]) -> bool:
    with CaptureQueriesContext(connection) as captured:
        call()
    return any("width_bucket" in query["sql"] for query in captured.captured_queries)


def test_events_are_counted_again_only_when_some_have_come(alices: Client, acme: Organisation, huge: UUID) -> None:
    assert counted_again(lambda: text_of(alices, huge))
    assert not counted_again(lambda: text_of(alices, huge, t=7, tab="facts"))
    add_events(acme, huge, 100, 100)
    assert counted_again(lambda: text_of(alices, huge))
    assert "12,001" in text_of(alices, huge)


def plan_nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for plan in node.get("Plans", []) for inner in plan_nodes(plan))]


def explained(sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
        answer = cursor.fetchone()[0]
    return plan_nodes((msgspec.json.decode(answer) if isinstance(answer, str) else answer)[0]["Plan"])


def test_whether_events_have_come_is_read_from_the_index_alone(huge: UUID) -> None:
    with connection.cursor() as cursor:
        # Here one session is nearly the whole table, which otherwise may be read and sorted instead.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
    nodes = explained(events.EXTENT, {"id": huge, "most": events.MOST_EVENTS})
    scans = [node for node in nodes if "Relation Name" in node]
    assert [(node["Node Type"], node["Index Name"]) for node in scans] == [("Index Only Scan", "event_in_session")]
    assert not any("Sort" in node["Node Type"] for node in nodes)


def test_no_event_is_sorted_to_be_counted(huge: UUID) -> None:
    last = events.extent_of(huge).last
    nodes = explained(
        events.OVERVIEW, {"id": huge, "last": last, "origin": NOON, "length": 3600.0, "parts": 10, "groups": 1_000}
    )
    assert not any("Sort" in node["Node Type"] for node in nodes)


def test_no_more_events_are_counted_than_may_be(huge: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_EVENTS", 1_000)
    extent = events.extent_of(huge)
    assert (extent.count, extent.has_more, extent.last) == (1_000, True, NOON + timedelta(seconds=1_000 * 0.3))
    assert sum(group.number for group in events.overview(huge, extent, NOON, 3600.0, 10)) == 1_001
    monkeypatch.setattr(events, "MOST_EVENTS", COUNT)
    assert not events.extent_of(huge).has_more


def test_a_page_says_that_not_all_events_are_counted(
    alices: Client, huge: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "the first 6,500 of more"
    assert said not in text_of(alices, huge)
    monkeypatch.setattr(events, "MOST_EVENTS", 6_500)
    page = text_of(alices, huge)
    assert said in page
    assert '<span class="tab-count">6,500+</span>' in page
    assert "6+ more error events" in page
    # The event after these comes after 32 and a half of the 60 minutes.
    assert '<rect class="lane-unread" x="54.167%"' in page
    assert "The first 6,500 events are counted" in page
    assert f'data-t="{11_999 * 0.3:.3f}"' in text_of(alices, huge, t=3_599)
