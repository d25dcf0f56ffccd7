"""A session's page on its axis: everything follows the playhead, and everything with a moment seeks."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, Request, Route, expect

from sessions.contract.schema import Session
from sessions.models import Organisation, User
from sessions.query import ListRequest, find_page, find_session, listed_records
from tests.browser.conftest import RECORDED, PageOf
from tests.conftest import NOON

Send = Callable[..., UUID]
WIDTHS = (320, 390, 768, 1024, 1280, 1440, 1920)
# Boxes with words or pictures that lie over one another though neither holds the other.
OVERLAPS = """() => {
    const clip = (element) => {
        let { left, top, right, bottom } = element.getBoundingClientRect();
        for (let outer = element.parentElement; outer; outer = outer.parentElement) {
            if (getComputedStyle(outer).overflowX === "visible") continue;
            const box = outer.getBoundingClientRect();
            [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
            [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
        }
        return { element, left, top, right, bottom };
    };
    const shown = [...document.querySelectorAll("main :is(a, button, h1, h2, p, li, video, img, input, .lanes)")]
        .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden, svg"))
        .map(clip).filter((box) => box.right - box.left > 1 && box.bottom - box.top > 1);
    const over = (one, other) => !one.element.contains(other.element) && !other.element.contains(one.element)
        && Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
    const name = (box) => box.element.outerHTML.slice(0, 80);
    return shown.flatMap((one, place) => shown.slice(place + 1).filter((other) => over(one, other))
        .map((other) => `${name(one)} over ${name(other)}`));
}"""


ASK_WHAT_IS_NEW = """() => htmx.ajax("GET", document.getElementById("live").getAttribute("hx-get"), {
    target: "#live", swap: "outerHTML"
})"""


def is_for(request: Request, target: str) -> bool:
    return request.headers.get("hx-target") == target


def with_video(viewer: User) -> Session:
    """A recorded session with a video, and with events while it runs."""
    for record in listed_records(viewer, find_page(ListRequest(viewer)).ids):
        if any(file.kind == "video" for file in record.attachments):
            found = find_session(viewer, record.id)
            assert found
            return found
    raise LookupError


def open_ready(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")


def time_of(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def chosen(page: Page) -> Locator:
    return page.locator("#panel [data-t][aria-current]")


def test_an_event_moves_the_video_to_its_moment(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    open_ready(page, f"/sessions/{with_video(alice).id}/")
    for event in page.locator(".event").all():
        event.locator(".moment").click()
        t = float(event.get_attribute("data-t") or "")
        expect(event).to_have_attribute("aria-current", "true")
        page.wait_for_function("t => Math.abs(document.querySelector('video').currentTime - t) < 0.1", arg=t)
        assert f"t={t:.3f}" in page.url


def test_playing_moves_the_chosen_event(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    open_ready(page, f"/sessions/{with_video(alice).id}/")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".event").last).to_have_attribute("aria-current", "true", timeout=15_000)
    # It stops by itself at the end, and the address is that of where it stopped.
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=15_000)
    assert page.evaluate("document.querySelector('video').paused")
    assert "t=" in page.url


def test_the_same_moment_is_shown_without_scripts(alice: User, recorded: None, page_of: PageOf) -> None:
    record = with_video(alice)
    page = page_of(alice)
    open_ready(page, f"/sessions/{record.id}/")
    t = page.locator(".event").nth(2).get_attribute("data-t")
    plain = page_of(alice, javascript=False)
    plain.goto(f"/sessions/{record.id}/?t={t}")
    expect(chosen(plain)).to_have_attribute("data-t", str(t))
    assert f"#t={t}" in (plain.locator("video").get_attribute("src") or "")


def test_the_axis_seeks_and_a_drag_chooses_a_range(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    events = [{"event_type": "tick", "event_time": NOON + timedelta(seconds=n)} for n in range(100)]
    session_id = send(acme, ended_at=NOON + timedelta(seconds=100), events=events)
    page = page_of(alice)
    page.goto(f"/sessions/{session_id}/")
    box = page.locator("[data-lanes]").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.down()
    page.wait_for_timeout(150)
    page.mouse.up()
    expect(chosen(page)).to_have_attribute("data-t", "40.000")
    page.mouse.move(box["x"] + box["width"] * 0.105, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.305, middle, steps=5)
    page.mouse.up()
    expect(page.locator(".event")).to_have_count(20, timeout=10_000)
    page.go_back()
    expect(page.locator(".event")).to_have_count(100)
    page.go_forward()
    expect(page.locator(".event")).to_have_count(20)
    page.get_by_text("Show all").click()
    expect(page.locator(".event")).to_have_count(100)


def test_back_leads_to_the_panel_before_and_everything_still_follows(
    alice: User, recorded: None, page_of: PageOf
) -> None:
    page = page_of(alice)
    open_ready(page, f"/sessions/{with_video(alice).id}/")
    for name in ("Log", "Network"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(f"[data-panel={name.lower()}]")).to_be_visible()
    for name in ("log", "events"):
        page.go_back()
        expect(page.locator("[data-panel]")).to_have_attribute("data-panel", name)
        expect(page.locator("#tabs [aria-current]")).to_contain_text(name.title())
    event = page.locator(".event").nth(2)
    event.locator(".moment").click()
    expect(event).to_have_attribute("aria-current", "true")
    t = float(event.get_attribute("data-t") or "")
    page.wait_for_function("t => Math.abs(document.querySelector('video').currentTime - t) < 0.1", arg=t)


def test_the_playhead_is_dragged_and_its_moment_kept_when_it_is_let_go(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    events = [{"event_type": "tick", "event_time": NOON + timedelta(seconds=n)} for n in range(100)]
    page = page_of(alice)
    page.goto(f"/sessions/{send(acme, ended_at=NOON + timedelta(seconds=100), events=events)}/?t=10")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if is_for(request, "panel") else None)
    box = page.locator("[data-lanes]").bounding_box()
    assert box
    # Text that is selected is not dragged instead.
    page.evaluate("getSelection().selectAllChildren(document.body)")
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.2, 0.33, 0.7, 0.505):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=5)
    expect(chosen(page)).to_have_attribute("data-t", "50.000")
    expect(page.locator("[data-clock]")).to_have_text(re.compile("0:50"))
    assert "t=10" in page.url
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"t=50\.[45]"))
    assert "range=" not in page.url
    assert asked == []


def test_arrow_keys_scroll_what_can_be_scrolled(alice: User, acme: Organisation, send: Send, page_of: PageOf) -> None:
    events = [{"event_type": "tick", "event_time": NOON + timedelta(seconds=n)} for n in (1, 2, 3)]
    page = page_of(alice)
    page.goto(f"/sessions/{send(acme, ended_at=NOON + timedelta(seconds=9), events=events)}/?t=2")
    # As wide as a log that is not wrapped.
    page.evaluate("""() => {
        const wide = document.createElement("pre");
        [wide.tabIndex, wide.textContent, wide.id] = [0, "x".repeat(9000), "wide"];
        wide.style.overflow = "auto";
        document.querySelector("[data-panel]").append(wide);
    }""")
    page.locator("#wide").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#wide').scrollLeft > 0")
    expect(chosen(page)).to_have_attribute("data-t", "2.000")
    page.locator("#wide").evaluate("wide => wide.blur()")
    page.keyboard.press("ArrowRight")
    expect(chosen(page)).to_have_attribute("data-t", "3.000")


def open_session_with_log(acme: Organisation, send: Send, tmp_path: Path, count: int) -> str:
    """The page of a session that is going on, with a line in its log for each second."""
    started = timezone.now() - timedelta(hours=2)
    lines = [f"{(started + timedelta(seconds=n)).isoformat()} INFO line {n} {'x' * 20}\n" for n in range(count)]
    (tmp_path / "app.log").write_text("".join(lines))
    file = {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"}
    running = {"status": "active", "started_at": started, "ended_at": None, "last_seen_at": timezone.now()}
    return f"/sessions/{send(acme, external_id='open', attachments=[file], **running)}/"


def test_a_log_is_followed_until_a_moment_is_sought(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, page_of: PageOf
) -> None:
    page = page_of(alice)
    page.goto(open_session_with_log(acme, send, tmp_path, 1_000) + "?tab=log&at=end")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if is_for(request, "panel") else None)
    with page.expect_response(lambda answer: is_for(answer.request, "panel")):
        page.evaluate(ASK_WHAT_IS_NEW)
    page.wait_for_timeout(1_000)
    assert len(asked) == 1
    with page.expect_response(lambda answer: is_for(answer.request, "panel")):
        page.locator("[data-lanes]").click(position={"x": 10, "y": 5})
    expect(page.locator("#panel .line").first).to_contain_text("INFO line 0 ")


def test_following_a_log_is_a_choice_and_reading_pauses_it(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, page_of: PageOf
) -> None:
    page = page_of(alice)
    page.goto(open_session_with_log(acme, send, tmp_path, 1_000) + "?tab=log")

    def ask(count: int) -> None:
        open_session_with_log(acme, send, tmp_path, count)
        with page.expect_response(lambda answer: is_for(answer.request, "live")):
            page.evaluate(ASK_WHAT_IS_NEW)

    last = page.locator("#panel .line").last
    ask(1_001)
    expect(last).to_contain_text("INFO line 299 ")
    page.get_by_role("link", name="Follow", exact=True).click()
    expect(last).to_contain_text("INFO line 1000 ")
    expect(last).to_be_in_viewport()
    ask(1_002)
    expect(last).to_contain_text("INFO line 1001 ")
    expect(last).to_be_in_viewport()
    page.locator("[data-log]").evaluate("log => { log.scrollTop = 0; log.parentElement.parentElement.scrollTop = 0 }")
    ask(1_003)
    page.wait_for_timeout(500)
    expect(last).to_contain_text("INFO line 1001 ")
    page.get_by_role("link", name="Stop following").click()
    expect(page).not_to_have_url(re.compile("at=end"))
    expect(page.get_by_role("link", name="Follow", exact=True)).to_be_visible()


def test_a_large_log_of_an_open_session_is_asked_for_once(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, page_of: PageOf
) -> None:
    page = page_of(alice)
    held: list[Route] = []
    page.route("**/*", lambda route: held.append(route) if is_for(route.request, "pending") else route.continue_())
    page.goto(open_session_with_log(acme, send, tmp_path, 6_000) + "?tab=facts")
    page.wait_for_selector("#pending")
    with page.expect_response(lambda answer: is_for(answer.request, "live")):
        page.evaluate(ASK_WHAT_IS_NEW)
    page.wait_for_timeout(500)
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator(".density").first).to_be_attached()
    expect(page.locator("#pending")).to_have_count(0)


def test_keys_walk_events_errors_tabs_and_sessions(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    older = send(acme, started_at=NOON - timedelta(hours=1))
    events: list[dict[str, Any]] = [
        {"event_type": kind, "event_time": NOON + timedelta(seconds=second)}
        for kind, second in (("tap", 10), ("crash", 20), ("tap", 30))
    ]
    session_id = send(acme, ended_at=NOON + timedelta(seconds=60), events=events)
    page = page_of(alice)
    page.goto(f"/sessions/{session_id}/")
    page.keyboard.press("ArrowRight")
    expect(chosen(page)).to_have_attribute("data-t", "10.000")
    page.keyboard.press("e")
    expect(chosen(page)).to_have_attribute("data-t", "20.000")
    page.keyboard.press("ArrowLeft")
    expect(chosen(page)).to_have_attribute("data-t", "10.000")
    page.keyboard.press("g")
    expect(chosen(page)).to_have_attribute("data-t", "20.000")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-clock]")).to_have_text("0:25.000")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("[data-clock]")).to_have_text("0:20.000")
    page.keyboard.press("2")
    expect(page.locator("[data-panel=facts]")).to_be_visible()
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile(str(older)))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_lies_over_anything_at_any_width(alice: User, recorded: None, page_of: PageOf, dark: bool) -> None:
    record = with_video(alice)
    page = page_of(alice, dark=dark)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for tab in ("events", "log", "network", "files", "facts"):
            page.goto(f"/sessions/{record.id}/?tab={tab}&t=1")
            assert page.evaluate(OVERLAPS) == [], (width, tab)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, tab)


def test_what_went_wrong_has_room_at_any_width(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, page_of: PageOf
) -> None:
    """Beside the ways to all other errors and to the last session that passed."""
    request = {"request": {"method": "GET", "url": "https://a.example/"}, "response": {"status": 500}}
    entries = [request | {"startedDateTime": NOON.isoformat(), "time": 20}] * 9
    (tmp_path / "network.har").write_text(json.dumps({"log": {"entries": entries}}))
    (tmp_path / "app.log").write_text(f"{NOON.isoformat()} ERROR the cart is empty\n" * 12)
    files = [
        {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "network.har"},
        {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"},
    ]
    run = {"app": {"app_id": "com.acme.shop"}, "title": "pays"}
    send(acme, started_at=NOON - timedelta(hours=1), **run)
    outcome = "TimeoutError: locator.click: Timeout 30000ms exceeded, waiting for getByRole('button', Pay now)"
    failed = send(acme, status="failed", outcome=outcome, attachments=files, **run)
    page = page_of(alice)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/sessions/{failed}/")
        for part in (".trouble-said", ".trouble-rest"):
            box = page.locator(part).bounding_box()
            assert box
            assert box["width"] > min(width * 0.6, 400), (part, width)
            assert box["height"] < 220, (part, width)


def test_log_requests_and_video_of_different_starts_line_up(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, page_of: PageOf
) -> None:
    """The video begins 5 s, the log 2 s and the requests 3.4 s after the session. At 6.25 s each has something."""

    def at(t: float) -> str:
        return (NOON + timedelta(seconds=t)).isoformat(timespec="milliseconds")

    request = {
        "time": 20,
        "request": {"method": "GET", "url": "https://a.example/cart", "headers": []},
        "response": {"status": 200, "headers": [], "content": {}},
    }
    entries = [{"startedDateTime": at(t)} | request for t in (3.4, 6.25, 8)]
    (tmp_path / "network.har").write_text(json.dumps({"log": {"entries": entries}}))
    (tmp_path / "app.log").write_text("".join(f"{at(t)} INFO line at {t}\n" for t in (2, 6.25, 9)))
    shutil.copy(RECORDED.parent / "files" / "rec-1-000" / "video.webm", tmp_path)
    files = [
        {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "network.har"},
        {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"},
        {"name": "video.webm", "kind": "video", "content_type": "video/webm", "file": "video.webm", "starts_at": at(5)},
    ]
    session_id = send(acme, ended_at=NOON + timedelta(seconds=10), attachments=files)
    page = page_of(alice)
    open_ready(page, f"/sessions/{session_id}/?tab=log")
    page.locator("#panel [data-t]").nth(1).locator(".line-time").click()
    page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 1.25) < 0.05")
    page.get_by_role("link", name="Network", exact=True).click()
    expect(chosen(page)).to_have_attribute("data-t", "6.250")
    page.reload()
    page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 1.25) < 0.05")


@pytest.mark.parametrize("by", ["pointer", "keyboard"])
def test_the_first_errors_line_is_two_steps_from_the_list(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, page_of: PageOf, by: str
) -> None:
    lines = [f"{(NOON + timedelta(seconds=n)).isoformat()} INFO fine\n" for n in range(900)]
    lines[700] = lines[700].replace("INFO fine", "ERROR the cart is empty")
    (tmp_path / "app.log").write_text("".join(lines))
    file = {"name": "app.log", "kind": "log", "content_type": "text/plain", "file": "app.log"}
    send(acme, status="failed", ended_at=NOON + timedelta(minutes=15), attachments=[file])
    page = page_of(alice)
    page.goto("/sessions/")
    if by == "pointer":
        page.locator("tbody tr").first.click()
        page.get_by_role("link", name="Jump to it").click()
    else:
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-go-to-trouble]")
        page.keyboard.press("g")
    expect(page.locator("#panel .line-found, #panel [aria-current]").first).to_contain_text("the cart is empty")
    expect(page.get_by_text("the cart is empty").last).to_be_in_viewport()
