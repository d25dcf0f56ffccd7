"""A real Chromium against the real server. Debian's package; without one these tests are skipped."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from sessions.ingest.importing import import_ndjson
from sessions.models import Organisation, User

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RECORDED = Path(__file__).parent.parent / "data" / "browser" / "sessions.ndjson"

PageOf = Callable[..., Page]

PHONE_WIDTH = 390
RULES_ON_COLOURS = ("color-contrast", "link-in-text-block")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # One browser a worker, and a database that the server's threads see.
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no Chromium on the PATH"))


@pytest.fixture(scope="session", autouse=True)
def _synchronous() -> None:
    """Playwright's synchronous interface runs an event loop, in which Django refuses the database unless told."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page_of(browser: Browser, live_server: LiveServer) -> Iterator[PageOf]:
    """`page_of(alice)` is alice's browser, signed in; `javascript=False` turns scripts off.

    Fails the test when the page logs an error, such as a breach of the content security policy.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(user: User | None = None, *, javascript: bool = True, width: int = 1280, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            java_script_enabled=javascript,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if "Security Policy" in message.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def recorded(acme: Organisation) -> None:
    """The 16 recorded sessions with their files."""
    with RECORDED.open("rb") as file:
        for _, report in import_ndjson(acme, file, RECORDED.parent):
            assert not report.refused


def violations(page: Page, within: str | None = None) -> list[str]:
    """What axe-core finds wrong with a page, or a part of it, in the light, in the dark and on a phone, a line each.

    A theme changes colours and nothing else, so that in the dark only these are looked at. Leaves the page as it was.
    """
    size = page.viewport_size
    assert size
    found = _violations(page, within)
    page.emulate_media(color_scheme="dark")
    found += _violations(page, within, runOnly=RULES_ON_COLOURS)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": PHONE_WIDTH, "height": size["height"]})
    found += _violations(page, within)
    page.set_viewport_size(size)
    return found


def _violations(page: Page, within: str | None, **options: Any) -> list[str]:
    found = Axe().run(page, within, {"resultTypes": ["violations"]} | options).response["violations"]
    return [f"{item['id']}: {item['help']} ({item['nodes'][0]['html'][:200]})" for item in found]
