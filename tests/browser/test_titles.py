"""Whatever a title and an outcome are, the pages that show them keep their width and run nothing."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from sessions.models import Organisation, User
from tests.browser.conftest import PHONE_WIDTH, PageOf, violations
from tests.conftest import NOON, Send

TITLES = {
    "long words": "x" * 500,
    "right to left": "يدفع ببطاقة منتهية الصلاحية › " * 9,
    "markup": '"><img src=x onerror=document.title="run"><b>' * 5,
    "lines": "a\nb\n" * 100,
    "marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
}


@pytest.mark.parametrize("width", [PHONE_WIDTH, 1024, 1440])
@pytest.mark.parametrize("name", TITLES)
def test_a_page_is_no_wider_for_a_title_or_an_outcome(
    acme: Organisation, alice: User, send: Send, page_of: PageOf, name: str, width: int
) -> None:
    title = TITLES[name]
    said = {"app": {"app_id": "com.acme.shop", "name": "Shop", "version": "8.4"}, "title": title}
    passed = send(acme, **said, outcome=title * 2, started_at=NOON - timedelta(minutes=1))
    failed = send(acme, **said, outcome=title * 4, status="failed")
    page = page_of(alice, width=width)
    for path in (
        "/sessions/",
        f"/sessions/{failed}/?tab=facts",
        f"/sessions/{passed}/?tab=facts",
        f"/sessions/compare/?a={passed}&b={failed}",
    ):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
        assert page.title() != "run"
    page.goto(f"/sessions/{failed}/")
    assert page.locator("h1").inner_text().split() == title.split()


def test_a_failed_session_reads_well_also_on_paper(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    app = {"app_id": "com.acme.shop", "name": "Acme Shop", "version": "8.39.0", "build": "3962"}
    said = {"title": "checkout › pays with an expired card", "outcome": "The card was declined", "status": "failed"}
    send(acme, app=app, **said, ended_at=NOON + timedelta(seconds=49))
    page = page_of(alice, width=1440)
    page.goto("/sessions/")
    expect(page.locator(".cell-reason")).to_have_text("The card was declined")
    assert violations(page) == []
    page.get_by_role("link", name="checkout › pays with an expired card").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("checkout › pays with an expired card")
    assert violations(page) == []
    page.get_by_role("link", name="Facts", exact=True).click()
    expect(page.locator(".related")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".related")).to_be_hidden()
    for said_on_paper in ("checkout › pays with an expired card", "Acme Shop 8.39.0 (3962)", "The card was declined"):
        expect(page.get_by_text(said_on_paper, exact=True).first).to_be_visible()
