"""What a reader can ask of the way rows are answered: fewer fields, a count or none, an ETag, gzip, a long list."""

import gzip
import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from sessions.models import Organisation, User
from tests.conftest import NOON, ClientOf, Send

URL = "/api/v1/sessions"


def test_only_the_fields_that_were_asked_for(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    ident = send(acme, app={"app_id": "a"})
    expected = [{"id": str(ident), "status": "ended"}]
    for asked in ("fields=id,status", "fields=id&fields=status"):
        assert client_of(alice).get(f"{URL}?{asked}").json()["sessions"] == expected


def test_a_field_that_is_asked_for_twice_is_there_once(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    send(acme)
    assert client_of(alice).get(f"{URL}?fields=id,status,id&fields=id").content.count(b'"id"') == 1


def test_a_field_that_does_not_exist_is_named(alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice).get(f"{URL}?fields=id,colour")
    assert (answer.status_code, answer.json()["field"]) == (400, "fields")
    assert "colour" in answer.json()["message"]


def test_a_count_as_asked(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    for number in range(3):
        send(acme, started_at=NOON + timedelta(seconds=number))
    client = client_of(alice)
    assert client.get(f"{URL}?limit=1&count=exact").json()["count"] == {"value": 3, "capped": False}
    assert client.get(f"{URL}?limit=1").json()["count"] == {"value": 3, "capped": False}
    assert client.get(f"{URL}?limit=1&count=none").json()["count"] is None
    assert client.get(f"{URL}?count=many").json()["field"] == "count"


def test_an_unchanged_list_is_not_sent_again(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    send(acme)
    client = client_of(alice)
    etag = client.get(URL)["ETag"]
    assert client.get(URL, headers={"if-none-match": etag}).status_code == 304
    send(acme, started_at=NOON + timedelta(seconds=1))
    assert client.get(URL, headers={"if-none-match": etag}).status_code == 200
    outdated = client.get(URL, headers={"if-match": etag})
    assert (outdated.status_code, outdated.json()["code"]) == (412, "precondition_failed")


def test_answers_are_compressed_on_request(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    send(acme)
    answer = client_of(alice).get(URL, headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.content))["sessions"]) == 1


@pytest.fixture
def many(acme: Organisation) -> None:
    """6,000 sessions, a second apart, of which ten in turn queued for as long."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (id, organisation_id, status, initiator_type,
                requested_at, started_at, ended_at, last_seen_at, exception, crash, anr, rage_tap, attributes)
            SELECT gen_random_uuid(), %s, 'ended', 'anonymous',
                moment - number %% 10 * interval '1 s', moment, moment, moment, false, false, false, false, '{}'
            FROM generate_series(1, 6000) number, LATERAL (SELECT %s + number * interval '1 s' AS moment) moments
            """,
            [acme.pk, NOON],
        )


@pytest.mark.parametrize("mode", ["after", "before"])
@pytest.mark.usefixtures("many")
def test_a_long_list_comes_in_order_and_in_bounded_memory(alice: User, client_of: ClientOf, mode: str) -> None:
    client = client_of(alice)
    tracemalloc.start()
    answer = client.get(f"{URL}?limit=6000&mode={mode}")
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    times = [session["started_at"] for session in json.loads(body)["sessions"]]
    assert len(times) == 6000
    assert times == sorted(times, reverse=True)
    # The body itself, collected above, and what a thousand rows of it take.
    assert peak < 2.5 * len(body)


@pytest.mark.parametrize("sort", ["-date", "date", "-queue_ms", "queue_ms", "-duration_ms,date"])
@pytest.mark.usefixtures("many")
def test_long_pages_join_without_a_gap(alice: User, client_of: ClientOf, sort: str) -> None:
    client = client_of(alice)
    found: list[str] = []
    cursor, pages = "", []
    while cursor is not None:
        answer = json.loads(read_all(client.get(f"{URL}?limit=2500&sort={sort}&fields=id&cursor={cursor}")))
        found += [session["id"] for session in answer["sessions"]]
        pages.append((len(answer["sessions"]), answer["prev_cursor"] is not None))
        cursor = answer["next_cursor"]
    assert pages == [(2500, False), (2500, True), (1000, True)]
    assert len(set(found)) == 6000
    short = json.loads(read_all(client.get(f"{URL}?limit=1000&sort={sort}&fields=id")))
    assert found[:1000] == [session["id"] for session in short["sessions"]]


def read_all(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("fraction", ["000000", "500000", "000001"])
def test_times_of_events_and_sessions_come_back_alike(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf, fraction: str
) -> None:
    time = f"2026-06-15T12:00:00.{fraction}Z"
    ident = send(acme, started_at=time, events=[{"event_type": "click", "event_time": time}])
    client = client_of(alice)
    assert client.get(f"{URL}/{ident}").json()["started_at"] == time
    assert client.get(f"{URL}/{ident}/events").json()["events"][0]["event_time"] == time
