"""Presses land where they were aimed, Back goes one step, and what is old says so."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from sessions.models import Organisation, User
from tests.browser.conftest import PageOf
from tests.conftest import NOON, Send

HELD_MS = (0, 60, 120, 200, 400)
SESSION = re.compile(r"/sessions/[0-9a-f-]{36}/")


@pytest.fixture
def three(acme: Organisation, send: Send, tmp_path: Path) -> None:
    """Three sessions that "app" and the device Pixel find, each with a log."""
    (tmp_path / "log").write_bytes(b"x")
    log = {"name": "run.log", "kind": "log", "content_type": "text/plain", "file": "log"}
    for number in range(3):
        send(
            acme,
            started_at=NOON + timedelta(minutes=number),
            app={"app_id": f"app{number}"},
            device={"model": "Pixel"},
            attachments=[log],
        )


@pytest.fixture
def asked(page_of: PageOf, alice: User, three: None) -> tuple[Page, list[str]]:
    """A list, and the addresses that its filters ask for from now on."""
    page = page_of(alice)
    page.goto("/sessions/?device=Pixel")
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url) if is_for_results(request.headers) else None)
    return page, addresses


def is_for_results(headers: dict[str, str]) -> bool:
    return headers.get("hx-target") == "results"


def press(page: Page, selector: str, held: int) -> None:
    """A real press: the pointer goes down, stays, and goes up in the same place."""
    box = page.locator(selector).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + min(box["width"] / 2, 60), box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(held)
    page.mouse.up()


TARGETS = [
    ("tbody tr:nth-child(2) td.col-user", SESSION),
    ("tbody tr a.file", SESSION),
    ("th.col-duration .heading", re.compile(r"sort=-duration_ms&q=app$")),
    (".chip[data-chip=device]", re.compile(r"\?q=app$")),
]


@pytest.mark.parametrize(("target", "opens"), TARGETS, ids=["row", "icon", "header", "chip"])
def test_a_press_after_typing_opens_what_it_was_aimed_at(
    asked: tuple[Page, list[str]], target: str, opens: re.Pattern[str]
) -> None:
    page, _ = asked
    # On a busy machine completions may be there before the pointer, and would be what it presses.
    page.route(re.compile("/search-completions/"), lambda route: route.abort())
    for slow in (0, 150):
        page.route("**/sessions/?*", later(page, slow))
        for held in HELD_MS:
            page.goto("/sessions/?device=Pixel")
            page.locator("#filter-q").fill("app")
            press(page, target, held)
            expect(page).to_have_url(opens)
        page.unroute("**/sessions/?*")


def test_export_after_typing_downloads_what_was_typed(asked: tuple[Page, list[str]]) -> None:
    page, _ = asked
    for held in HELD_MS:
        page.goto("/sessions/?device=Pixel")
        page.locator("#filter-q").fill("app")
        with page.expect_download() as download:
            press(page, "#export", held)
        assert download.value.url.endswith("/sessions/export.csv?device=Pixel&q=app")


def later(page: Page, milliseconds: int) -> Callable[[Route], None]:
    """Answers for the results come this much later."""

    def answer(route: Route) -> None:
        if is_for_results(route.request.headers):
            page.wait_for_timeout(milliseconds)
        route.continue_()

    return answer


def test_nothing_is_asked_when_nothing_changed(asked: tuple[Page, list[str]]) -> None:
    page, addresses = asked
    search = page.locator("#filter-q")
    search.click()
    page.keyboard.press("Enter")
    page.locator("h1").click()
    search.fill("app")
    expect(page.locator(".chip[data-chip=q]")).to_contain_text("app")
    search.press("Enter")
    page.locator("h1").click()
    search.fill("appl")
    search.fill("app")
    search.press("Enter")
    expect(page.locator(".chip[data-chip=q]")).to_contain_text("app")
    assert [address.rpartition("?")[2] for address in addresses] == ["q=app&device=Pixel"]


def test_back_after_a_slow_search_is_one_step_and_choosing_is_another(
    alice: User, three: None, page_of: PageOf
) -> None:
    page = page_of(alice)
    page.goto("/usage/")
    page.goto("/sessions/")
    search = page.locator("#filter-q")
    for letter in "app0-missing"[:10]:
        with page.expect_response(lambda response: is_for_results(response.request.headers)):
            search.press_sequentially(letter)
    expect(page).to_have_url(re.compile(r"\?q=app0-missi$"))
    page.locator("summary", has_text="All devices").click()
    page.get_by_role("checkbox", name="Pixel").check()
    expect(page).to_have_url(re.compile("device=Pixel"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=app0-missi$"))
    expect(search).to_have_value("app0-missi")
    expect(page.locator(".chip")).to_have_count(1)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/sessions/$"))
    expect(search).to_have_value("")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/usage/$"))


def test_a_slow_answer_marks_the_rows_of_before_and_moves_nothing(asked: tuple[Page, list[str]]) -> None:
    page, _ = asked
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/sessions/?*", hold)
    before = page.locator("tbody tr").first.bounding_box()
    page.locator("#filter-q").fill("app")
    results, chip = page.locator("#results"), page.locator(".chip[data-chip=q]")
    expect(results).to_have_attribute("aria-busy", "true")
    expect(chip).to_have_count(0)
    assert page.locator("tbody tr").first.bounding_box() == before
    waiting[0].continue_()
    expect(chip).to_be_visible()
    expect(results).to_have_attribute("aria-busy", "false")


def test_a_list_that_stopped_being_live_says_since_when(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    send(acme)
    page = page_of(alice)
    page.clock.install()
    page.goto("/sessions/")
    mark = page.locator("[data-live-mark]")
    expect(mark).to_have_text("Live")
    page.route("**/sessions/live/*", lambda route: route.fulfill(status=503))
    page.clock.run_for(10_000)
    expect(mark).to_contain_text("Not live since")
    page.unroute("**/sessions/live/*")
    page.clock.run_for(10_000)
    expect(mark).to_have_text("Live")


def test_a_row_that_the_filters_would_not_find_any_more_is_marked_and_not_counted(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    send(acme, status="active", external_id="one", started_at=now - timedelta(minutes=1))
    send(acme, status="active", external_id="two", started_at=now - timedelta(minutes=2))
    page = page_of(alice)
    page.goto("/sessions/?status=active")
    expect(page.locator("#count")).to_have_text("2 sessions")
    send(acme, status="ended", external_id="one", started_at=now - timedelta(minutes=1), ended_at=now)
    expect(page.locator("#count")).to_have_text("1 session", timeout=15_000)
    expect(page.locator("tbody tr.row-gone")).to_have_count(1)


def test_j_and_k_start_at_the_focus_and_stop_at_the_ends(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    for number in range(3):
        send(acme, started_at=NOON + timedelta(minutes=number), app={"app_id": f"app{number}"})
    page = page_of(alice)
    page.goto("/sessions/")

    def goes(key: str, expected: str) -> None:
        page.keyboard.press(key)
        expect(page.locator(".row-link:focus")).to_have_text(expected)

    goes("j", "app2")
    goes("k", "app2")
    goes("j", "app1")
    goes("j", "app0")
    goes("j", "app0")
    page.locator("th.col-date .heading").focus()
    goes("j", "app2")
    page.locator("tbody tr").nth(1).locator("a").last.focus()
    goes("k", "app2")


def test_text_in_a_row_can_be_selected_without_opening_it(alice: User, three: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    box = page.locator("tbody tr").nth(1).locator(".col-device .cell-note").bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert page.evaluate("String(getSelection())")
    expect(page).to_have_url(re.compile(r"/sessions/$"))


def test_the_palette_finds_filters_and_pages_by_name(alice: User, three: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    page.keyboard.press("Control+k")
    page.keyboard.type("device pixel")
    expect(page.locator("[data-palette] [aria-selected]")).to_contain_text("Pixel")
    page.keyboard.press("Enter")
    expect(page.locator(".chip[data-chip=device]")).to_contain_text("Pixel")
    page.keyboard.press("Control+k")
    page.keyboard.type("usage")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/usage/"))


def test_the_keys_are_shown(alice: User, three: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()
