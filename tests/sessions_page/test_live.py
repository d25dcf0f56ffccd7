"""Rows in progress update themselves, and new sessions announce themselves without moving what one reads."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.utils import timezone

from sessions.models import Organisation, Session, User
from tests.conftest import NOON, Send
from tests.query.readers import Reader, text_of
from tests.sessions_page.reading import html

LIVE = Reader("live", "/sessions/live/", lambda _: [])
OPTIONS = Reader("options", "/sessions/options/", lambda _: [])


def poll(viewer: User, **parameters: object) -> str:
    response = LIVE.get(viewer, **parameters)
    assert response.status_code == 200
    return text_of(response)


def address_of(body: str) -> str:
    return unescape(re.findall(r'id="live" hx-get="([^"]*)"', body)[0])


def follow(viewer: User, address: str) -> str:
    return text_of(Reader("live", address, lambda _: []).get(viewer))


def test_new_sessions_are_announced_by_number(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, started_at=NOON)
    address = address_of(html(alice))
    assert "new session" not in follow(alice, address)
    send(acme, started_at=NOON - timedelta(days=1))
    assert "new session" not in follow(alice, address)
    send(acme, started_at=NOON + timedelta(minutes=1))
    assert "1 new session –" in follow(alice, address)
    for number in range(2, 4):
        send(acme, started_at=NOON + timedelta(minutes=number))
    assert "3 new sessions –" in follow(alice, address)


def test_the_last_page_calls_nothing_new_that_was_there_before(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(3):
        send(acme, started_at=NOON + timedelta(minutes=number))
    assert 'id="live"' not in html(alice, mode="before", limit=2)
    assert 'id="live"' in html(alice, mode="before", limit=3)


def test_on_an_empty_page_everything_is_new(acme: Organisation, alice: User, send: Send) -> None:
    address = address_of(html(alice))
    send(acme)
    assert "1 new session –" in follow(alice, address)


def test_only_what_matches_the_filters_and_may_be_seen_is_announced(
    acme: Organisation, alice: User, uma: User, send: Send
) -> None:
    for viewer in (alice, uma):
        send(acme, user="uma@acme.example", app={"app_id": "a"}, started_at=NOON)
        address = address_of(html(viewer, app="a"))
        send(acme, user="uma@acme.example", app={"app_id": "b"}, started_at=NOON + timedelta(minutes=1))
        assert "new session" not in follow(viewer, address)
    address = address_of(html(uma))
    send(acme, started_at=NOON + timedelta(minutes=2))
    assert "new session" not in follow(uma, address)


def test_an_open_row_is_sent_again_as_it_is_now(acme: Organisation, alice: User, send: Send) -> None:
    now = timezone.now()
    running = send(acme, status="active", started_at=now, last_seen_at=now)
    ended = send(acme, started_at=NOON)
    address = address_of(html(alice))
    assert f"open={running}" in address
    assert str(ended) not in address
    assert "In progress" in follow(alice, address)
    Session.objects.filter(id=running).update(status="ended", ended_at=now, last_seen_at=now)
    body = follow(alice, address)
    assert f'<tr id="session-{running}" class="row-ended" hx-swap-oob="true">' in body
    assert "In progress" not in body
    # What has ended is not asked for again.
    assert f"open={running}" not in address_of(body)


def test_a_session_that_waited_and_now_runs_is_not_new(acme: Organisation, alice: User, send: Send) -> None:
    now = timezone.now()
    waiting = send(acme, status="queued", requested_at=now - timedelta(minutes=1), started_at=None, last_seen_at=now)
    address = address_of(html(alice))
    Session.objects.filter(id=waiting).update(status="active", started_at=now, last_seen_at=now)
    body = follow(alice, address)
    assert "new session" not in body
    assert "row-active" in body


def test_only_the_newest_page_is_live(acme: Organisation, alice: User, send: Send) -> None:
    send(acme)
    assert 'id="live"' in html(alice)
    assert 'id="live"' not in html(alice, sort="date")
    assert 'id="live"' not in html(alice, sort="-duration_ms")


@pytest.mark.parametrize("newest", ["", "banana", "\u00fc", "x" * 5000, "a:b:c", "' OR 1=1 --"])
@pytest.mark.parametrize("opened", ["", "banana", "x" * 5000, "' OR 1=1 --", "{00000000-0000-0000-0000-000000000000}"])
def test_hostile_values_are_left_out(acme: Organisation, alice: User, send: Send, newest: str, opened: str) -> None:
    send(acme)
    assert 'id="live"' in poll(alice, newest=newest, open=opened)


def test_the_rows_of_many_ids_are_those_of_a_page(acme: Organisation, alice: User, send: Send) -> None:
    ident = send(acme)
    ids = [str(uuid4()) for _ in range(900)]
    assert f"session-{ident}" in poll(alice, open=[str(ident), *ids])
    assert f"session-{ident}" not in poll(alice, open=[*ids, str(ident)])


def test_more_than_a_hundred_are_not_counted(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(102):
        send(acme, started_at=NOON + timedelta(minutes=number))
    assert "100+ new sessions" in poll(alice, newest="")


def test_options_are_narrowed_to_what_was_typed(acme: Organisation, alice: User, send: Send) -> None:
    for app_id, name in (("a.shop", "Corner Shop"), ("b.till", "Till"), ("c.100%", "Percent")):
        send(acme, app={"app_id": app_id, "name": name})
    for search, expected in (("SHOP", ["a.shop"]), ("%", ["c.100%"]), ("_", []), ("", ["a.shop", "c.100%", "b.till"])):
        body = text_of(OPTIONS.get(alice, name="app", search=search))
        assert re.findall(r'value="([^"]*)"', body) == expected, search


@pytest.mark.parametrize("name", ["", "banana", "q", "start", "<script>"])
def test_options_of_something_that_has_none_are_empty(alice: User, name: str) -> None:
    response = OPTIONS.get(alice, name=name, search="<script>")
    assert response.status_code == 200
    assert "<input" not in text_of(response)
    assert "<script>" not in text_of(response)
