"""A test with a driver that has the interface of Selenium's, and real Chromium behind it.

Selenium needs a chromedriver, which no package of ours brings. What the plugin asks of a driver is answered here from
the same DevTools messages that chromedriver keeps as its `performance` log.
"""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.producers.programs.shop import open_shop


class Driver:
    __module__ = "selenium.webdriver.chromium.webdriver"

    log_types = ("browser", "driver", "performance")

    def __init__(self, page: Page) -> None:
        self._page = page
        self._logs: dict[str, list[dict[str, Any]]] = {"browser": [], "performance": []}
        self.capabilities = {"browserName": "chrome", "browserVersion": "1.0"}
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        for method in ("Network.requestWillBeSent", "Network.responseReceived"):
            devtools.on(method, lambda params, method=method: self._keep(method, params))
        page.on("console", lambda said: self._log("browser", "SEVERE" if said.type == "error" else "INFO", said.text))

    def _keep(self, method: str, params: dict[str, Any]) -> None:
        message = {"webview": "1", "message": {"method": method, "params": params}}
        self._log("performance", "INFO", json.dumps(message))

    def _log(self, kind: str, level: str, message: str) -> None:
        self._logs[kind].append({"level": level, "message": message, "timestamp": int(time.time() * 1000)})

    @property
    def current_url(self) -> str:
        return self._page.url

    def get(self, url: str) -> None:
        self._page.goto(url, wait_until="networkidle")
        self._page.click("#break")

    def get_screenshot_as_png(self) -> bytes:
        return self._page.screenshot()

    def get_log(self, kind: str) -> list[dict[str, Any]]:
        return self._logs[kind]


@pytest.fixture
def driver() -> Iterator[Driver]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        yield Driver(browser.new_page())
        browser.close()


def test_with_a_driver(driver: Driver) -> None:
    with open_shop() as address:
        driver.get(address)
