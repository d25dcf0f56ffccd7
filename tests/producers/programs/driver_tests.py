"""A test with a driver of Selenium: Debian's chromedriver and Chromium, found on the PATH."""

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.producers.programs.shop import open_shop


@pytest.fixture
def driver() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = os.environ["CHROMIUM"]
    arguments = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
    for argument in arguments:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Chrome(options, Service(shutil.which("chromedriver")))
    yield browser
    browser.quit()


def test_with_a_driver(driver: Chrome) -> None:
    with open_shop() as address:
        driver.get(address)
        driver.find_element(By.ID, "break").click()
        WebDriverWait(driver, 10).until(lambda _: driver.get_screenshot_as_png())
