"""Saved views with scripts: filters of a view are changed in place, and views are opened by their names."""

import pytest
from playwright.sync_api import Page, expect

from sessions.accounts.saved_views import pin, save_view
from sessions.models import Organisation, SavedView, User
from tests.browser.conftest import PHONE_WIDTH, PageOf, violations
from tests.conftest import Send

LONG = "An extraordinarily long name of a view that somebody typed to see whether it breaks the page"


@pytest.fixture
def view(acme: Organisation, alice: User, send: Send) -> SavedView:
    send(acme, app={"app_id": "shop"}, status="failed")
    send(acme, app={"app_id": "bank"})
    return save_view(alice, "Broken shop", "app=shop&status=failed&q=shop", {}, is_shared=True)


@pytest.fixture
def page(view: SavedView, alice: User, page_of: PageOf) -> Page:
    page = page_of(alice)
    page.goto(f"/sessions/?view={view.pk}")
    return page


def test_a_filter_of_the_view_that_is_taken_away_stays_away(page: Page) -> None:
    search = page.get_by_role("combobox", name="Search")
    search.fill("")
    search.press("Enter")
    expect(page.get_by_text("Changed", exact=True)).to_be_visible()
    page.locator("#summary-app").click()
    page.locator("#options-app").get_by_text("shop").click()
    expect(page.locator(".chip")).to_have_count(1)
    page.reload()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.get_by_role("button", name="Save the view")).to_be_visible()
    page.get_by_role("link", name="Reset the view").click()
    expect(page.locator(".chip")).to_have_count(3)
    expect(page.get_by_text("Changed", exact=True)).to_have_count(0)


def test_the_palette_opens_a_view_by_its_name(page: Page, view: SavedView) -> None:
    page.goto("/sessions/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find a filter, a view or a page").fill("views broken")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Broken shop")).to_be_visible()


def test_nothing_of_a_view_is_wrong_for_axe_or_too_wide_for_a_phone(page: Page, view: SavedView, alice: User) -> None:
    long = save_view(alice, LONG, "app=shop", {})
    for one in (view, long):
        pin(alice, one)
    for path in (f"/sessions/?view={long.pk}&app=", "/sessions/views/", f"/sessions/views/{long.pk}/"):
        page.goto(path)
        assert violations(page) == [], path
        page.set_viewport_size({"width": PHONE_WIDTH, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.set_viewport_size({"width": 1440, "height": 900})
