"""The timeline: order, pages, types, and what a cursor may be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.test import Client

from sessions.contract.schema import Event as EventJson
from sessions.models import Event, Organisation
from sessions.query.criteria.order import InvalidCursorError
from sessions.query.events.timeline import _COLUMNS, event_types, events_page, every_event
from sessions.templatetags.detail import offset, summary, tone
from tests.conftest import NOON

Send = Callable[..., UUID]


def event(seconds: float, event_type: str = "click", **fields: Any) -> dict[str, Any]:
    return {"event_type": event_type, "event_time": NOON + timedelta(seconds=seconds)} | fields


@pytest.fixture
def busy(acme: Organisation, send: Send) -> UUID:
    """Thirty events, five at every moment, of two types."""
    return send(acme, events=[event(n // 5, "odd" if n % 2 else "even", int1=n) for n in range(30)])


def walk(session_id: UUID, **options: Any) -> list[EventJson]:
    events: list[EventJson] = []
    after: str | None = None
    while True:
        page = events_page(session_id, after=after, **options)
        events += page.events
        if page.next_cursor is None:
            return events
        after = page.next_cursor


@pytest.mark.parametrize("limit", [1, 4, 5, 7, 30, 100])
def test_pages_hold_every_event_once_in_order(busy: UUID, limit: int) -> None:
    events = walk(busy, limit=limit)
    assert sorted(found.int1 or 0 for found in events) == list(range(30))
    assert [found.event_time for found in events] == sorted(found.event_time for found in events)
    assert events == list(every_event(busy))


def test_types_filter_every_page(busy: UUID) -> None:
    assert {found.event_type for found in walk(busy, types=["odd"], limit=4)} == {"odd"}
    assert len(walk(busy, types=["odd"], limit=4)) == 15
    assert walk(busy, types=["never"]) == []


def test_types_are_counted(busy: UUID) -> None:
    types = event_types(busy)
    assert (types.counts, types.total, types.capped) == ([("even", 15), ("odd", 15)], 30, False)


def test_of_very_many_types_the_most_frequent_are_named(acme: Organisation, send: Send) -> None:
    types = event_types(send(acme, events=[event(n, f"type-{n}") for n in range(60)]))
    assert (len(types.counts), types.total) == (40, 60)


def test_a_session_without_events_has_no_types(acme: Organisation, send: Send) -> None:
    types = event_types(send(acme))
    assert (types.counts, types.total, types.capped) == ([], 0, False)


def test_an_event_comes_back_as_it_was_sent(acme: Organisation, send: Send) -> None:
    sent = event(1.5, "view", device_id="d-1", event_properties={"a": [1, None]}, ip="10.0.0.1", public=2**40)
    (found,) = every_event(send(acme, events=[sent]))
    assert msgspec.to_builtins(found).keys() == set(EventJson.__struct_fields__)
    assert (found.device_id, found.event_properties, found.ip, found.public) == (
        "d-1",
        {"a": [1, None]},
        "10.0.0.1",
        2**40,
    )
    assert found.event_time == sent["event_time"]


def test_every_field_of_the_json_has_its_column() -> None:
    columns = {field.attname for field in Event._meta.concrete_fields}
    assert set(_COLUMNS) <= columns


@pytest.mark.parametrize("cursor", ["", "x", "WzFd:abc", "é", "a" * 5000])
def test_an_altered_cursor_is_refused(busy: UUID, cursor: str) -> None:
    if cursor:
        with pytest.raises(InvalidCursorError):
            events_page(busy, after=cursor)
    with pytest.raises(InvalidCursorError):
        events_page(busy, after=f"{events_page(busy, limit=1).next_cursor}x{cursor}")


def test_a_cursor_of_another_session_is_refused(busy: UUID, acme: Organisation, send: Send) -> None:
    other = send(acme, events=[event(0), event(1)])
    with pytest.raises(InvalidCursorError, match="another session"):
        events_page(busy, after=events_page(other, limit=1).next_cursor)


def test_the_index_answers_a_page_deep_in_a_long_session(acme: Organisation, send: Send) -> None:
    session_id = send(acme)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_event (id, session_id, organisation_id, event_type, event_time,
                                       source_properties, event_properties)
            SELECT gen_random_uuid(), %s, %s, 'tick', %s + n * interval '1 second', '{}', '{}'
            FROM generate_series(1, 20500) AS n
            """,
            [session_id, acme.pk, NOON],
        )
        cursor.execute("ANALYZE history_event")
    assert event_types(session_id).capped
    page = events_page(session_id, limit=3)
    plan = (
        Event.objects.filter(session_id=session_id, event_time__gte=page.events[-1].event_time)
        .order_by("event_time", "position", "id")
        .values("id")[:3]
        .explain()
    )
    assert "event_in_session" in plan
    # In its order; only what has the same place in it is left to be sorted.
    assert 'Presorted Key: event_time, "position"' in plan
    assert sum(1 for _ in every_event(session_id)) == 20_500


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (12.48, "+0:12.480"),
        (0, "+0:00.000"),
        (-3.2, "−0:03.200"),
        (65, "+1:05.000"),
        (3723.004, "+1:02:03.004"),
        (-90000, "−25:00:00.000"),
    ],
)
def test_an_offset_counts_from_the_start(seconds: float, text: str) -> None:
    assert offset(NOON + timedelta(seconds=seconds), NOON) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [("exception", "bad"), ("app-crash", "bad"), ("console-error", "bad"), ("rage_tap", "warn"), ("click", "")],
)
def test_what_went_wrong_is_marked(name: str, expected: str) -> None:
    assert tone(name) == expected


