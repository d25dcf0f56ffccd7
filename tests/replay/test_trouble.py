"""What went wrong in a session, told from its events and all its files."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from sessions.models import FileIndex, Organisation, User
from sessions.replay.file_lanes import MOST_REPORTS
from tests.conftest import NOON

Send = Callable[..., UUID]
File = tuple[str, str, str, bytes]


@pytest.fixture
def alices(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


@pytest.fixture
def with_files(acme: Organisation, send: Send, tmp_path: Path) -> Callable[..., UUID]:
    """A session of a minute with these files."""

    def sent(*files: File, **fields: Any) -> UUID:
        said = []
        for name, kind, content_type, content in files:
            (tmp_path / name).write_bytes(content)
            said.append({"name": name, "kind": kind, "content_type": content_type, "file": name})
        return send(acme, ended_at=NOON + timedelta(minutes=1), attachments=said, **fields)

    return sent


def log(*lines: tuple[float, str]) -> File:
    stamped = [f"{(NOON + timedelta(seconds=t)).isoformat(timespec='milliseconds')} {text}\n" for t, text in lines]
    return "app.log", "log", "text/plain", "".join(stamped).encode()


def har(*requests: tuple[float, str, int]) -> File:
    entries = [
        {
            "startedDateTime": (NOON + timedelta(seconds=t)).isoformat(),
            "time": 50,
            "request": {"method": "GET", "url": url, "headers": []},
            "response": {"status": status, "headers": [], "content": {}},
        }
        for t, url, status in requests
    ]
    return "app.har", "network_log", "application/json", json.dumps({"log": {"entries": entries}}).encode()


def event(t: float, kind: str, message: str) -> dict[str, Any]:
    moment = NOON + timedelta(seconds=t)
    return {"event_type": kind, "event_time": moment, "event_properties": {"message": message}}


def trouble(browser: Client, session_id: UUID) -> tuple[str, list[str], str]:
    """(what is said first, what there is besides, where it leads)."""
    page = browser.get(f"/sessions/{session_id}/").content.decode()
    place = re.search(r'<div id="trouble">\s*(<section.*?</section>)?', page, re.DOTALL)
    section = (place and place[1]) or ""
    text = unescape(" ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", section, flags=re.DOTALL).split()))
    first = text.removeprefix("What went wrong ").removesuffix(" Jump to it")
    others = re.findall(r'<a href="[^"]*">([^<]*)</a>', section)
    for other in others:
        first = first.removesuffix(other).rstrip() if first.endswith(other) else first.replace(other, "").rstrip()
    found = re.search(r'class="button" href="([^"]*)"', section)
    return first, others, unescape(found[1]) if found else ""


def test_a_session_without_errors_says_nothing(alices: Client, with_files: Callable[..., UUID]) -> None:
    session_id = with_files(log((1, "INFO fine")), har((2, "https://a.example/", 200)))
    assert trouble(alices, session_id) == ("", [], "")


def test_events_come_before_lines_and_those_before_requests(alices: Client, with_files: Callable[..., UUID]) -> None:
    requests = har((2, "https://a.example/font.woff2", 404), (9, "https://a.example/cart", 500))
    lines = log((3, "INFO fine"), (4.5, "ERROR cart is empty"), (5, "ERROR again"))
    crash = [event(30, "click", "Pay"), event(31, "crash", "NullPointerException")]
    first, others, url = trouble(alices, with_files(requests, lines, events=crash))
    assert first == "0:31.000 crash NullPointerException"
    assert others == ["2 error lines", "2 failed requests"]
    assert url == "?tab=events&t=31.000#at"
    first, others, url = trouble(alices, with_files(requests, lines))
    assert first.startswith("0:04.500 log ")
    assert first.endswith("ERROR cart is empty")
    assert others == ["1 more error line", "2 failed requests"]
    assert url == "?tab=log&file=app.log&t=4.500&at=2#L2"
    first, others, url = trouble(alices, with_files(requests))
    assert first == "0:02.000 GET 404 https://a.example/font.woff2"
    assert others == ["1 more failed request"]


@pytest.mark.parametrize(
    ("outcome", "message", "said"),
    [
        ("The card was declined", "TypeError: no price", "The card was declined 0:03.000 error TypeError: no price"),
        ("TypeError: no price", "TypeError:  no price", "0:03.000 error TypeError: no price"),
        ("no price", "TypeError: no price", "0:03.000 error TypeError: no price"),
        ("pays failed: TypeError: no\nprice", "TypeError: no price", "pays failed: TypeError: no price 0:03.000 error"),
        ("x" * 2_000, "x" * 2_000, f"{'x' * 2_000} 0:03.000 error"),
    ],
)
def test_why_it_failed_comes_first_and_nothing_is_said_twice(
    alices: Client, with_files: Callable[..., UUID], outcome: str, message: str, said: str
) -> None:
    failed = with_files(status="failed", outcome=outcome, events=[event(3, "error", message)])
    assert trouble(alices, failed)[0] == said


def test_a_reason_without_an_error_is_all_there_is_to_say(alices: Client, with_files: Callable[..., UUID]) -> None:
    run = {"app": {"app_id": "com.acme.shop"}, "title": "pays"}
    passed = with_files(started_at=NOON - timedelta(hours=1), **run)
    failed = with_files(status="failed", outcome="<b>The card was declined", **run)
    assert trouble(alices, failed) == ("<b>The card was declined", ["Compare with the last that passed"], "")
    page = alices.get(f"/sessions/{failed}/").content.decode()
    assert f"?a={passed}&amp;b={failed}" in page
    assert "<b>The card" not in page
    assert trouble(alices, with_files(outcome="paid 12 €", **run)) == ("", [], "")


def test_why_it_failed_takes_the_place_of_no_panel(alices: Client, with_files: Callable[..., UUID]) -> None:
    files = log((3, "INFO the first line")), har((2, "https://a.example/cart", 200))
    failed = with_files(*files, status="failed", outcome="The card was declined")
    for tab, shown in (("log", "the first line"), ("network", "/cart")):
        page = alices.get(f"/sessions/{failed}/?tab={tab}").content.decode()
        assert shown in page.partition('id="panel"')[2]


def test_the_way_to_it_shows_the_line(alices: Client, with_files: Callable[..., UUID]) -> None:
    session_id = with_files(log((3, "INFO fine"), (4.5, "ERROR cart is empty")))
    assert trouble(alices, session_id)[0] == "0:04.500 log ERROR cart is empty"
    url = trouble(alices, session_id)[2].partition("#")[0]
    page = alices.get(f"/sessions/{session_id}/{url}").content.decode()
    assert re.search(r'data-t="4.500" aria-current="true"', page)


def test_one_that_failed_is_compared_with_the_last_that_passed(alices: Client, with_files: Callable[..., UUID]) -> None:
    run = {"app": {"app_id": "com.acme.shop"}, "attributes": {"test": "pays"}}
    passed = with_files(started_at=NOON - timedelta(hours=1), **run)
    failed = with_files(events=[event(3, "crash", "x")], status="failed", **run)
    page = alices.get(f"/sessions/{failed}/").content.decode()
    assert f'href="/sessions/compare/?a={passed}&amp;b={failed}"' in page.partition('id="trouble"')[2]
    assert "/sessions/compare/?a=" not in alices.get(f"/sessions/{passed}/").content.decode()


def test_a_crash_report_says_what_failed_where(alices: Client, with_files: Callable[..., UUID]) -> None:
    report = b"java.lang.IllegalStateException: no context\n\tat com.acme.shop.Cart.draw(Cart.kt:8)\n"
    app = {"app_id": "com.acme.shop"}
    session_id = with_files(("crash.txt", "crash_report", "text/plain", report), app=app)
    first, others, url = trouble(alices, session_id)
    assert first.startswith("crash report java.lang.IllegalStateException: no context at com.acme.shop.Cart.draw")
    assert others == []
    assert url == "?tab=log&file=crash.txt"


def test_crash_reports_are_counted_together(alices: Client, with_files: Callable[..., UUID]) -> None:
    reports = [(f"{n}.txt", "crash_report", "text/plain", b"ValueError: no\n") for n in range(3)]
    assert trouble(alices, with_files(*reports))[1] == ["2 more crash reports"]
    failed = with_files(*reports, external_id="b", events=[event(1, "error", "no")])
    assert trouble(alices, failed)[1] == ["3 crash reports"]


def test_of_many_crash_reports_the_first_are_read_and_all_counted(
    alices: Client, with_files: Callable[..., UUID]
) -> None:
    reports = [(f"{n:02}.txt", "crash_report", "text/plain", b"ValueError: no\n") for n in range(MOST_REPORTS + 5)]
    assert trouble(alices, with_files(*reports))[1] == [f"{MOST_REPORTS + 4} more crash reports"]


def test_lanes_are_drawn_of_every_file_that_can_be_read(alices: Client, with_files: Callable[..., UUID]) -> None:
    broken = ("app.har", "network_log", "application/json", b'{"log": {}}')
    session_id = with_files(log((1, "INFO fine"), (50, "ERROR late")), broken, events=[event(10, "tap", "x")])
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    assert page.count('class="lane"') == 2
    assert page.count("density density-bad") == 1
    assert "Reading" not in page


def test_a_large_file_is_read_when_the_page_is_there(alices: Client, with_files: Callable[..., UUID]) -> None:
    lines = [(n / 100, f"INFO {'x' * 60}") for n in range(5_000)]
    session_id = with_files(log(*lines, (55, "ERROR late")))
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    assert "Reading app.log" in page
    assert "ERROR late" not in page
    headers = {"HX-Request": "true", "HX-Target": "pending"}
    update = alices.get(f"/sessions/{session_id}/", headers=headers).content.decode()
    assert 'id="lanes" data-length="60.000" hx-swap-oob="true"' in update
    assert "ERROR late" in update
    # From now on it is at hand.
    assert "ERROR late" in alices.get(f"/sessions/{session_id}/").content.decode()


def test_what_may_still_go_wrong_has_its_place(alices: Client, with_files: Callable[..., UUID]) -> None:
    """So that nothing moves when it is known."""
    session_id = with_files(log(*((n / 100, f"INFO {'x' * 60}") for n in range(5_000))))
    assert "app.log: not yet looked through for errors." in alices.get(f"/sessions/{session_id}/").content.decode()
    headers = {"HX-Request": "true", "HX-Target": "pending"}
    update = alices.get(f"/sessions/{session_id}/", headers=headers).content.decode()
    assert "No errors were found." in update
    assert "No errors were found." not in alices.get(f"/sessions/{session_id}/").content.decode()


def test_without_scripts_a_large_file_is_read_on_request(alices: Client, with_files: Callable[..., UUID]) -> None:
    lines = [(n / 100, f"INFO {'x' * 60}") for n in range(5_000)]
    session_id = with_files(log(*lines))
    assert "Reading" not in alices.get(f"/sessions/{session_id}/", {"lanes": "1"}).content.decode()


def test_a_database_that_is_only_read_shows_a_large_file_too(alices: Client, with_files: Callable[..., UUID]) -> None:
    lines = [(n / 100, f"INFO {'x' * 60}") for n in range(5_000)]
    session_id = with_files(log(*lines, (55, "ERROR late")))
    with connection.cursor() as cursor:
        # Foreign keys are checked first: that takes locks, which are writes.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET TRANSACTION READ ONLY")
    headers = {"HX-Request": "true", "HX-Target": "pending"}
    assert "ERROR late" in alices.get(f"/sessions/{session_id}/", headers=headers).content.decode()
    assert not FileIndex.objects.exists()
