"""Tests as somebody would write them, run by the test of the plugin: they know nothing of Session History."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.producers.programs.shop import open_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with open_shop() as address:
        yield address


@pytest.fixture
def context(tmp_path: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        films = "VIDEO" in os.environ
        context = browser.new_context(record_video_dir=tmp_path) if films else browser.new_context()
        yield context
        context.close()
        browser.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_buying(page: Page, shop: str) -> None:
    logging.getLogger("shop").warning("about to buy")
    page.goto(shop)
    page.click("#buy")
    page.wait_for_load_state("networkidle")
    assert page.title() == "Bought"


def test_breaking(page: Page, shop: str) -> None:
    page.goto(shop)
    with page.expect_event("pageerror"):
        page.click("#break")
    assert page.title() == "Broken"


def test_two_pages(context: BrowserContext, shop: str) -> None:
    for path in ("", "thanks"):
        context.new_page().goto(shop + path)
