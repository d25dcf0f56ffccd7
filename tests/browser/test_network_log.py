"""The requests of a network log in a real browser: details in place, search as one types, narrow and wide, axe."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from sessions.models import Organisation, User
from tests.browser.conftest import PageOf, violations
from tests.conftest import NOON

Send = Callable[..., UUID]
LOGGED = 40
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def log_url(acme: Organisation, send: Send, tmp_path: Path) -> str:
    """The page of a network log of forty requests, the last of which failed."""
    (tmp_path / "network.har").write_text(json.dumps({"log": {"entries": [logged(n) for n in range(LOGGED)]}}))
    file = {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "network.har"}
    session_id = send(acme, attachments=[file], started_at=NOON, ended_at=NOON + timedelta(seconds=60))
    return f"/sessions/{session_id}/attachments/network.har/view/"


def logged(n: int) -> dict[str, Any]:
    return {
        "startedDateTime": (NOON + timedelta(seconds=n)).isoformat(),
        "time": 250,
        "request": {
            "method": "POST",
            "url": f"https://shop.example/hats/{n}?colour=blue&a_long_parameter={'x' * 60}",
            "headers": [{"name": "Cookie", "value": "opensesame"}],
            "postData": {"mimeType": "text/plain", "text": f"it's body {n}"},
        },
        "response": {"status": 200 if n < LOGGED - 1 else 503, "content": {"mimeType": "text/html", "size": 10}},
        "timings": {"wait": 200, "receive": 50},
    }


def opener(page: Page, number: int) -> Any:
    return page.locator(f"#open-{number}")


def top_of(page: Page, number: int) -> float:
    return float(page.locator(f"#request-{number}").evaluate("row => row.getBoundingClientRect().top"))


def test_details_open_in_place_by_keyboard_and_keep_the_focus(alice: User, log_url: str, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto(log_url)
    opener(page, 20).focus()
    before = top_of(page, 20)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Response headers")).to_be_visible()
    expect(opener(page, 20)).to_be_focused()
    expect(opener(page, 20)).to_have_attribute("aria-expanded", "true")
    assert top_of(page, 20) == before
    assert "request=20" in page.url
    # One that was open stays: nothing that is read moves.
    opener(page, 22).click()
    expect(page.locator(".request-open")).to_have_count(2)
    page.reload()
    expect(page.locator(".request-open")).to_have_count(1)
    opener(page, 22).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".request-open")).to_have_count(0)
    expect(opener(page, 22)).to_be_focused()


def test_the_command_is_copied_and_holds_what_is_hidden_only_when_asked(
    alice: User, log_url: str, page_of: PageOf
) -> None:
    page = page_of(alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(log_url)
    opener(page, 1).click()
    page.get_by_text("As cURL", exact=True).click()
    page.get_by_role("button", name="Copy as cURL").click()
    expect(page.locator("[data-copied]")).to_have_count(1)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "--data-raw 'it'\\''s body 0'" in copied
    assert "opensesame" not in copied
    page.get_by_role("link", name="Show such values").first.click()
    expect(page.locator("dd", has_text="opensesame")).to_be_visible()


def test_the_search_applies_as_one_types_and_keeps_focus_and_caret(alice: User, log_url: str, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto(log_url)
    search = page.get_by_role("searchbox", name="Address contains")
    search.press_sequentially("hats/3")
    expect(page.locator(".request-line")).to_have_count(11)
    expect(search).to_be_focused()
    search.press("ArrowLeft")
    search.press_sequentially("x")
    expect(page.get_by_text("None of the 40 requests")).to_be_visible()
    expect(search).to_have_value("hats/x3")
    search.fill("")
    page.get_by_label("5xx").check()
    expect(page.locator(".request-line")).to_have_count(1)
    page.reload()
    expect(page.get_by_label("5xx")).to_be_checked()


def test_a_column_sorts_and_the_moment_is_a_link(alice: User, log_url: str, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto(log_url)
    page.get_by_role("link", name="Time").click()
    page.get_by_role("link", name="Time").click()
    expect(page.locator("[aria-sort=descending]")).to_have_count(1)
    expect(page.locator(".request-line").first).to_have_attribute("data-t", "39.000")
    page.get_by_role("link", name="0:38.000").click()
    expect(page.locator("#at")).to_have_attribute("data-t", "38.000")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_scrolls_sideways_and_axe_finds_nothing(alice: User, log_url: str, page_of: PageOf, width: int) -> None:
    page = page_of(alice, width=width, dark=width == 390)
    page.goto(f"{log_url}?request=40&t=5")
    expect(page.get_by_text("Response headers")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    for name in ("status", "method", "address", "duration"):
        expect(page.locator(f"#request-40 .request-{name}")).to_be_visible()
    assert violations(page) == []


def test_without_scripts_the_same_addresses_show_the_same(alice: User, log_url: str, page_of: PageOf) -> None:
    page = page_of(alice, javascript=False)
    page.goto(log_url)
    page.get_by_placeholder("Address contains").fill("hats/3")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".request-line")).to_have_count(11)
    opener(page, 40).click()
    expect(page.get_by_text("Response headers")).to_be_visible()
    assert "q=hats" in page.url
    expect(page.locator(".request-line")).to_have_count(11)
