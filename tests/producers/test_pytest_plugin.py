"""A real run of pytest with the plugin, driving real Chromium, shows up in the list with its files."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory, milliseconds_of

from sessions.models import User
from sessions.viewers.har.entry import Request
from tests.attachments.archives import requests_in
from tests.producers.conftest import PROGRAMS, Listed, program

# Playwright records videos with an encoder of its own, which `playwright install ffmpeg` brings.
HAS_ENCODER = any(Path.home().glob(".cache/ms-playwright/ffmpeg-*/ffmpeg-*"))

PLAIN = """
import warnings
import pytest

def test_passes(): print("hello from the test")
def test_fails(): assert 1 + 1 == 3
@pytest.mark.skip(reason="not today")
def test_skipped(): ...
@pytest.mark.xfail
def test_expected_to_fail(): raise RuntimeError("known")
@pytest.fixture
def broken(): raise OSError("no device")
def test_without_its_fixture(broken): ...
"""


def run(folder: Path, url: str, secret: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n")
    return program(
        "-m", "pytest", "-p", "pytest_session_history", "--session-history-url", url,
        "--session-history-app", "io.acme.shop", "-p", "no:cacheprovider", "-p", "no:django", "--rootdir", folder,
        folder, *arguments, SESSION_HISTORY_TOKEN=secret, **environment,
    )  # fmt: skip


def by_path(archive: bytes) -> dict[str, Request]:
    return {read.request.url.partition("/api")[2]: read.request for read in requests_in(archive)}


def by_test(sessions: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {session["attributes"]["test"].rpartition("::")[2]: session for session in sessions}


def test_each_test_is_a_session_with_its_outcome_and_its_log(
    live_server: LiveServer, secret: str, history: SessionHistory, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_plain.py").write_text(PLAIN)

    ran = run(tmp_path, live_server.url, secret)

    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"Session History: 5 recorded at {live_server.url}/sessions/" in ran.stdout
    sessions = by_test(listed())
    assert {name: (found["status"], found["attributes"]["outcome"]) for name, found in sessions.items()} == {
        "test_passes": ("ended", "passed"),
        "test_fails": ("failed", "failed"),
        "test_skipped": ("ended", "skipped"),
        "test_expected_to_fail": ("ended", "xfailed"),
        "test_without_its_fixture": ("failed", "error"),
    }
    passed, failed = sessions["test_passes"], sessions["test_fails"]
    assert (passed["app"]["app_id"], passed["initiator"]["label"]) == ("io.acme.shop", "nightly-ci")
    assert passed["duration_ms"] is not None
    assert b"hello from the test" in history.download(passed["attachments"][0]["url"])
    assert b"assert (1 + 1) == 3" in history.download(failed["attachments"][0]["url"])
    assert failed["flags"]["exception"]
    events = history.request("GET", f"/api/v1/sessions/{failed['id']}/events")["events"]
    (thrown,) = [event for event in events if event["event_type"] == "exception"]
    assert thrown["event_properties"]["message"].startswith("AssertionError: ")
    assert "test_plain.py" in thrown["event_properties"]["trace"]


@pytest.mark.chromium
def test_a_test_that_drives_chromium_has_its_screenshot_console_requests_and_video(
    live_server: LiveServer,
    secret: str,
    history: SessionHistory,
    listed: Listed,
    client_of: Callable[[User], Client],
    dave: User,
    tmp_path: Path,
) -> None:
    shutil.copy(PROGRAMS / "shop_tests.py", tmp_path / "test_shop.py")

    ran = run(tmp_path, live_server.url, secret, **({"VIDEO": "1"} if HAS_ENCODER else {}))

    assert "1 failed, 2 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "Session History: 3 recorded" in ran.stdout, ran.stdout
    page = client_of(dave).get("/sessions/").content.decode()
    assert page.count("io.acme.shop") >= 3
    sessions = by_test(listed())
    assert all(f"/sessions/{session['id']}/" in page for session in sessions.values())
    files: dict[str, dict[str, bytes]] = {}
    for name, session in sessions.items():
        files[name] = {}
        for file in session["attachments"]:
            content = history.download(file["url"])
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
            files[name][file["name"]] = content
    expected = {"test.log", "console.log", "network.har", "screenshot.png"}
    expected |= {"video.webm"} if HAS_ENCODER else set()
    assert set(files["test_buying"]) == set(files["test_breaking"]) == expected
    assert {"screenshot.png", "screenshot-page-2.png"} <= set(files["test_two_pages"])
    assert files["test_buying"]["screenshot.png"].startswith(b"\x89PNG")
    assert b"LOG shop is open" in files["test_buying"]["console.log"]
    assert b"about to buy" in files["test_buying"]["test.log"]
    requests = by_path(files["test_buying"]["network.har"])
    assert requests["/cart?full=1"].status == 200
    assert sessions["test_breaking"]["status"] == "failed"
    assert b"EXCEPTION cart is undefined" in files["test_breaking"]["console.log"]
    events = history.request("GET", f"/api/v1/sessions/{sessions['test_breaking']['id']}/events")["events"]
    assert {"navigate", "console_error", "exception", "setup", "call", "teardown"} == {
        event["event_type"] for event in events
    }
    assert sessions["test_buying"]["attributes"]["browser"] == "chromium"
    files_of_buying = {file["name"]: file["starts_at"] for file in sessions["test_buying"]["attachments"]}
    began, ended = (milliseconds_of(sessions["test_buying"][name]) for name in ("started_at", "ended_at"))
    for name in ("console.log", "network.har", "screenshot.png"):
        assert began < milliseconds_of(files_of_buying[name]) < ended


@pytest.mark.chromium
@pytest.mark.skipif(not shutil.which("chromedriver"), reason="no chromedriver on the PATH")
def test_a_test_with_a_selenium_driver_has_its_screenshot_console_and_requests(
    live_server: LiveServer, secret: str, history: SessionHistory, listed: Listed, tmp_path: Path
) -> None:
    shutil.copy(PROGRAMS / "driver_tests.py", tmp_path / "test_driver.py")

    ran = run(tmp_path, live_server.url, secret)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    (session,) = listed()
    files = {file["name"]: history.download(file["url"]) for file in session["attachments"]}
    assert set(files) == {"test.log", "console.log", "network.har", "screenshot.png"}
    assert b"INFO shop is open (http://127.0.0.1:" in files["console.log"]
    assert b"ERROR the cart is broken (http://127.0.0.1:" in files["console.log"]
    assert b"ERROR Uncaught Error: cart is undefined (http://127.0.0.1:" in files["console.log"]
    assert files["screenshot.png"].startswith(b"\x89PNG")
    requests = by_path(files["network.har"])
    assert (requests["/cart?full=1"].method, requests["/cart?full=1"].status) == ("GET", 200)
    assert session["attributes"]["browser"] == "chrome"
    assert session["flags"]["exception"]
    events = history.request("GET", f"/api/v1/sessions/{session['id']}/events")["events"]
    assert {"navigate", "console_error", "exception"} <= {event["event_type"] for event in events}


def test_workers_of_xdist_record_too(live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text("".join(f"def test_{n}(): ...\n" for n in range(6)))

    ran = run(tmp_path, live_server.url, secret, "-n", "2")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    sessions = listed()
    assert len(sessions) == 6
    assert {session["attributes"]["worker"] for session in sessions} == {"gw0", "gw1"}
    assert len({session["attributes"]["run"] for session in sessions}) == 1


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_a_server_that_is_away_fails_no_test_and_is_one_line_at_the_end(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "test_many.py").write_text("".join(f"def test_{n}(): ...\n" for n in range(6)))

    ran = run(tmp_path, "http://127.0.0.1:9", "sh_x", *arguments)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "6 passed" in ran.stdout
    said = [line for line in ran.stdout.splitlines() if "Session History" in line]
    assert len(said) == 1
    assert "http://127.0.0.1:9 does not answer" in said[0]


def test_without_an_address_nothing_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): ...\n")

    ran = run(tmp_path, "", "")

    assert ran.returncode == 0
    assert "Session History" not in ran.stdout
