"""The rows of the list: readable at every width, selected in ranges, and what is done with them."""

import re

import pytest
from playwright.sync_api import FloatRect, Page, expect

from sessions.models import Organisation, User
from tests.browser.conftest import PHONE_WIDTH, PageOf
from tests.conftest import NOON, Send

# What the demo has: names of up to 24 characters, and longer ones.
PEOPLE = ("developer@example.com", "priya.sharma@example.in", "mc.fernandez-villaverde@example.es")
APPS = ("Production cluster", "Warehouse Scanner", "Companion for Field Service Technicians (EMEA)")
DEVICES = ("iPad Air 11-inch (M2)", "Redmi Note 13 Pro+ 5G", "iPhone SE (3rd generation)")
IN_WHOLE = 24

CUT = """(selector) => [...document.querySelectorAll(selector)]
    .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)"""


@pytest.fixture
def varied(acme: Organisation, send: Send) -> None:
    for hour, (person, app, device) in enumerate(zip(PEOPLE, APPS, DEVICES, strict=True)):
        send(
            acme,
            user=person,
            status="failed",
            started_at=NOON.replace(hour=hour),
            ended_at=NOON.replace(hour=hour, minute=7),
            app={"app_id": f"app{hour}", "name": app, "version": "8.40.0", "build": "4203", "group": "Internal tools"},
            device={"model": device},
            os={"name": "Windows", "version": "10 IoT Enterprise LTSC 2021"},
            flags={"crash": True, "exception": True},
        )


def test_no_name_of_24_characters_is_cut_and_a_longer_one_in_its_middle(
    alice: User, varied: None, page_of: PageOf
) -> None:
    page = page_of(alice)
    for width in (1024, 1180, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/sessions/")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        cells = "tbody :is(.col-user, .col-app, .col-device) :is(.cell-main, .middle-end)"
        cut = page.evaluate(CUT, cells)
        assert [name for name in cut if len(name) <= IN_WHOLE] == [], width
        long = page.locator("tbody .col-app .row-link", has_text="Companion")
        expect(long.locator(".middle-end")).to_have_text("cians (EMEA)")
        for row in page.locator("tbody tr").all():
            box = row.bounding_box()
            assert box
            assert box["height"] == pytest.approx(44, abs=1.5), width
        overlaps = page.evaluate(
            """() => [...document.querySelectorAll("tbody tr")].flatMap((row) => {
                const cells = [...row.cells].map((cell) => cell.getBoundingClientRect());
                return cells.flatMap((one, place) => cells.slice(place + 1).filter((other) =>
                    one.left < other.right - 1 && other.left < one.right - 1
                    && one.top < other.bottom - 1 && other.top < one.bottom - 1));
            }).length"""
        )
        assert overlaps == 0, width


def test_a_phone_shows_six_sessions_of_three_lines(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    for hour in range(8):
        send(acme, started_at=NOON.replace(hour=hour), app={"app_id": "a", "name": "Acme Shop", "version": "8.40.0"})
    page = page_of(alice, width=PHONE_WIDTH)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 844})
    page.goto("/sessions/")
    whole = [row for row in page.locator("tbody tr").all() if bottom(row.bounding_box()) <= 844]
    assert len(whole) >= 6


def bottom(box: FloatRect | None) -> float:
    assert box
    return box["y"] + box["height"]


def test_on_a_phone_all_filters_are_in_one_sheet(alice: User, varied: None, page_of: PageOf) -> None:
    for javascript in (True, False):
        page = page_of(alice, width=PHONE_WIDTH, javascript=javascript)
        page.goto("/sessions/")
        expect(page.locator("#summary-device")).to_be_hidden()
        page.get_by_role("button", name="Filters").click()
        page.locator("#filters-set summary", has_text="All devices").click()
        page.get_by_role("checkbox", name="iPad").check()
        if javascript:
            page.get_by_role("button", name="Done").click()
        else:
            page.locator("details[open] button", has_text="Apply").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH


def select(page: Page, row: int, *modifiers: str) -> None:
    page.locator("[data-select]").nth(row).click(modifiers=list(modifiers))  # type: ignore[arg-type]


def test_rows_are_selected_in_ranges_and_all_at_once_and_nothing_moves(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    for hour in range(5):
        send(acme, started_at=NOON.replace(hour=hour))
    page = page_of(alice)
    page.goto("/sessions/")
    before = page.locator("tbody tr").last.bounding_box()
    select(page, 1)
    select(page, 3, "Shift")
    bar = page.locator("#selection")
    expect(bar).to_contain_text("3 selected")
    assert page.locator("tbody tr").last.bounding_box() == before
    compare = bar.get_by_role("button", name="Compare two")
    expect(compare).to_be_disabled()
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(bar).to_contain_text("5 selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    select(page, 2)
    expect(compare).to_be_enabled()
    with page.expect_download() as download:
        bar.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "acme-sessions-selected.csv"
    compare.click()
    expect(page).to_have_url(re.compile(r"/sessions/compare/\?a=[0-9a-f-]{36}&b=[0-9a-f-]{36}$"))


def test_two_rows_are_compared_without_javascript(acme: Organisation, alice: User, send: Send, page_of: PageOf) -> None:
    for hour in range(3):
        send(acme, started_at=NOON.replace(hour=hour))
    page = page_of(alice, javascript=False)
    page.goto("/sessions/")
    select(page, 0)
    select(page, 2)
    page.get_by_role("button", name="Compare two").click()
    expect(page).to_have_url(re.compile(r"/sessions/compare/\?a="))


def test_what_is_selected_stays_when_its_row_comes_again(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    send(acme, app={"app_id": "a"})
    send(acme, app={"app_id": "b"})
    page = page_of(alice)
    page.goto("/sessions/")
    select(page, 0)
    page.locator("#filter-q").fill("b")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("#filter-q").fill("")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("[data-select]:checked")).to_have_count(1)


def test_the_menu_of_filters_finds_values_and_the_bar_stays_one_line(
    alice: User, varied: None, page_of: PageOf
) -> None:
    page = page_of(alice)
    for width in (1024, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/sessions/?device=Redmi+Note+13+Pro%2B+5G&app=app1&start=2026-01-01&end=2026-12-31")
        tops = {box["y"] for part in page.locator(".filters-row .filter").all() if (box := part.bounding_box())}
        assert len(tops) == 1, width
    page.locator(".filter-more > summary").click()
    page.get_by_placeholder("Find a filter or a value").fill("fail")
    expect(page.locator(".more-filter:visible")).to_have_count(1)
    page.get_by_role("checkbox", name="Failed").check()
    expect(page.locator(".chip[data-chip=status]")).to_contain_text("Failed")