def test_an_event_tells_about_itself() -> None:
    moment: datetime = NOON
    source = {"url": {"full_url": "https://a.example/x"}}
    assert summary(EventJson("view", moment, source_properties=source)) == "https://a.example/x"
    assert summary(EventJson("view", moment, event_properties={"url": 5, "message": " m "})) == "m"
    assert summary(EventJson("view", moment, view_id="v")) == "v"


def test_the_page_pages_filters_and_marks(alices: Client, acme: Organisation, send: Send) -> None:
    events = [event(n, "click", event_properties={"element_text": f"button-{n}."}) for n in range(250)]
    events += [event(-3.2, "early"), event(900, "exception", event_properties={"message": "cart is undefined"})]
    session_id = send(acme, ended_at=NOON + timedelta(minutes=10), events=events)
    first = alices.get(f"/sessions/{session_id}/").content.decode()
    assert "−0:03.200" in first
    assert "before the start" in first
    assert "button-0." in first
    assert "button-249." not in first
    after = events_page(session_id).next_cursor or ""
    more = alices.get(f"/sessions/{session_id}/", {"after": after}).content.decode()
    assert "button-249." in more
    assert "button-0." not in more
    assert "after the end" in more
    only = alices.get(f"/sessions/{session_id}/", {"type": "exception"}).content.decode()
    assert "cart is undefined" in only
    assert "button-" not in only


def test_htmx_is_sent_the_timeline_alone(alices: Client, busy: UUID) -> None:
    response = alices.get(f"/sessions/{busy}/", headers={"HX-Request": "true", "HX-Target": "events"})
    assert response.content.decode().lstrip().startswith('<section class="events"')
    assert "HX-Target" in response["Vary"]


def test_a_cursor_that_was_altered_is_a_bad_request(alices: Client, busy: UUID) -> None:
    assert alices.get(f"/sessions/{busy}/", {"after": "x"}).status_code == 400


def test_what_an_event_holds_is_never_markup(alices: Client, acme: Organisation, send: Send) -> None:
    script = "<script>alert(1)</script>"
    properties = {"message": script, script: script}
    session_id = send(acme, events=[event(0, script[:40], view_id=script, event_properties=properties)])
    assert "<script>alert" not in alices.get(f"/sessions/{session_id}/").content.decode()
