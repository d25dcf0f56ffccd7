"""Record a trace and a HAR file of the shop with Chromium: `python record.py FOLDER CHROMIUM`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.producers.programs.shop import open_shop


def main(folder: Path, chromium: str) -> None:
    with open_shop() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(
            viewport={"width": 800, "height": 600},
            record_har_path=folder / "har" / "shop.har",
        )
        context.tracing.start(screenshots=True, snapshots=True)
        page = context.new_page()
        page.goto(address)
        page.fill("#name", "a secret")
        with page.expect_event("pageerror"):
            page.click("#break")
        with page.expect_response("**/thanks") as thanks:
            page.click("a")
        page.wait_for_url("**/thanks")
        thanks.value.body()  # a recording that ends before has the answer without it
        page.wait_for_load_state("networkidle")
        context.tracing.stop(path=folder / "trace" / "trace.zip")
        context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
