"""Everything that happened at one moment is shown at one moment, whatever the files' starts and clocks are."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from sessions.models import Organisation, User
from tests.browser.conftest import PageOf
from tests.browser.webm import clock_video, shown_clock
from tests.conftest import NOON

Send = Callable[..., UUID]
# Seconds after the session's start.
LOG_STARTS, REQUESTS_START, VIDEO_STARTS = 0.7, 1.9, 2.5
LENGTH = 10
FRAME_MS = 40
EVENTS = (3.0, 4.111, 6.543)
LINES = (LOG_STARTS, 3.217, 5.678, 7.25)
REQUESTS = (REQUESTS_START, 3.777, 6.006)
LATEST = {"events": EVENTS[-1], "log": LINES[-1], "network": REQUESTS[-1]}


def at(t: float) -> str:
    return (NOON + timedelta(seconds=t)).isoformat(timespec="milliseconds")


@pytest.fixture
def session(acme: Organisation, send: Send, tmp_path: Path, page_of: PageOf, alice: User) -> str:
    """The path of a session whose log, requests and video begin at three moments; only the video's has to be sent."""
    moments = range(0, int((LENGTH - VIDEO_STARTS) * 1000), FRAME_MS)
    page = page_of(alice)
    (tmp_path / "video.webm").write_bytes(clock_video(page, moments, moments[-1] + FRAME_MS))
    page.close()
    (tmp_path / "app.log").write_text("".join(f"{at(t)} INFO line at {t}\n" for t in LINES))
    request = {
        "time": 20,
        "request": {"method": "GET", "url": "https://a.example/cart", "headers": []},
        "response": {"status": 200, "headers": [], "content": {}},
    }
    entries = [{"startedDateTime": at(t)} | request for t in REQUESTS]
    (tmp_path / "network.har").write_text(json.dumps({"log": {"entries": entries}}))
    video = {"name": "video.webm", "kind": "video", "content_type": "video/webm", "file": "video.webm"}
    files = [
        {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "network.har"},
        {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"},
        video | {"starts_at": at(VIDEO_STARTS)},
    ]
    events = [{"event_type": "tap", "event_time": NOON + timedelta(seconds=t)} for t in EVENTS]
    return f"/sessions/{send(acme, ended_at=NOON + timedelta(seconds=LENGTH), events=events, attachments=files)}/"


def wait_for(page: Page, video: Locator, t: float) -> None:
    """Until the video shows the frame of a moment of the session."""
    clock = None
    for _ in range(200):
        clock = shown_clock(video)
        if clock is not None and abs(VIDEO_STARTS + clock / 1000 - t) < 0.05:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the clock in the video shows {clock} at {t}")


@pytest.mark.parametrize(("tab", "moments"), [("events", EVENTS), ("log", LINES), ("network", REQUESTS)])
def test_the_frame_of_whatever_is_pressed_is_shown(
    alice: User, session: str, page_of: PageOf, tab: str, moments: tuple[float, ...]
) -> None:
    page = page_of(alice)
    page.goto(f"{session}?tab={tab}")
    video = page.locator("video")
    rows = page.locator("#panel [data-t]")
    expect(rows).to_have_count(len(moments))
    for place, t in enumerate(moments):
        rows.nth(place).locator(".moment").first.click()
        expect(rows.nth(place)).to_have_attribute("aria-current", "true")
        if t < VIDEO_STARTS:
            continue
        wait_for(page, video, t)
        assert abs(video.evaluate("video => video.currentTime") + VIDEO_STARTS - t) < 0.1


def test_the_moment_of_an_address_is_the_same_with_and_without_scripts(
    alice: User, session: str, page_of: PageOf
) -> None:
    t = 5.678
    for javascript in (True, False):
        page = page_of(alice, javascript=javascript)
        for tab, row in (("events", EVENTS[1]), ("log", LINES[2]), ("network", REQUESTS[1])):
            page.goto(f"{session}?tab={tab}&t={t}")
            expect(page.locator("#panel [data-t][aria-current]")).to_have_attribute("data-t", f"{row:.3f}")
            wait_for(page, page.locator("video"), t)


@pytest.mark.parametrize("tab", ["events", "log", "network"])
def test_playing_moves_what_is_chosen_with_the_video(alice: User, session: str, page_of: PageOf, tab: str) -> None:
    page = page_of(alice)
    page.goto(f"{session}?tab={tab}&t=2.6")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.locator("[data-speed]").select_option("4")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#panel [data-t][aria-current]")).to_have_attribute("data-t", f"{LATEST[tab]:.3f}")
    video = page.locator("video")
    assert video.evaluate("video => video.currentTime") + VIDEO_STARTS >= LATEST[tab]
