"""Every cell of a row."""

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sessions.models import ApiToken, Organisation, User
from tests.conftest import NOON, Send
from tests.sessions_page.reading import cells, html, row, words


@pytest.mark.parametrize(
    ("initiator", "expected"),
    [
        ({"type": "user", "email": "uma@acme.example", "username": "uma"}, "uma@acme.example uma"),
        ({"type": "user", "email": "uma@acme.example"}, "uma@acme.example"),
        ({"type": "user", "username": "kiosk-7"}, "kiosk-7"),
        ({"type": "token", "label": "nightly-ci"}, "nightly-ci API token"),
        ({"type": "anonymous", "label": "Booth 7"}, "Booth 7 Anonymous session"),
        ({"type": "anonymous"}, "Anonymous Anonymous session"),
    ],
    ids=str,
)
def test_who_ran_it(
    acme: Organisation, alice: User, nightly: ApiToken, send: Send, initiator: dict[str, str], expected: str
) -> None:
    send(acme, initiator=initiator)
    assert words(row(alice)["user"]) == expected


@pytest.mark.parametrize(
    ("app", "name", "note"),
    [
        ({"app_id": "a", "name": "Shop", "version": "2.4", "build": "7", "group": "G"}, "Shop", "2.4 (7) · G"),
        ({"app_id": "a.b", "name": "Shop", "version": "2.4"}, "Shop", "2.4"),
        ({"app_id": "a.b", "name": "Shop", "build": "241"}, "Shop", "build 241"),
        ({"app_id": "a.b", "group": "Retail"}, "a.b", "Retail"),
        ({"app_id": "a.b"}, "a.b", ""),
        ({}, "Unknown app", ""),
    ],
    ids=str,
)  # fmt: skip
def test_the_app_has_an_icon_a_name_a_version_and_a_group(
    acme: Organisation, alice: User, send: Send, app: dict[str, str], name: str, note: str
) -> None:
    ident = send(acme, app=app)
    cell = row(alice)["app"]
    assert f'href="/sessions/{ident}/"' in cell
    assert "<svg" in cell
    assert words(cell[cell.index("<a class") :]) == f"{name} {note}".strip()


SHOP = {"app_id": "a", "name": "Shop", "version": "2.4", "group": "G"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"app": SHOP, "title": "pays"}, "pays Shop 2.4 · G"),
        ({"app": {"app_id": "a.b"}, "title": "pays"}, "pays a.b"),
        ({"title": "pays"}, "pays"),
        ({"app": SHOP, "title": "pays", "status": "failed", "outcome": "No price\nat cart.js"},
         "pays No price · Shop 2.4 · G"),
        ({"app": SHOP, "status": "lost", "outcome": "the device went away"}, "Shop the device went away · 2.4 · G"),
        ({"app": SHOP, "title": "pays", "outcome": "paid 12 €"}, "pays Shop 2.4 · G"),
    ],
    ids=str,
)  # fmt: skip
def test_a_row_is_headed_by_what_the_session_was_and_says_why_it_failed(
    acme: Organisation, alice: User, send: Send, fields: dict[str, Any], expected: str
) -> None:
    ident = send(acme, **fields)
    cell = row(alice)["app"]
    link = cell[cell.index("<a class") :]
    assert f'href="/sessions/{ident}/"' in link
    assert words(link) == expected


def test_titles_and_outcomes_are_never_markup_and_long_ones_are_cut(
    acme: Organisation, alice: User, send: Send
) -> None:
    send(acme, title='"><script>alert(1)</script>', outcome="<b>" + "x" * 1_997, status="failed")
    page = html(alice)
    assert "<script>alert" not in page
    assert "&lt;b&gt;xxx" in page
    assert "x" * 301 not in page


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"device": {"model": "iPhone 15"}, "os": {"name": "iOS", "version": "17.5"}}, "iPhone 15 iOS 17.5"),
        ({"device": {"device_id": "K-1"}, "os": {"name": "Debian"}}, "K-1 Debian"),
        ({}, "Unknown device Unknown OS"),
    ],
    ids=str,
)
def test_the_device_stands_over_its_system(
    acme: Organisation, alice: User, send: Send, fields: dict[str, Any], expected: str
) -> None:
    send(acme, **fields)
    assert words(row(alice)["device"]) == expected


@pytest.mark.parametrize(
    ("seconds", "look", "expected"),
    [
        (0, "none", "No queue"),
        (0.48, "short", "480 ms , short wait"),
        (5.999, "short", "5.9 s , short wait"),
        (6, "medium", "6.0 s , noticeable wait"),
        (19.999, "medium", "19 s , noticeable wait"),
        (20, "long", "20 s , long wait"),
        (59.999, "long", "59 s , long wait"),
        (60, "severe", "1m 00s , very long wait"),
    ],
)
def test_the_queue_has_a_dot_whose_meaning_is_said(
    acme: Organisation, alice: User, send: Send, seconds: float, look: str, expected: str
) -> None:
    send(acme, requested_at=NOON - timedelta(seconds=seconds), started_at=NOON)
    cell = row(alice)["queue_time"]
    assert f'class="queue queue-{look}"' in cell
    assert words(cell).replace(" ,", ",") == expected.replace(" ,", ",")


