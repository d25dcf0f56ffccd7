"""Making, copying and revoking a token in a real browser, with scripts and without."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from sessions.accounts.limits import count_sign_in
from sessions.accounts.tokens import make_token, revoke
from sessions.models import ApiToken, Organisation, User
from tests.browser.conftest import PageOf, violations


@pytest.fixture
def every_state(acme: Organisation, alice: User, dave: User, uma: User) -> None:
    past, soon = datetime.now(UTC) - timedelta(days=40), datetime.now(UTC) + timedelta(days=80)
    make_token(alice, "nightly-ci", ["write"], soon)
    make_token(dave, "a rather long label of a device farm in another building, second floor", ["read", "write"])
    make_token(dave, "expired", ["read"], past)
    revoke(dave, make_token(dave, "revoked", ["write"])[0].pk)
    User.objects.filter(pk=uma.pk).update(role="developer")
    uma.refresh_from_db()
    make_token(uma, "of one deactivated", ["read"])
    User.objects.filter(pk=uma.pk).update(is_active=False)
    ApiToken.objects.filter(label="nightly-ci").update(last_used_at=past)
    ApiToken.objects.create(organisation=acme, label="known from imports")


def fill(page: Page, label: str) -> None:
    page.goto("/settings/tokens/new/")
    page.get_by_label("Label").fill(label)
    page.get_by_label("Read").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("heading", name=label)).to_be_visible()
    page.wait_for_load_state()


def test_axe_finds_nothing_wrong_with_tokens(alice: User, every_state: None, page_of: PageOf) -> None:
    page = page_of(alice)
    for path in ("/settings/tokens/", "/settings/tokens/?all"):
        page.goto(path)
        assert violations(page) == [], path
    page.get_by_role("link", name="Revoke nightly-ci").click()
    expect(page.get_by_role("heading", name="Revoke nightly-ci?")).to_be_visible()
    page.wait_for_load_state()
    assert violations(page) == []
    page.goto("/settings/tokens/new/")
    page.get_by_label("Label").fill("without scopes")
    page.get_by_label("Write").uncheck()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    page.wait_for_load_state()
    assert violations(page) == []
    fill(page, "new")
    assert violations(page) == []


def test_axe_finds_nothing_wrong_with_what_a_user_is_told(alice: User, uma: User, page_of: PageOf) -> None:
    page = page_of(uma)
    for path in ("/settings/tokens/", "/settings/tokens/new/"):
        page.goto(path)
        assert violations(page) == [], path


def test_a_token_is_copied_with_a_button(dave: User, page_of: PageOf, live_server: LiveServer) -> None:
    page = page_of(dave)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    fill(page, "nightly")
    secret = page.locator("#secret").inner_text()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    answer = page.context.request.get("/api/v1/sessions", headers={"Authorization": f"Bearer {secret}", "Cookie": ""})
    assert answer.status == 200


def test_going_back_to_the_page_does_not_show_it_again(dave: User, page_of: PageOf) -> None:
    page = page_of(dave)
    fill(page, "nightly")
    secret = page.locator("#secret").inner_text()
    page.get_by_role("link", name="Done").click()
    page.wait_for_url("**/settings/tokens/")
    assert secret not in page.content()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser has kept nothing
        page.go_back()
    # The browser is still on its way to its own page of the error: this waits for it.
    expect(page.locator("body")).not_to_contain_text(secret)


def test_the_day_is_asked_for_where_it_counts(dave: User, page_of: PageOf) -> None:
    page = page_of(dave)
    page.goto("/settings/tokens/new/")
    expect(page.get_by_label("Last day")).to_be_hidden()
    page.get_by_label("Expires").select_option("date")
    expect(page.get_by_label("Last day")).to_be_visible()


def test_without_scripts_one_makes_and_revokes_too(dave: User, page_of: PageOf) -> None:
    page = page_of(dave, javascript=False)
    fill(page, "nightly")
    expect(page.locator("#secret")).to_have_text(re.compile("^sh_"))
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Revoke nightly").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("nightly is revoked.")).to_be_visible()
    expect(page.get_by_role("cell", name="Revoked")).to_be_visible()


def test_too_many_attempts_to_sign_in_have_a_page(page_of: PageOf) -> None:
    # One window may end while the form is filled in. The later one first: counting in it may delete those before.
    for window in (timedelta(minutes=15), timedelta(0)):
        for _ in range(10):
            count_sign_in("nobody@acme.example", "192.0.2.1", datetime.now(UTC) + window)
    page = page_of()
    page.goto("/signin/")
    page.get_by_label("E-mail").fill("nobody@acme.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Too many attempts")).to_be_visible()
    page.wait_for_load_state()
    assert violations(page) == []
