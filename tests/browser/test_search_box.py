"""The search box: completion by keyboard and pointer, and mistakes under it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from sessions.models import Organisation, User
from tests.browser.conftest import PageOf, violations
from tests.conftest import Send


@pytest.fixture
def box(acme: Organisation, alice: User, send: Send, page_of: PageOf) -> Locator:
    send(acme, app={"app_id": "com.shop", "name": "Corner Shop"}, device={"model": "Pixel 9"}, status="failed")
    send(acme, app={"app_id": "com.kiosk", "name": "Kiosk"}, device={"model": "iPad Air"})
    page = page_of(alice)
    page.goto("/sessions/")
    return page.get_by_role("combobox", name="Search")


def active(box: Locator) -> str | None:
    """The label of the option that a screen reader is told of."""
    ident = box.get_attribute("aria-activedescendant")
    return box.page.locator(f"#{ident} span").first.inner_text() if ident else None


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Completions").get_by_role("option")


def test_a_field_and_its_value_are_taken_by_keyboard(box: Locator) -> None:
    page = box.page
    box.press_sequentially("sta")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("1 completion", exact=True)).to_be_attached()
    assert active(box) is None
    box.press("ArrowDown")
    assert active(box) == "status"
    box.press("Enter")
    expect(box).to_have_value("status:")
    expect(options(page)).to_have_text(["queued", "active", "ended", "failed", "lost"])
    box.press("ArrowUp")
    assert active(box) == "lost"
    box.press("ArrowUp")
    box.press("Tab")
    expect(box).to_have_value("status:failed ")
    expect(box).to_be_focused()
    expect(page.locator(".session-table tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=status%3Afailed"))


def test_values_that_occur_are_offered_quoted_and_in_lists(box: Locator) -> None:
    page = box.page
    box.press_sequentially("-device:(pix")
    expect(options(page)).to_have_count(1)
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value('-device:("Pixel 9" ')
    box.press_sequentially("ip")
    expect(options(page)).to_have_text(["iPad Air"])


def test_the_arrows_leave_the_list_at_its_ends(box: Locator) -> None:
    box.press_sequentially("status:")
    expect(options(box.page)).to_have_count(5)
    for expected in ("queued", "active", "ended", "failed", "lost", None, "queued"):
        box.press("ArrowDown")
        assert active(box) == expected


def test_escape_closes_the_list_and_keeps_the_text(box: Locator) -> None:
    box.press_sequentially("ap")
    expect(options(box.page)).to_have_count(1)
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(options(box.page)).to_have_count(0)
    expect(box).to_have_value("ap")


def test_enter_and_tab_without_a_choice_do_what_they_always_do(box: Locator) -> None:
    page = box.page
    box.press_sequentially("corner")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=corner"))
    box.fill("ap")
    expect(options(page)).to_have_count(1)
    box.press("Tab")
    expect(box).not_to_be_focused()
    expect(box).to_have_value("ap")


def test_an_option_is_taken_by_pointer_where_the_caret_is(box: Locator) -> None:
    page = box.page
    box.fill("fl corner")
    box.evaluate("box => box.setSelectionRange(2, 2)")
    box.press("ArrowDown")
    options(page).filter(has_text="flag").first.click()
    expect(box).to_have_value("flag: corner")
    expect(options(page).first).to_have_text("exception")
    options(page).first.click()
    expect(box).to_have_value("flag:exception corner")


def test_a_mistake_stands_under_the_box_and_a_press_puts_it_right(box: Locator) -> None:
    page = box.page
    box.press_sequentially("stauts:failed corner")
    alert = page.locator("#search-mistakes").get_by_role("alert")
    expect(alert).to_contain_text("There is no field “stauts”.")
    expect(alert.locator("mark")).to_have_text("stauts:failed")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".session-table tbody tr")).to_have_count(1)
    alert.get_by_role("link", name="status:failed corner").click()
    expect(page).to_have_url(re.compile(r"\?q=status%3Afailed\+corner$"))
    expect(page.get_by_role("combobox", name="Search")).to_have_value("status:failed corner")
    expect(page.locator("#search-mistakes").get_by_role("alert")).to_have_count(0)


def test_what_may_be_unfinished_alarms_nobody_while_it_is_typed(box: Locator) -> None:
    page = box.page
    box.press_sequentially("corner status:fai")
    said = page.locator("#search-mistakes")
    expect(said.get_by_role("status")).to_contain_text("“fai” is not one of")
    expect(said.get_by_role("alert")).to_have_count(0)
    page.reload()
    expect(said.get_by_role("alert")).to_contain_text("“fai” is not one of")


def test_a_mistake_goes_when_it_is_corrected_by_hand(box: Locator) -> None:
    box.fill("status:faled")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("status:failed")
    expect(box).not_to_have_attribute("aria-invalid", "true")
    expect(box.page.locator("#search-mistakes")).to_be_empty()


def test_without_javascript_the_box_searches_and_names_mistakes(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    send(acme, status="failed")
    page = page_of(alice, javascript=False)
    page.goto("/sessions/")
    page.get_by_label("Search: words").fill("status:faled")
    page.get_by_role("button", name="Apply").last.click()
    page.get_by_role("link", name="status:failed").click()
    expect(page.locator(".session-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name="How to search").click()
    page.get_by_role("link", name="status:(failed lost)").first.click()
    expect(page.locator(".session-table tbody tr")).to_have_count(1)


def test_nothing_is_wrong_with_the_list_of_completions_mistakes_and_help(box: Locator) -> None:
    page = box.page
    box.press_sequentially("(stauts:failed app:")
    expect(options(page)).to_have_count(2)
    expect(page.locator("#search-mistakes").get_by_role("alert")).to_be_visible()
    box.press("ArrowDown")
    assert active(box) == "com.shop"
    assert violations(page) == []
    page.goto("/sessions/search-help/")
    assert violations(page) == []


def test_enter_behind_an_external_id_opens_its_session(acme: Organisation, send: Send, box: Locator) -> None:
    ident = send(acme, external_id="run-42", title="Checkout")
    box.fill("run-42")
    link = box.page.get_by_role("link", name="Checkout").first
    expect(link).to_be_visible()
    box.press("Enter")
    expect(box.page).to_have_url(re.compile(f"/sessions/{ident}/"))
    box.page.go_back()
    expect(box).to_have_value("run-42")
