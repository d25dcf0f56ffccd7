"""Events of two sessions, aligned."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from sessions.contract.schema import Event
from sessions.models import Organisation
from sessions.viewers.differing import events as differing
from sessions.viewers.differing.events import compare_events, step_of
from sessions.views import compare
from tests.compare.conftest import compared, event
from tests.conftest import NOON

Send = Callable[..., UUID]


def changes(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> list[str]:
    steps = [[step_of(Event(kind, NOON), words) for kind, words in side] for side in (first, second)]
    return [pair.change.value for pair in compare_events(steps[0], steps[1])]


def step(**fields: Any) -> differing.Step:
    return step_of(Event("click", NOON, **fields), "Pay")


def test_missing_added_changed_and_equal_events_are_told_apart() -> None:
    first = [("navigate", "/"), ("click", "Pay"), ("payment", "accepted"), ("navigate", "/thanks")]
    second = [("navigate", "/"), ("dialog", "Cookies?"), ("click", "Pay now"), ("navigate", "/thanks")]
    assert changes(first, second) == ["same", "added", "changed", "missing", "same"]


def test_ids_and_times_in_what_an_event_says_are_no_difference() -> None:
    first = [("navigate", "/order/550e8400-e29b-41d4-a716-446655440000")]
    assert changes(first, [("navigate", "/order/11111111-e29b-41d4-a716-446655440000")]) == ["same"]


def test_fields_that_differ_are_named() -> None:
    first = step(event_properties={"total": 199, "currency": "EUR", "at": "11:38:12"}, int1=1)
    second = step(event_properties={"total": 189, "currency": "EUR", "at": "11:39:00"}, str1="x")
    (pair,) = compare_events([first], [second])
    assert [tuple(one) for one in pair.differences] == [
        ("int1", "1", None),
        ("total", "199", "189"),
        ("str1", None, "x"),
    ]


def test_what_each_session_has_of_its_own_is_no_difference() -> None:
    (pair,) = compare_events([step(device_id="a", ip="192.0.2.1")], [step(device_id="b", ip="192.0.2.2")])
    assert pair.change == "same"


def test_many_and_long_properties_are_compared_in_part() -> None:
    found = step(event_properties={f"name-{number}": "x" * 100_000 for number in range(1_000)})
    assert len(found.fields) == differing.MOST_FIELDS
    assert max(map(len, found.fields.values())) == differing.LONGEST_VALUE


def test_the_page_counts_times_from_each_sessions_own_start(alices: Client, acme: Organisation, send: Send) -> None:
    a = send(acme, events=[event(1.5), event(3, "payment")])
    b = send(acme, events=[event(2.25), event(4, "exception")])
    page = compared(alices, a, b, "events")
    assert f'href="/sessions/{a}/?tab=events&t=1.500#at">0:01.500<' in page
    assert f'href="/sessions/{b}/?tab=events&t=2.250#at">0:02.250<' in page
    assert "missing in B" in page
    assert "added in B" in page
    assert "1 the same" in page
    assert "Times count from each session’s own start." in page


def test_equal_events_say_so(alices: Client, acme: Organisation, send: Send) -> None:
    page = compared(alices, send(acme, events=[event(1)]), send(acme, events=[event(2)]), "events")
    assert "No difference in 1 event" in page


def test_sessions_without_events_say_so(alices: Client, acme: Organisation, send: Send) -> None:
    nothing, something = send(acme), send(acme, events=[event(1)])
    assert "No events were sent for either session." in compared(
        alices, nothing, send(acme, external_id="other"), "events"
    )
    assert "No events were sent for session A" in compared(alices, nothing, something, "events")
    assert "No events were sent for session B" in compared(alices, something, nothing, "events")


def test_of_a_long_session_the_first_events_are_compared_and_the_page_says_so(
    alices: Client, acme: Organisation, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MOST_EVENTS", 30)
    long, short = send(acme, events=[event(n) for n in range(40)]), send(acme, events=[event(n) for n in range(30)])
    page = compared(alices, long, short, "events")
    assert "Compared are the first 30 events: A has more." in page
    assert "No difference in 30 events" in page
    assert "A and B have more." in compared(alices, long, send(acme, events=[event(n) for n in range(31)]), "events")
    assert "Compared are" not in compared(alices, short, send(acme), "events")
