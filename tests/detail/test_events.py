"""The timeline: order, pages, types, and what a cursor may be."""

import re
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
from sessions.query.events.overview import extent_of, overview
from sessions.query.events.timeline import _COLUMNS, ALL, Asked, events_around, events_before, events_page, every_event
from sessions.replay.axis import clock
from sessions.replay.telling import summary, tone
from tests.conftest import NOON

Send = Callable[..., UUID]


def event(seconds: float, event_type: str = "click", **fields: Any) -> dict[str, Any]:
    return {"event_type": event_type, "event_time": NOON + timedelta(seconds=seconds)} | fields


@pytest.fixture
def busy(acme: Organisation, send: Send) -> UUID:
    """Thirty events, five at every moment, of two types."""
    return send(acme, events=[event(n // 5, "odd" if n % 2 else "even", int1=n) for n in range(30)])


def walk(session_id: UUID, asked: Asked = ALL, limit: int = 200) -> list[EventJson]:
    events: list[EventJson] = []
    after: str | None = None
    while True:
        page = events_page(session_id, asked, after=after, limit=limit)
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
    assert {found.event_type for found in walk(busy, Asked(["odd"]), limit=4)} == {"odd"}
    assert len(walk(busy, Asked(["odd"]), limit=4)) == 15
    assert walk(busy, Asked(["never"])) == []


@pytest.mark.parametrize("limit", [1, 4, 5, 7, 30])
def test_pages_lead_back_over_the_same_events(busy: UUID, limit: int) -> None:
    page = events_page(busy, after=events_page(busy, limit=29).next_cursor, limit=1)
    events = page.events
    while page.prev_cursor:
        page = events_before(busy, ALL, page.prev_cursor, limit=limit)
        events = [*page.events, *events]
    assert events == list(every_event(busy))


def test_events_around_a_moment_lie_on_both_sides_of_it(busy: UUID) -> None:
    page = events_around(busy, ALL, NOON + timedelta(seconds=3), limit=8)
    # Two of those at the moment itself or before it, and all that follow.
    assert [found.int1 for found in page.events] == [18, 19, 20, 21, 22, 23, 24, 25]
    assert page.prev_cursor
    assert page.next_cursor
    assert events_before(busy, ALL, page.prev_cursor, limit=2).events[-1].int1 == 17
    assert events_page(busy, after=page.next_cursor, limit=1).events[0].int1 == 26
    # As many as fit, near the end as well.
    assert events_around(busy, ALL, NOON + timedelta(seconds=9), limit=8).events[0].int1 == 22


def test_events_are_found_by_text_and_time(acme: Organisation, send: Send) -> None:
    said = [event(n, "tap", event_properties={"message": f"100% of {n}"}) for n in range(5)]
    session_id = send(acme, events=[*said, event(9, "Crash")])
    assert len(walk(session_id, Asked(text="100% OF"))) == 5
    assert len(walk(session_id, Asked(text="100_"))) == 0
    assert [found.event_type for found in walk(session_id, Asked(text="crash"))] == ["Crash"]
    between = Asked(first=NOON + timedelta(seconds=1), last=NOON + timedelta(seconds=3))
    assert len(walk(session_id, between)) == 3


def test_events_are_counted_in_parts_of_the_time(busy: UUID) -> None:
    extent = extent_of(busy)
    groups = overview(busy, extent, NOON, 6.0, 3)
    assert [(group.part, group.event_type, group.number) for group in groups] == [
        (part, name, 5) for part in (1, 2, 3) for name in ("even", "odd")
    ]
    assert groups[-1].t == 4.0
    early = overview(busy, extent, NOON + timedelta(seconds=1), 2.0, 2)
    assert [(group.part, group.number) for group in early if group.part in (0, 3)] == [(0, 3), (0, 2), (3, 7), (3, 8)]


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
    assert sum(group.number for group in overview(session_id, extent_of(session_id), NOON, 30_000, 10)) == 20_500
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
        (12.48, "0:12.480"),
        (0, "0:00.000"),
        (-3.2, "−0:03.200"),
        (65, "1:05.000"),
        (3723.004, "1:02:03.004"),
        (0.0009, "0:00.000"),
        (-0.0003, "0:00.000"),
    ],
)
def test_a_moment_counts_from_the_start(seconds: float, text: str) -> None:
    assert clock(seconds) == text


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


def test_an_event_tells_what_it_has_when_it_has_nothing_better() -> None:
    request = {"method": "GET", "url": "https://a.example/x", "status": 404, "duration_ms": 81}
    assert summary(EventJson("request", NOON, event_properties=request)) == "GET https://a.example/x 404 81 ms"
    assert summary(EventJson("scan", NOON, int1=5, str2="shelf")) == "shelf, 5"
    assert summary(EventJson("level", NOON, event_properties={"battery": 20, "charging": True})) == "battery: 20"


def page_of(browser: Client, session_id: UUID, **parameters: Any) -> str:
    return browser.get(f"/sessions/{session_id}/", parameters).content.decode()


def test_the_panel_pages_filters_and_marks(alices: Client, acme: Organisation, send: Send) -> None:
    events = [event(n, "click", event_properties={"element_text": f"button-{n}."}) for n in range(250)]
    events += [event(-3.2, "early"), event(900, "exception", event_properties={"message": "cart is undefined"})]
    session_id = send(acme, ended_at=NOON + timedelta(minutes=10), events=events)
    first = page_of(alices, session_id)
    panel = first.partition('id="panel"')[2]
    assert "−0:03.200" in panel
    assert "before the start" in panel
    assert "t=-" not in first
    assert "button-0." in panel
    assert "button-249." not in panel
    after = events_page(session_id).next_cursor or ""
    more = page_of(alices, session_id, after=after).partition('id="panel"')[2]
    assert "button-249." in more
    assert "button-0." not in more
    assert "after the end" in more
    only = page_of(alices, session_id, type="exception").partition('id="panel"')[2]
    assert "cart is undefined" in only
    assert "button-" not in only
    errors = page_of(alices, session_id, errors=1).partition('id="panel"')[2]
    assert errors.count('class="event ') == 1
    found = page_of(alices, session_id, q="button-17.").partition('id="panel"')[2]
    assert found.count('<li class="event') == 1


def test_an_address_of_a_moment_shows_it_without_scripts(alices: Client, busy: UUID) -> None:
    panel = page_of(alices, busy, t="3.4").partition('id="panel"')[2]
    marked = re.findall(r'data-t="([0-9.]+)" id="at" aria-current="true"', panel)
    assert marked == ["3.000"]
    ranged = page_of(alices, busy, range="2-3").partition('id="panel"')[2]
    assert set(re.findall(r'data-t="([0-9.]+)"', ranged)) == {"2.000", "3.000"}


@pytest.mark.parametrize(
    "asked",
    [{"t": "nan"}, {"t": "1e9"}, {"t": "-1"}, {"t": "9" * 400}, {"t": "²"}, {"range": "5-1"}, {"range": "1-x"},
     {"range": "999999999-999999999.5"}, {"t": "999999999"}, {"tab": "nothing"},
     {"from": "%00=1&&=&x"}, {"from": "&" * 5000}, {"from": "start=banana&user=a"}],
)  # fmt: skip
def test_an_address_that_makes_no_sense_still_shows_the_session(
    alices: Client, busy: UUID, asked: dict[str, str]
) -> None:
    assert alices.get(f"/sessions/{busy}/", asked).status_code == 200


def test_htmx_is_sent_the_panel_alone(alices: Client, busy: UUID) -> None:
    response = alices.get(f"/sessions/{busy}/", headers={"HX-Request": "true", "HX-Target": "panel"})
    assert response.content.decode().lstrip().startswith('<section class="panel')
    assert "HX-Target" in response["Vary"]
