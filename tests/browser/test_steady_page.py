"""A session's page stands still: nothing shifts while its parts come in, and its console stays empty."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from sessions.models import Organisation, User
from sessions.replay.indexes import SMALLEST_KEPT
from tests.browser.conftest import RECORDED, PageOf

Send = Callable[..., UUID]
Grow = Callable[..., str]
FILES = RECORDED.parent / "files"
TABS = ("events", "log", "network", "files", "facts")
LENGTH = 600
# What Chromium counts as unexpected: it leaves out what moves within half a second of a press.
WATCH = """
    window.shifts = [];
    const name = (node) => `${node?.nodeName} ${node?.className} ${node?.textContent.trim().slice(0, 20)}`;
    const place = ({ x, y, width, height }) => [x, y, width, height].map((side) => side.toFixed(1)).join(" ");
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries().filter((entry) => !entry.hadRecentInput))
            for (const { node, previousRect, currentRect } of shift.sources)
                window.shifts.push(`${name(node)}: ${place(previousRect)} -> ${place(currentRect)}`);
    }).observe({ type: "layout-shift", buffered: true });
"""
# A shift is told with the frame after the one in which it happened.
SHIFTS = """() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(window.shifts), 50)));
})"""
ASK_WHAT_IS_NEW = """() => htmx.ajax("GET", document.getElementById("live").getAttribute("hx-get"), {
    target: "#live", swap: "outerHTML"
})"""


@pytest.fixture
def grow(acme: Organisation, send: Send, tmp_path: Path) -> Grow:
    """Sends one session with all that a page can show; again and again, with ever more of it."""
    started = timezone.now() - timedelta(seconds=LENGTH)
    run = {"app": {"app_id": "com.acme.shop"}, "title": "pays"}
    send(acme, started_at=started - timedelta(hours=1), **run)

    def at(t: float) -> str:
        return (started + timedelta(seconds=t)).isoformat(timespec="milliseconds")

    def sent(events: int = 30, lines: int = 200, *, is_bad: bool = True, **fields: Any) -> str:
        request = {
            "time": 20,
            "request": {"method": "GET", "url": "https://a.example/cart", "headers": []},
            "response": {"status": 500 if is_bad else 200, "headers": [], "content": {}},
        }
        entries = [{"startedDateTime": at(n)} | request for n in range(0, LENGTH, 20)]
        (tmp_path / "network.har").write_text(json.dumps({"log": {"entries": entries}}))
        level = "ERROR" if is_bad else "INFO"
        (tmp_path / "app.log").write_text("".join(f"{at(n % LENGTH)} {level} line {n}\n" for n in range(lines)))
        shutil.copy(FILES / "rec-1-000" / "video.webm", tmp_path)
        shutil.copy(next(FILES.glob("*/screenshot.png")), tmp_path / "screenshot.png")
        video = {"name": "video.webm", "kind": "video", "content_type": "video/webm", "file": "video.webm"}
        picture = {"name": "end.png", "kind": "screenshot", "content_type": "image/png", "file": "screenshot.png"}
        files = [
            {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "network.har"},
            {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"},
            video | {"starts_at": at(5)},
            picture | {"starts_at": at(60)},
        ]
        said = {"event_type": "tap", "event_properties": {"label": "a button"}}
        listed = [said | {"event_time": at(n)} for n in range(events)]
        session = {"status": "failed", "started_at": at(0), "ended_at": at(LENGTH), "last_seen_at": timezone.now()}
        return f"/sessions/{send(acme, external_id='one', events=listed, attachments=files, **run | session | fields)}/"

    return sent


@pytest.fixture
def watched(alice: User, page_of: PageOf) -> Iterator[Callable[..., Page]]:
    """A page whose shifts are counted. Fails the test when anything is written to its console."""
    said: list[str] = []

    def opened(width: int) -> Page:
        page = page_of(alice, width=width)
        page.add_init_script(WATCH)
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        return page

    yield opened
    assert said == []


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate(SHIFTS)


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_shifts_while_the_page_opens(watched: Callable[..., Page], grow: Grow, width: int) -> None:
    path = grow()
    page = watched(width)
    for tab in TABS:
        page.goto(f"{path}?tab={tab}&t=40")
        settle(page)
        assert page.evaluate(SHIFTS) == [], tab


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_shifts_when_what_loads_slowly_is_there(watched: Callable[..., Page], grow: Grow, width: int) -> None:
    """The scripts, the pictures, the video and the lane of a large log come long after the page was drawn."""
    path = grow(lines=SMALLEST_KEPT // 40)
    page = watched(width)
    held: list[Route] = []
    let_through: list[bool] = []

    def is_late(route: Route) -> bool:
        return (
            route.request.resource_type in ("script", "image", "media")
            or route.request.headers.get("hx-target") == "pending"
        )

    def route_one(route: Route) -> None:
        if is_late(route) and not let_through:
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", route_one)
    page.goto(f"{path}?t=40", wait_until="commit")
    expect(page.locator(".event").first).to_be_visible()
    page.evaluate(SHIFTS)
    let_through.append(True)
    while held:
        held.pop().continue_()
    expect(page.locator("[data-controls]")).to_be_visible()
    expect(page.locator(".density").first).to_be_attached()
    settle(page)
    assert page.evaluate(SHIFTS) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_shifts_when_an_open_session_grows_and_ends(
    watched: Callable[..., Page], grow: Grow, width: int
) -> None:
    running = {"status": "active", "ended_at": None}
    path = grow(**running, is_bad=False)
    page = watched(width)
    page.goto(path)
    expect(page.get_by_text("No errors so far.")).to_be_visible()
    settle(page)
    for events, fields in ((33, running), (36, {})):
        grow(events, lines=300, **fields)
        with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "live"):
            page.evaluate(ASK_WHAT_IS_NEW)
        expect(page.locator(".event")).to_have_count(events)
        settle(page)
    expect(page.get_by_role("link", name="Jump to it")).to_be_visible()
    expect(page.get_by_role("link", name="Compare with the last that passed")).to_be_visible()
    assert page.evaluate(SHIFTS) == []
