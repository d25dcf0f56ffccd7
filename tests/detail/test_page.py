"""One session's page, for those who may see it."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone

from sessions.models import Attachment, Organisation, User
from tests.conftest import NOON
from tests.detail.conftest import Attach

Send = Callable[..., UUID]


def text_of(browser: Client, session_id: UUID, **parameters: Any) -> str:
    response = browser.get(f"/sessions/{session_id}/", parameters)
    assert response.status_code == 200
    return response.content.decode()


EVERYTHING: dict[str, Any] = {
    "app": {
        "app_id": "com.acme.shop",
        "name": "Shop",
        "group": "Retail",
        "platform": "ios",
        "version": "8.4",
        "build": "77",
    },
    "device": {
        "device_id": "d-17",
        "manufacturer": "Apple",
        "model": "iPhone 15",
        "type": "phone",
        "screen_width": 393,
        "screen_height": 852,
        "network_type": "wifi",
    },
    "os": {"name": "iOS", "version": "17.4"},
    "sdk": {"version": "4.1.0", "plug_version": "1.8.2"},
    "requested_at": NOON - timedelta(milliseconds=1500),
    "started_at": NOON,
    "ended_at": NOON + timedelta(minutes=5, milliseconds=250),
    "flags": {"exception": True, "crash": True, "anr": True, "rage_tap": True},
    "network": {"client_ip": "192.0.2.55", "server_ip": "10.20.0.12", "user_agent": "AcmeApp/8.4"},
    "location": {"country": "DE", "latitude": 52.5, "longitude": 13.4, "accuracy": 65.0},
    "environment": "production",
    "data_residency": "EU",
    "space_id": "space-1",
    "installation_id": "inst-1",
    "installation_version": "3.2",
    "client_id": "client-1",
    "capture_id": "capture-1",
    "resource": {"type": "database", "id": "orders-prod", "name": "Orders", "technology": "postgres"},
    "connector": {"id": "conn-1", "name": "Frankfurt 1"},
    "sidecar": {"id": "sc-1", "name": "Sidecar 1", "technology": "mysql"},
    "attributes": {"cart_value": 245.67, "trial": True},
}


def test_everything_that_is_known_is_shown(alices: Client, acme: Organisation, send: Send) -> None:
    session_id = send(acme, user="bob@acme.example", **EVERYTHING)
    page = text_of(alices, session_id, tab="facts")
    for known in (
        "bob@acme.example", "com.acme.shop", "Shop", "Retail", "iOS", "8.4", "77", "d-17", "Apple", "iPhone 15",
        "phone", "393 × 852 px", "wifi", "17.4", "4.1.0", "1.8.2", "2026-06-15 13:59:58.5 CEST",
        "2026-06-15 14:00:00 CEST", "2026-06-15 14:05:00.25 CEST", "1.5 s", "5m 00s", "Exception", "Crash",
        "Not responding", "Rage tap", "192.0.2.55", "10.20.0.12", "AcmeApp/8.4", "DE", "52.50000, 13.40000",
        "65 m", "production", "EU", "space-1", "inst-1", "3.2", "client-1", "capture-1", "database",
        "orders-prod", "Orders", "postgres", "conn-1", "Frankfurt 1", "sc-1", "Sidecar 1", "mysql",
        "cart_value", "245.67", "trial", "yes",
    ):  # fmt: skip
        assert known in page, known


def head_of(page: str) -> str:
    head = page.partition('class="session-what"')[2].partition("</header>")[0]
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", head).split()))


def test_its_title_heads_the_page_with_the_app_beside_it(alices: Client, acme: Organisation, send: Send) -> None:
    page = text_of(alices, send(acme, user="bob@acme.example", **EVERYTHING, title="pays › with a card"))
    assert '<h1 dir="auto">pays › with a card</h1>' in page
    assert "<title>pays › with a card, bob@acme.example · " in page
    assert "> pays › with a card Shop 8.4 (77) bob@acme.example iPhone 15" in head_of(page)
    untitled = text_of(alices, send(acme, user="bob@acme.example", **EVERYTHING))
    assert '<h1 dir="auto">Shop</h1>' in untitled
    assert "> Shop 8.4 (77) bob@acme.example iPhone 15" in head_of(untitled)
    nameless = text_of(alices, send(acme, user="bob@acme.example", title="pays"))
    assert "> pays bob@acme.example" in head_of(nameless)


def test_how_it_went_stands_in_the_head_unless_it_went_wrong(alices: Client, acme: Organisation, send: Send) -> None:
    assert "paid 12 €" in head_of(text_of(alices, send(acme, outcome="paid 12 €")))
    assert "no price" not in head_of(text_of(alices, send(acme, outcome="no price", status="failed")))


def test_title_and_outcome_are_facts(alices: Client, acme: Organisation, send: Send) -> None:
    page = text_of(alices, send(acme, title="pays", outcome="paid 12 €"), tab="facts")
    group = page.partition("<h2>Session</h2>")[2].partition("</dl>")[0]
    assert re.findall(r"<dd>(.*?)</dd>", group) == ["pays", "paid 12 €"]


def test_groups_of_which_nothing_is_known_are_left_out(alices: Client, acme: Organisation, send: Send) -> None:
    page = text_of(alices, send(acme), tab="facts")
    for title in (
        "Session",
        "Device",
        "Operating system",
        "Flags",
        "Network",
        "Location",
        "Installation",
        "Resource",
        "Attributes",
    ):
        assert f"<h2>{title}</h2>" not in page
    assert "<h2>Times</h2>" in page


def test_what_a_producer_sends_is_never_markup(alices: Client, acme: Organisation, send: Send) -> None:
    script = "<script>alert(1)</script>"
    app = {"app_id": script, "name": script}
    said = {"title": script, "outcome": script, "status": "failed"}
    session_id = send(acme, app=app, attributes={script: script}, device={"model": script}, **said)
    for tab in ("facts", "events", "files"):
        assert "<script>alert" not in text_of(alices, session_id, tab=tab)


def test_a_silent_session_says_when_it_was_seen_last(alices: Client, acme: Organisation, send: Send) -> None:
    session_id = send(acme, status="active", last_seen_at=NOON + timedelta(minutes=2))
    page = text_of(alices, session_id)
    assert "Lost contact, last seen" in page
    assert "2m 00s" in page


def test_a_running_session_gets_no_invented_duration(alices: Client, acme: Organisation, send: Send) -> None:
    started = timezone.now() - timedelta(minutes=1)
    page = text_of(alices, send(acme, status="active", started_at=started, last_seen_at=timezone.now()))
    assert "In progress" in page
    assert "after" not in page.partition('class="session-state"')[2].partition("</p>")[0]


def test_a_waiting_session_has_not_run(alices: Client, acme: Organisation, send: Send) -> None:
    page = text_of(alices, send(acme, status="queued", requested_at=timezone.now()))
    assert "On queue" in page
    assert "Queued" in page


def test_the_sessions_around_it_are_linked_and_found_in_the_list(
    alices: Client, acme: Organisation, send: Send
) -> None:
    def at(minutes: int) -> UUID:
        fields: dict[str, Any] = {"app": {"app_id": "com.acme.shop"}, "title": f"test {minutes}"}
        return send(acme, user="bob@acme.example", started_at=NOON + timedelta(minutes=minutes), **fields)

    ids = [at(minutes) for minutes in range(7)]
    page = text_of(alices, ids[3], tab="facts").partition('class="related"')[2]
    linked = [f"/sessions/{session_id}/" in page for session_id in ids]
    assert linked == [False, True, True, False, True, True, False]
    assert [f"test {minutes}" in page for minutes in range(7)] == linked
    assert 'href="/sessions/?user=bob%40acme.example"' in page
    assert 'href="/sessions/?app=com.acme.shop"' in page


def test_what_somebody_else_ran_around_it_is_not_shown(umas: Client, acme: Organisation, send: Send) -> None:
    app = {"app_id": "com.acme.shop"}
    hers = send(acme, user="uma@acme.example", app=app)
    others = send(acme, user="bob@acme.example", app=app, started_at=NOON + timedelta(minutes=1))
    assert str(others) not in text_of(umas, hers, tab="facts")


def test_what_may_not_be_seen_does_not_exist(
    umas: Client, client_of: Callable[[User], Client], globex_admin: User, acme: Organisation, send: Send
) -> None:
    session_id = send(acme, user="bob@acme.example")
    for browser in (umas, client_of(globex_admin)):
        assert browser.get(f"/sessions/{session_id}/").status_code == 404
    assert umas.get(f"/sessions/{UUID(int=1)}/").status_code == 404


def test_files_that_are_there_are_linked_and_missing_ones_say_so(
    alices: Client, acme: Organisation, attach: Attach
) -> None:
    url = attach(b"hello", "über log.txt")
    session_id = UUID(url.split("/")[2])
    page = text_of(alices, session_id, tab="files")
    assert f'href="{url}/view/"' in page
    assert f'href="{url}?download"' in page
    Attachment.objects.filter(organisation=acme).update(available=False)
    page = text_of(alices, session_id, tab="files")
    assert f'href="{url}' not in page
    assert "Not available" in page


def test_the_page_asks_the_database_as_often_for_many_events_and_files(
    alices: Client, acme: Organisation, send: Send, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    events = [{"event_type": f"type-{n % 20}", "event_time": NOON + timedelta(seconds=n)} for n in range(200)]
    session_id = send(acme, user="bob@acme.example", events=events, **EVERYTHING)
    with django_assert_max_num_queries(30):
        text_of(alices, session_id, tab="facts")
