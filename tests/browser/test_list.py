"""The list as people use it, with and without JavaScript."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from sessions.models import Organisation, User
from tests.browser.conftest import PageOf
from tests.conftest import NOON, PASSWORD, Send


def test_somebody_signs_in_and_sees_the_list(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of()
    page.goto("/")
    expect(page).to_have_url(re.compile("/signin/"))
    page.get_by_label("E-mail").fill("alice@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Session History")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(16)


def test_a_filter_applies_at_once_and_stands_in_the_address(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    page.locator("summary", has_text="All devices").click()
    page.get_by_role("checkbox", name="iPhone 15").check()
    expect(page).to_have_url(re.compile(r"\?device=iPhone(\+|%20)15$"))
    devices = page.locator("td.col-device .cell-main")
    expect(devices.first).to_have_text("iPhone 15")
    assert set(devices.all_inner_texts()) == {"iPhone 15"}
    expect(page.locator("#summary-device")).to_have_text("iPhone 15")
    expect(page.locator("#export")).to_have_attribute("href", re.compile(r"device=iPhone\+15"))
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(16)


def test_a_panel_stays_in_the_window_when_choosing_moves_its_button(
    alice: User, recorded: None, page_of: PageOf
) -> None:
    page = page_of(alice)
    for width in (1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/sessions/")
        page.locator("#summary-device").click()
        page.get_by_role("checkbox", name="iPhone 15").check()
        expect(page.locator("#summary-device")).to_have_text("iPhone 15")
        expect(page.locator("details[open] .filter-panel")).to_be_in_viewport(ratio=1)


def test_filters_that_the_server_cannot_answer_say_so(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    alert = page.get_by_role("alert")
    page.locator(".filter-more > summary").click()
    page.locator("summary", has_text="Any status").click()
    page.route("**/sessions/?*", lambda route: route.fulfill(status=503))
    page.get_by_role("checkbox", name="Failed").check()
    expect(alert).to_contain_text("The server could not answer.")
    page.unroute("**/sessions/?*")
    page.route("**/sessions/?*", lambda route: route.abort())
    page.get_by_role("checkbox", name="Ended").check()
    again = alert.get_by_role("link", name="Try again")
    expect(again).to_have_attribute("href", re.compile(r"\?status=ended&status=failed$"))
    page.unroute("**/sessions/?*")
    page.get_by_role("checkbox", name="Failed").uncheck()
    expect(page).to_have_url(re.compile(r"\?status=ended$"))
    expect(alert).to_be_hidden()


def test_search_narrows_while_one_types(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    page.keyboard.press("/")
    page.keyboard.type("admin")
    expect(page.locator(".chip")).to_contain_text("admin")
    expect(page).to_have_url(re.compile(r"\?q=admin$"))


def test_a_list_of_options_can_be_searched(acme: Organisation, alice: User, send: Send, page_of: PageOf) -> None:
    for number in range(12):
        send(acme, user=f"person{number}@acme.example", started_at=NOON + timedelta(minutes=number))
    page = page_of(alice)
    page.goto("/sessions/")
    page.locator("summary", has_text="All users").click()
    page.get_by_placeholder("Find").first.fill("person7")
    expect(page.locator("#options-user .option:visible")).to_have_count(1)


@pytest.mark.parametrize("javascript", [True, False])
def test_filters_are_removed_one_by_one_and_all_together(
    alice: User, recorded: None, page_of: PageOf, *, javascript: bool
) -> None:
    page = page_of(alice, javascript=javascript)
    page.goto("/sessions/?device=iPhone+15&platform=web&q=data")
    page.get_by_role("link", name="Remove Device: iPhone 15").click()
    expect(page).to_have_url(re.compile(r"\?platform=web&q=data$"))
    page.get_by_role("link", name="Clear all").click()
    expect(page).to_have_url(re.compile(r"/sessions/$"))


def test_without_javascript_the_form_has_a_button(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice, javascript=False)
    page.goto("/sessions/")
    page.locator("summary", has_text="All devices").click()
    page.get_by_role("checkbox", name="Pixel 7").check()
    page.locator("details[open] button", has_text="Apply").click()
    expect(page.locator(".chip")).to_contain_text("Pixel 7")
    assert set(page.locator("td.col-device .cell-main").all_inner_texts()) == {"Pixel 7"}


def test_a_row_opens_its_session_by_mouse_and_keyboard(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/")
    page.locator("tbody tr").nth(2).locator(".col-device").click(position={"x": 100, "y": 10})
    expect(page).to_have_url(re.compile(r"/sessions/[0-9a-f-]{36}/$"))
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/sessions/[0-9a-f-]{36}/$"))


@pytest.mark.parametrize("javascript", [True, False])
def test_older_and_newer_lead_there_and_back(
    acme: Organisation, alice: User, send: Send, page_of: PageOf, *, javascript: bool
) -> None:
    for number in range(7):
        send(acme, started_at=NOON + timedelta(minutes=number), app={"app_id": f"app{number}"})
    page = page_of(alice, javascript=javascript)
    page.goto("/sessions/?limit=3")
    names = page.locator("td.col-app .cell-main")
    expect(names).to_have_text(["app6", "app5", "app4"])
    page.get_by_role("link", name="Older").click()
    expect(names).to_have_text(["app3", "app2", "app1"])
    page.get_by_role("link", name="Older").click()
    expect(names).to_have_text(["app0"])
    page.get_by_role("link", name="Newer").click()
    expect(names).to_have_text(["app3", "app2", "app1"])
    page.get_by_role("link", name="Newer").click()
    expect(names).to_have_text(["app6", "app5", "app4"])


def test_headers_sort_and_turn_the_order_round(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto("/sessions/?platform=web")
    page.get_by_role("link", name="Duration").click()
    expect(page.locator("th.col-duration")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Duration").click()
    expect(page.locator("th.col-duration")).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(re.compile("platform=web&sort=duration_ms"))


def test_rows_keep_up_and_new_sessions_announce_themselves(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    running = {"external_id": "running", "started_at": now - timedelta(minutes=1)}
    send(acme, status="active", **running)
    page = page_of(alice)
    page.goto("/sessions/")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("In progress")
    send(acme, status="ended", ended_at=now, **running)
    send(acme, started_at=now)
    expect(row).to_contain_text("1m 00s", timeout=15_000)
    news = page.get_by_role("link", name="1 new session")
    expect(news).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    news.click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_name_cut_in_the_middle_is_copied_as_one_and_a_short_one_is_read_as_one(
    alice: User, dave: User, page_of: PageOf
) -> None:
    alice.email = "alice.who.has.a.rather.long.name@acme.example"
    alice.save()
    page = page_of(alice)
    page.context.grant_permissions(["clipboard-read"])
    page.goto("/settings/members/")
    page.locator("main .middle", has_text=alice.email).evaluate("name => getSelection().selectAllChildren(name)")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == alice.email
    expect(page.get_by_role("link", name=str(dave.email), exact=True)).to_be_visible()


def test_the_sidebar_folds_away_on_a_phone(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice, width=390)
    page.goto("/sessions/")
    usage = page.get_by_role("link", name="Usage")
    expect(usage).to_be_hidden()
    page.get_by_text("Menu").click()
    expect(usage).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
