"""The page of an open session grows by itself, and says how the session ended."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from sessions.models import Organisation

Send = Callable[..., UUID]


@pytest.fixture
def open_session(acme: Organisation, send: Send) -> Callable[..., UUID]:
    """Sends one session again and again, with ever more of it."""
    started = timezone.now() - timedelta(minutes=1)

    def sent(events: int, **fields: Any) -> UUID:
        said = {"status": "active", "started_at": started, "last_seen_at": timezone.now()} | fields
        times = [started + timedelta(seconds=n) for n in range(events)]
        listed = [{"event_type": f"type-{n}", "event_time": time} for n, time in enumerate(times)]
        return send(acme, external_id="open", events=listed, **said)

    return sent


def asked_next(page: str) -> str | None:
    found = re.search(r'<div id="live"[^>]* hx-get="([^"]*)"', page)
    return unescape(found[1]) if found else None


def update(browser: Client, session_id: UUID, page: str) -> str:
    return browser.get(f"/sessions/{session_id}/{asked_next(page)}").content.decode()


def test_new_events_arrive_once(alices: Client, open_session: Callable[..., UUID]) -> None:
    session_id = open_session(2)
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    open_session(4)
    first = update(alices, session_id, page)
    assert re.findall(r'<strong class="event-type">([^<]*)</strong>', first) == ["type-2", "type-3"]
    assert 'hx-swap-oob="beforeend:#timeline"' in first
    assert "event-type" not in update(alices, session_id, first)


def test_the_first_events_of_a_session_arrive_as_well(alices: Client, open_session: Callable[..., UUID]) -> None:
    session_id = open_session(0)
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    open_session(1)
    assert "type-0" in update(alices, session_id, page)


def test_the_end_is_said_and_nothing_is_asked_any_more(alices: Client, open_session: Callable[..., UUID]) -> None:
    session_id = open_session(1)
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    assert "In progress" in page
    open_session(1, status="failed", ended_at=timezone.now())
    over = update(alices, session_id, page)
    assert "The session is over: Failed." in over
    assert asked_next(over) is None
    assert asked_next(alices.get(f"/sessions/{session_id}/").content.decode()) is None


def test_events_are_not_added_where_they_do_not_belong(alices: Client, open_session: Callable[..., UUID]) -> None:
    session_id = open_session(2)
    filtered = alices.get(f"/sessions/{session_id}/", {"type": "type-0"}).content.decode()
    facts = alices.get(f"/sessions/{session_id}/", {"tab": "facts"}).content.decode()
    open_session(3)
    for page in (filtered, facts):
        assert "event-type" not in update(alices, session_id, page)


def test_links_of_an_update_are_those_of_the_page(alices: Client, open_session: Callable[..., UUID]) -> None:
    session_id = open_session(1)
    page = alices.get(f"/sessions/{session_id}/", {"from": "status=active"}).content.decode()
    links = [unescape(link) for link in re.findall(r' href="([^"]*)"', update(alices, session_id, page))]
    assert links
    assert all("live" not in link and "since" not in link for link in links)
    assert any("from=status%3Dactive" in link for link in links)


def test_a_forged_cursor_is_refused(alices: Client, open_session: Callable[..., UUID]) -> None:
    session_id = open_session(1)
    assert alices.get(f"/sessions/{session_id}/", {"live": "1", "since": "forged"}).status_code == 400


def test_a_large_log_that_arrives_meanwhile_is_read(
    alices: Client, open_session: Callable[..., UUID], tmp_path: Path
) -> None:
    session_id = open_session(2)
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    (tmp_path / "app.log").write_text(f"{timezone.now().isoformat()} INFO a line\n" * 6_000)
    file = {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"}
    open_session(2, attachments=[file])
    found = re.search(r'id="pending"[^>]* hx-get="([^"]*)"', update(alices, session_id, page))
    assert found
    answer = alices.get(unescape(found[1]), headers={"HX-Target": "pending"}).content.decode()
    assert 'class="density"' in answer
    assert 'id="pending"' not in answer


def test_the_way_to_the_last_that_passed_stays(alices: Client, acme: Organisation, send: Send) -> None:
    run: dict[str, Any] = {"app": {"app_id": "com.acme.shop"}, "title": "pays"}
    send(acme, started_at=timezone.now() - timedelta(hours=1), **run)
    error = {"event_type": "error", "event_time": timezone.now() - timedelta(seconds=5)}
    session_id = send(
        acme,
        status="active",
        started_at=timezone.now() - timedelta(minutes=1),
        events=[error],
        **run,
    )
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    said = "Compare with the last that passed"
    assert said in page
    assert said in update(alices, session_id, page)
