"""Many sessions as NDJSON, and events on their own."""

import json
from typing import Any

from django.utils import timezone

from sessions.ingest.importing import BATCH_SESSIONS
from sessions.models import Event, Organisation, Session
from tests.api_writing.program import NDJSON, SESSIONS, Program, error
from tests.ingest.lines import a_line, an_event, stored


def test_each_line_is_answered(daves: Program, acme: Organisation) -> None:
    daves.new(external_id="old")

    answer = daves.batch(
        a_line(external_id="old", status="failed"),
        b"",
        b"{",
        a_line(external_id="new", events=[an_event()]),
        a_line(external_id="bad", environment=1),
        a_line(external_id="new"),
        b"\xff",
    )

    old, new = str(acme.session_id("old")), str(acme.session_id("new"))
    assert [(line["line"], line["status"], line.get("id"), line.get("code"), line.get("field")) for line in answer] == [
        (1, "updated", old, None, None),
        (3, "refused", None, "parse_error", None),
        (4, "created", new, None, None),
        (5, "refused", None, "invalid_value", "environment"),
        (6, "updated", new, None, None),
        (7, "refused", None, "parse_error", None),
    ]
    assert answer[0]["external_id"] == "old"
    assert answer[3]["message"]
    assert Event.objects.count() == 1
    assert stored(acme, "new").token_id == daves.token.pk


def test_each_line_of_a_batch_has_its_title_and_outcome(daves: Program, acme: Organisation) -> None:
    said = {"title": "checkout \u203a pays", "outcome": "paid 12 \u20ac"}
    answer = daves.batch(a_line(**said), a_line(external_id="two", outcome="x" * 2001))

    assert [line.get("field") for line in answer] == [None, "outcome"]
    assert (stored(acme).title, stored(acme).outcome) == tuple(said.values())


def test_a_batch_again_is_the_same_sessions_also_without_external_ids(daves: Program) -> None:
    lines = [a_line(external_id=None, environment=str(n)) for n in range(3)]
    first, second = daves.batch(*lines), daves.batch(*lines)

    assert [line["id"] for line in first] == [line["id"] for line in second]
    assert {line["status"] for line in second} == {"updated"}


def test_a_batch_of_several_batches_keeps_its_line_numbers(daves: Program) -> None:
    count = 2 * BATCH_SESSIONS + 1
    answer = daves.batch(*(a_line(external_id=str(n)) for n in range(count)))

    assert [(line["line"], line["external_id"]) for line in answer] == [(n + 1, str(n)) for n in range(count)]
    assert Session.objects.count() == count


def test_nothing_sent_is_nothing_answered(daves: Program) -> None:
    response = daves.send("POST", f"{SESSIONS}/batch", b"\n", NDJSON)

    assert (response.status_code, response.getvalue()) == (200, b"")


def test_an_open_session_of_a_batch_is_seen_now_unless_it_says_when(daves: Program, acme: Organisation) -> None:
    before = timezone.now()
    daves.batch(
        a_line(external_id="now", status="active", ended_at=None),
        a_line(external_id="then", status="active", ended_at=None, last_seen_at="2026-11-20T10:03:00Z"),
    )

    assert stored(acme, "now").last_seen_at >= before
    assert stored(acme, "then").last_seen_at.isoformat() == "2026-11-20T10:03:00+00:00"


def test_the_same_external_ids_of_two_organisations_do_not_meet(daves: Program, ginas: Program) -> None:
    lines = [a_line(external_id=str(n), events=[an_event()]) for n in range(3)]

    assert {line["id"] for line in daves.batch(*lines)}.isdisjoint(line["id"] for line in ginas.batch(*lines))
    assert {line["status"] for line in ginas.batch(*lines)} == {"updated"}


def test_an_event_again_is_no_new_one(daves: Program) -> None:
    ident = daves.new()
    first, second = an_event(event_properties={"a": 1, "b": 2}), an_event(str1="x")

    assert daves.events(ident, first, second).json() == {"received": 2, "new": 2}
    assert daves.events(ident, second, an_event(event_properties={"b": 2, "a": 1})).json() == {"received": 2, "new": 0}
    assert daves.events(ident, *(an_event(str1=str(n)) for n in range(20)), second).json() == {
        "received": 21,
        "new": 20,
    }
    assert daves.events(ident).json() == {"received": 0, "new": 0}


def test_events_may_come_as_lines(daves: Program) -> None:
    ident = daves.new()
    lines = b"\n".join(json.dumps(an_event(str1=str(n))).encode() for n in range(3))

    for new in (3, 0):
        response = daves.send("POST", f"{SESSIONS}/{ident}/events", lines, NDJSON)
        assert response.json() == {"received": 3, "new": new}


def test_an_event_that_came_with_its_session_is_known(daves: Program) -> None:
    ident = daves.new(events=[an_event()])

    assert daves.events(ident, an_event()).json() == {"received": 1, "new": 0}


def test_events_before_their_session_are_refused_and_not_kept(daves: Program, acme: Organisation) -> None:
    ident = acme.session_id("one")

    assert error(daves.events(ident, an_event())) == (404, "not_found", None)
    daves.new()
    assert not Event.objects.exists()
    assert daves.events(ident, an_event()).json() == {"received": 1, "new": 1}


def test_the_events_come_back(daves: Program) -> None:
    ident = daves.new()
    event: dict[str, Any] = an_event(
        event_time="2026-11-20T10:00:02.500000Z",
        interaction=True,
        int1=-(2**63),
        event_properties={"a": [1, {"b": None}]},
        ip="::1",
    )
    daves.events(ident, event)

    [back] = daves.send("GET", f"{SESSIONS}/{ident}/events").json()["events"]
    assert {name: back[name] for name in event} == event
