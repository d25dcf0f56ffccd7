"""axe-core finds nothing wrong on any page, in either theme, on a phone either."""

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from sessions.models import Organisation, User
from sessions.query import ListRequest, find_page, listed_records
from tests.browser.conftest import PHONE_WIDTH, PageOf, violations
from tests.conftest import Send

SIGNED_IN = (
    "/sessions/",
    "/sessions/?q=nothing-like-it",
    "/sessions/?start=banana&device=iPhone+15&os=iOS+17",
    "/sessions/views/",
    "/sessions/views/new/?from=app%3Dshop",
    "/usage/",
    "/usage/?start=2026-01-01&end=2026-12-31",
    "/settings/",
    "/settings/organisation/",
    "/settings/members/",
    "/settings/members/invite/",
    "/settings/tokens/",
    "/settings/tokens/?all",
    "/settings/tokens/new/",
    "/password/change/",
    "/no-such-page/",
)
SIGNED_OUT = ("/signin/", "/password/reset/", "/password/reset/sent/", "/api/docs/")


def test_pages_behind_the_sign_in(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    for path in SIGNED_IN:
        page.goto(path)
        assert violations(page) == [], path
    page.goto("/sessions/")
    for summary in page.locator("details.filter > summary").all():
        summary.click()
        assert violations(page, "details.filter[open]") == [], summary.inner_text()


def test_pages_before_the_sign_in(page_of: PageOf) -> None:
    page = page_of()
    for path in SIGNED_OUT:
        page.goto(path)
        assert violations(page) == [], path


def test_one_session_and_its_viewers(
    acme: Organisation, alice: User, recorded: None, send: Send, page_of: PageOf
) -> None:
    record = next(r for r in listed_records(alice, find_page(ListRequest(alice)).ids) if len(r.attachments) == 4)
    page = page_of(alice)
    for tab in ("events", "log", "network", "files", "facts"):
        page.goto(reverse("session_detail", args=[record.id], query={"tab": tab, "t": "1"}))
        expect(page.locator("[data-panel]")).to_have_attribute("data-panel", tab)
        assert violations(page) == [], tab
    page.goto(f"/sessions/{send(acme, status='active', started_at=timezone.now())}/")
    expect(page.get_by_text("No errors so far.")).to_be_visible()
    assert violations(page) == []
    for attachment in record.attachments:
        page.goto(reverse("attachment_view", args=[record.id, attachment.name]))
        assert violations(page) == [], attachment.name


def test_forms_that_were_refused(alice: User, page_of: PageOf) -> None:
    page = page_of(alice)
    for path, field in (("/settings/members/invite/", "email"), ("/settings/", "time_zone")):
        page.goto(path)
        # Past the browser's own checks, to the server's.
        page.locator("main form").last.evaluate("form => { form.noValidate = true }")
        page.locator(f"[name={field}]").fill("nowhere")
        page.locator("main form").last.get_by_role("button").first.click()
        page.locator("[role=alert]").first.wait_for()
        assert violations(page) == [], path


def test_the_description_of_the_api_fits_a_phone(alice: User, page_of: PageOf) -> None:
    page = page_of(alice, width=PHONE_WIDTH)
    page.goto("/api/docs/")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
