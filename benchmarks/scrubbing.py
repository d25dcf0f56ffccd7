"""Measure how a huge session's page keeps up with a dragged playhead: `python -m benchmarks.scrubbing`.

The session of `benchmarks.session_page`, with a video of two hours that really plays, in Debian's Chromium. The page is
opened; then, for each panel, the playhead is dragged over the whole axis with real pointer moves for two seconds, and
Chromium's own trace says how many frames the main thread made and which of its tasks took longer than a thirtieth of a
second. It needs what `make test` installs.
"""

import argparse
import math
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks import database, session_page

SECONDS = 2.0
LONG_MS = 1000 / 30
WIDTH, HEIGHT = 1440, 900
VIDEO_STEP_MS = 1000
CATEGORIES = ["devtools.timeline", "toplevel", "disabled-by-default-devtools.timeline"]
PANELS = ("events", "log", "network")


class Task(NamedTuple):
    """Milliseconds from its beginning to its end, and those of a processor: fewer on a machine that is busy."""

    wall: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scrubbing", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--log-mib", type=int, default=200)
    parser.add_argument("--har-mib", type=int, default=50)
    parser.add_argument("--database", default=database.NAME, help="its name; one that exists is lost")
    arguments = parser.parse_args()
    # Playwright runs an event loop, in which Django refuses the database unless told.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with database.set_up(arguments.database), TemporaryDirectory() as folder, chromium() as page:
        run(page, Path(folder), arguments)


@contextmanager
def chromium() -> Iterator[Page]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        browser.close()


def run(page: Page, folder: Path, arguments: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import names
    from benchmarks.client import Client
    from benchmarks.servers import gunicorn
    from tests.browser.webm import clock_video

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    print("Making the session ...")
    organisation, email = session_page.make_admin()
    length = round(session_page.LENGTH.total_seconds() * 1000)
    video = clock_video(page, range(0, length, VIDEO_STEP_MS), length)
    session_id = session_page.make_session(organisation, folder, arguments.log_mib, arguments.har_mib, video)
    session_page.add_events(organisation, session_id, arguments.events)
    connection.close()
    with gunicorn("sessionhistory.wsgi", "benchmarks.settings") as server:
        client = Client(server.port)
        client.sign_in(email, names.PASSWORD)
        name, _, value = client.cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{server.port}"}])
        for panel in PANELS:
            path = f"/sessions/{session_id}/?tab={panel}"
            client.page(path)  # reads the panel's file once
            measure(page, f"http://127.0.0.1:{server.port}{path}", panel)


def measure(page: Page, url: str, panel: str) -> None:
    page.goto(url)
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    usable = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    devtools = page.context.new_cdp_session(page)
    drag(page)  # once, so that the code is compiled
    # The panel of where it was let go comes then.
    page.wait_for_timeout(500)
    page.wait_for_load_state("networkidle")
    with traced(devtools) as trace:
        moves = drag(page)
    frames, tasks = frames_of(trace)
    long = sum(one.wall > LONG_MS for one in tasks)
    print(
        f"{panel:8} usable after {usable:.0f} ms; {moves / SECONDS:.0f} moves and {frames / SECONDS:.0f} frames a"
        f" second; {long} tasks over {LONG_MS:.0f} ms, the longest {tasks[0].wall:.0f} ms;"
        f" {sum(one.processor for one in tasks) / max(frames, 1):.1f} ms of a processor a frame"
    )


def drag(page: Page) -> int:
    """To both ends of the axis and back to its middle, for SECONDS; how many times the pointer was moved."""
    lanes, head = page.locator("[data-lanes]").bounding_box(), page.locator("[data-playhead] line").bounding_box()
    assert lanes
    assert head
    middle = lanes["y"] + lanes["height"] / 2
    page.mouse.move(head["x"], middle)
    page.mouse.down()
    started, moves = time.monotonic(), 0
    while (passed := time.monotonic() - started) < SECONDS:
        share = 0.5 + 0.49 * math.sin(2 * math.pi * passed / SECONDS)
        page.mouse.move(lanes["x"] + lanes["width"] * share, middle)
        moves += 1
    page.mouse.up()
    return moves


@contextmanager
def traced(devtools: CDPSession) -> Iterator[list[dict[str, Any]]]:
    """What Chromium notes within the block; complete when it has been left."""
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    devtools.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    devtools.on("Tracing.tracingComplete", lambda told: ended.append(told))  # noqa: PLW0108  Playwright marks the function
    devtools.send("Tracing.start", {"traceConfig": {"includedCategories": CATEGORIES}})
    yield events
    devtools.send("Tracing.end")
    while not ended:
        devtools.send("Browser.getVersion")
        time.sleep(0.05)


def frames_of(trace: list[dict[str, Any]]) -> tuple[int, list[Task]]:
    """How many frames the page's main thread made, and its tasks, the longest first."""
    mains = {
        (event["pid"], event["tid"])
        for event in trace
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    made: dict[tuple[int, int], list[dict[str, Any]]] = {main: [] for main in mains}
    for event in trace:
        if (thread := (event["pid"], event["tid"])) in mains:
            made[thread].append(event)
    # The page's own process is the one that has most to do.
    own = max(made.values(), key=len)
    frames = sum(event["name"] == "AnimationFrame" and event["ph"] == "b" for event in own)
    whole = (event for event in own if event["name"] == "RunTask" and "dur" in event)
    tasks = [Task(event["dur"] / 1000, event.get("tdur", 0) / 1000) for event in whole]
    return frames, sorted(tasks, reverse=True)


if __name__ == "__main__":
    main()
