"""Events of one moment keep the order in which they were sent, wherever they are read."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from sessions.models import Event, Organisation, User
from sessions.query.events.timeline import events_page
from tests.api_writing.program import SESSIONS, Program
from tests.ingest.lines import a_line

Names = list[str]
Way = Callable[[Program, Names, str], None]
MOMENT = (timezone.now() - timedelta(hours=1)).isoformat()


@pytest.fixture
def daves(dave: User) -> Program:
    return Program(dave)


def tie(name: str, **fields: Any) -> dict[str, Any]:
    return {"event_type": name, "event_time": MOMENT, **fields}


def names(count: int) -> Names:
    """In no order of their own."""
    found = [f"e{number}" for number in range(count)]
    random.Random(count).shuffle(found)
    return found


def with_the_session(program: Program, sent: Names, external_id: str) -> None:
    program.new(external_id=external_id, events=[tie(name, str1=external_id) for name in sent])


def by_themselves(program: Program, sent: Names, external_id: str) -> None:
    ident = program.new(external_id=external_id)
    program.events(ident, *(tie(name, str1=external_id) for name in sent))


def a_few_at_a_time(program: Program, sent: Names, external_id: str) -> None:
    ident = program.new(external_id=external_id)
    for first in range(0, len(sent), 3):
        program.events(ident, *(tie(name, str1=external_id) for name in sent[first : first + 3]))


def in_a_batch_of_new_sessions(program: Program, sent: Names, external_id: str) -> None:
    lines = [a_line(external_id=f"{external_id} {number}") for number in range(12)]
    lines.append(a_line(external_id=external_id, events=[tie(name, str1=external_id) for name in sent]))
    assert {line["status"] for line in program.batch(*lines)} == {"created"}


WAYS = (with_the_session, by_themselves, a_few_at_a_time, in_a_batch_of_new_sessions)


@pytest.mark.parametrize("count", [5, 40])
@pytest.mark.parametrize("way", WAYS)
def test_every_reader_gives_them_as_they_were_sent(
    daves: Program, acme: Organisation, alice: User, client_of: Callable[[User], Client], way: Way, count: int
) -> None:
    sent = names(count)
    way(daves, sent, "one")
    ident = acme.session_id("one")
    client = client_of(alice)

    def read(path: str) -> Any:
        return json.loads(client.get(path, HTTP_X_API_KEY=daves.secret).getvalue())

    assert types_of(read(f"{SESSIONS}/{ident}/events")["events"]) == sent
    assert types_of(read(f"/v2/sessions/{ident}/events")["events"]) == sent
    page = client.get(f"/sessions/{ident}/").content.decode()
    assert sorted(sent, key=lambda name: page.rindex(f">{name}<")) == sent
    newest_first = [event["event_type"] for event in read("/api/v1/events?limit=1000")["events"]]
    assert newest_first == sent[::-1]
    assert [event["eventType"] for event in read("/v2/realtime/event/tenants/acme")] == sent[::-1]
    for path in ("/api/v1/events/latest?distinct=str1", "/v2/realtime/latest-event/tenants/acme?distinctColumns=str1"):
        answer = read(path)
        [latest] = answer["events"] if isinstance(answer, dict) else answer
        assert latest.get("event_type", latest.get("eventType")) == sent[-1]


def types_of(events: list[dict[str, Any]]) -> Names:
    return [event["event_type"] for event in events]


def test_pages_of_ties_hold_each_once(daves: Program, acme: Organisation) -> None:
    sent = names(30)
    by_themselves(daves, sent, "one")
    found: Names = []
    after: str | None = None
    while True:
        page = events_page(acme.session_id("one"), after=after, limit=4)
        found += [event.event_type for event in page.events]
        if (after := page.next_cursor) is None:
            break
    assert found == sent

    listed: Names = []
    cursor = ""
    while True:
        answer = json.loads(daves.send("GET", f"/api/v1/events?limit=7{cursor}").getvalue())
        listed += types_of(answer["events"])
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert listed == sent[::-1]


def test_an_event_that_is_sent_again_keeps_its_place(daves: Program, acme: Organisation) -> None:
    ident = daves.new(events=[tie("b"), tie("c")])
    daves.events(ident, tie("c"), tie("b"), tie("a"))
    daves.new(events=[tie("d"), tie("a"), tie("b"), tie("c")])

    assert stored_order(daves, ident) == ["b", "c", "a", "d"]


def test_events_from_before_there_were_positions_come_first_by_id(daves: Program, acme: Organisation) -> None:
    sent = names(12)
    ident = daves.new(events=[tie(name) for name in sent])
    Event.objects.update(position=0)
    by_id = list(Event.objects.order_by("id").values_list("event_type", flat=True))
    daves.events(ident, tie("new"))

    assert stored_order(daves, ident) == [*by_id, "new"]
    found: Names = []
    after: str | None = None
    while True:
        page = events_page(UUID(ident), after=after, limit=5)
        found += [event.event_type for event in page.events]
        if (after := page.next_cursor) is None:
            break
    assert found == [*by_id, "new"]


def stored_order(program: Program, ident: str) -> Names:
    return types_of(json.loads(program.send("GET", f"{SESSIONS}/{ident}/events").getvalue())["events"])