def test_a_session_that_waits_is_on_queue_and_one_never_asked_for_is_unknown(
    acme: Organisation, alice: User, send: Send
) -> None:
    now = timezone.now()
    send(acme, status="queued", requested_at=now, started_at=None, last_seen_at=now)
    send(acme, started_at=NOON)
    found = [words(cell["queue_time"]) for cell in cells(html(alice))]
    assert found == ["On queue", "Unknown –"]


def test_the_duration_says_how_it_ended(acme: Organisation, alice: User, send: Send) -> None:
    now = timezone.now()
    long_ago = now - timedelta(hours=5)
    send(acme, status="active", started_at=now, last_seen_at=now)
    send(acme, status="queued", requested_at=now - timedelta(seconds=1), started_at=None, last_seen_at=now)
    send(acme, status="active", started_at=long_ago, last_seen_at=long_ago + timedelta(seconds=90))
    send(acme, status="failed", started_at=NOON, ended_at=NOON + timedelta(seconds=3))
    send(acme, status="ended", started_at=NOON - timedelta(1), ended_at=NOON - timedelta(1) + timedelta(minutes=65))
    running, waiting, lost, failed, ended = (cell["duration"] for cell in cells(html(alice)))
    assert words(running) == "In progress"
    assert words(waiting) == "Not started"
    assert words(lost).startswith("Lost contact after 1m 30s , last seen 20")
    assert "Lost contact, last seen" in lost
    assert words(failed) == "Failed after 3.0 s"
    assert "#icon-failed" in failed
    assert words(ended) == "1h 05m"


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=40), "6 May 2026"),
    ],
)
def test_the_date_is_relative_and_exact_with_its_zone(
    acme: Organisation, alice: User, send: Send, ago: timedelta, expected: str
) -> None:
    moment = NOON - ago
    send(acme, started_at=moment)
    with time_machine.travel(NOON, tick=False):
        cell = row(alice)["date"]
    local = moment + timedelta(hours=2)
    exact = f"{local:%Y-%m-%d %H:%M:%S} CEST"
    short = f"{local.day} {local:%b %H:%M}"
    assert words(cell) == f"{expected} ({exact}) {short}"
    assert f'datetime="{moment.isoformat()}" title="{exact}"' in cell


def test_dates_are_those_of_the_viewers_zone(acme: Organisation, alice: User, send: Send) -> None:
    alice.time_zone = "Asia/Kathmandu"
    alice.save()
    send(acme, started_at=datetime(2026, 6, 15, 20, 0, 0, 250_000, tzinfo=NOON.tzinfo))
    assert "(2026-06-16 01:45:00.25 UTC+0545)" in words(row(alice)["date"])


def test_files_are_linked_or_greyed_with_the_reason(
    acme: Organisation, alice: User, send: Send, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    kinds = (("log", "a b.log"), ("recording", "run.webm"), ("crash_report", "crash.txt"), ("other", "x.bin"))
    files = [{"name": name, "kind": kind, "content_type": "text/plain", "file": "file"} for kind, name in kinds]
    ident = send(acme, attachments=files)
    cell = row(alice)["files"]
    assert f'href="/sessions/{ident}/?tab=log&amp;file=a+b.log"' in cell
    assert f'href="/sessions/{ident}/attachments/run.webm/view/"' in cell
    assert cell.count("is-absent") == 2
    assert words(cell) == (
        "Log: a b.log Network log: none was recorded Video: run.webm Screenshot: none was recorded +2 other files"
    )


def test_a_file_that_is_announced_or_may_still_come_says_so(
    acme: Organisation, alice: User, send: Send, tmp_path: Path
) -> None:
    now = timezone.now()
    send(acme, status="active", started_at=now, last_seen_at=now)
    assert words(row(alice)["files"]).startswith("Log: none yet Network log: none yet")


HOSTILE = '<script>alert("1")</script>\'&amp;{{ 7|add:7 }}'


def test_hostile_names_are_text(acme: Organisation, alice: User, send: Send, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    name = "<img src=x onerror=alert(1)>&\"'.log"
    send(
        acme,
        initiator={"type": "anonymous", "label": HOSTILE},
        app={"app_id": HOSTILE, "name": HOSTILE, "group": HOSTILE, "version": HOSTILE, "build": HOSTILE},
        device={"model": HOSTILE, "manufacturer": HOSTILE},
        os={"name": HOSTILE, "version": HOSTILE},
        attachments=[{"name": name, "kind": "log", "content_type": "text/plain", "file": "file"}],
    )
    send(acme, user='"><script>alert(1)</script>@acme.example')
    body = html(alice, q="script", app=HOSTILE, device=HOSTILE, os=HOSTILE, user=HOSTILE)
    everything = html(alice)
    for page in (body, everything):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        # The house's own come from files; there is nothing inline.
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    found = cells(everything)
    assert any(HOSTILE in unescape(cell["user"]) for cell in found)


def test_names_of_255_characters_fit(acme: Organisation, alice: User, send: Send) -> None:
    long = "Ä" * 255
    send(
        acme,
        app={"app_id": long, "name": long, "group": long, "version": "1" * 100, "build": "2" * 100},
        device={"model": long},
        os={"name": "o" * 100, "version": "9" * 100},
        initiator={"type": "anonymous", "label": long},
    )
    assert long in row(alice, app=long, device=long, q="Ä" * 200)["app"]
