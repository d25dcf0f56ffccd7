"""Two sessions side by side in a real browser: the form, the parts, narrow screens, both themes, and paper."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from sessions.models import Organisation, User
from tests.browser.conftest import PageOf, violations
from tests.compare.conftest import entry, event, send_files
from tests.conftest import NOON

__all__ = ["send_files"]

TABS = ("facts", "events", "requests", "log")


@pytest.fixture
def pair(acme: Organisation, send_files: Callable[..., UUID]) -> str:
    """The address of a comparison with something of every kind in each part."""
    app = {"app_id": "com.acme.shop", "name": "Shop", "version": "8.4"}
    common = [event(number, "click", event_properties={"text": f"button {number}"}) for number in range(1, 12)]
    passed = send_files(
        external_id="passed",
        app=app,
        ended_at=NOON + timedelta(seconds=13),
        events=[*common, event(12, "payment"), event(13, "cart", event_properties={"total": 199})],
        log=b"11:00:00 a\n" * 9
        + b"11:00:09 cart holds 1 items, and some more of a long line that has to wrap\naccepted\n",
        har=[entry("/"), entry("/pay", time=40, at=1), entry("/thanks/for/paying/with/a/card", at=2)],
    )
    failed = send_files(
        external_id="failed",
        app=app,
        status="failed",
        events=[*common, event(12, "cart", event_properties={"total": 189}), event(14, "exception")],
        log=b"12:00:00 a\n" * 9
        + b"12:00:09 cart holds 2 items, and some more of a long line that has to wrap\nTypeError\n",
        har=[entry("/"), entry("/pay", 503, time=1240, at=1), entry("/retry", at=2)],
    )
    return f"/sessions/compare/?a={passed}&b={failed}"


def test_each_part_is_accessible_and_fits(alice: User, pair: str, page_of: PageOf) -> None:
    page = page_of(alice)
    for tab in TABS:
        page.goto(f"{pair}&tab={tab}")
        for summary in page.locator("main summary").all():
            summary.click()
        assert violations(page) == [], tab
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), tab
    for query in ("", "?a=nope", f"{pair.partition('&')[0].partition('/compare/')[2]}&b=nope"):
        page.goto(f"/sessions/compare/{query}")
        assert violations(page) == [], query


def test_two_ids_are_entered_and_the_parts_followed_without_scripts(alice: User, pair: str, page_of: PageOf) -> None:
    page = page_of(alice, javascript=False)
    page.goto("/sessions/compare/")
    page.get_by_label("Session A").fill("passed")
    page.get_by_label("Session B").fill("failed")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="facts differ")).to_be_visible()
    page.get_by_role("link", name="Requests").click()
    expect(page.get_by_text("503").first).to_be_visible()
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.locator(".log-pair")).to_have_count(6)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".log-pair")).to_have_count(12)
    page.get_by_role("link", name="Swap A and B").click()
    expect(page.locator(".compare-head").first).to_contain_text("failed")
    expect(page.get_by_role("link", name="Log", exact=True)).to_have_attribute("aria-current", "page")


def test_on_a_phone_the_sides_stand_one_below_the_other(alice: User, pair: str, page_of: PageOf) -> None:
    page = page_of(alice, width=320)
    page.goto(f"{pair}&tab=events")
    tops = page.locator(".compare-head").evaluate_all("heads => heads.map(head => head.getBoundingClientRect().top)")
    assert tops[0] < tops[1]
    changed = page.locator(".pair-changed").first
    first, second = (changed.locator(".side").nth(number).bounding_box() for number in (0, 1))
    assert first
    assert second
    assert first["y"] < second["y"]
    assert first["x"] == second["x"]


def test_on_paper_the_equal_facts_are_there_and_the_controls_are_not(
    alice: User, pair: str, page_of: PageOf, tmp_path: Path
) -> None:
    page = page_of(alice)
    page.goto(pair)
    page.emulate_media(media="print")
    expect(page.get_by_text("com.acme.shop").last).to_be_visible()
    expect(page.get_by_text("Compare others")).to_be_hidden()
    expect(page.get_by_role("link", name="Swap A and B")).to_be_hidden()
