"""A real run of pytest with the plugin, driving real Chromium, shows up in the list with its files."""

import hashlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory, Spool, milliseconds_of

from sessions.models import User
from sessions.viewers.har.entry import Request
from tests.attachments.archives import requests_in
from tests.producers.conftest import PROGRAMS, ROOT, Listed, program
from tests.producers.failing_server import Asked, answer, created, cut, server, status

# Playwright records videos with an encoder of its own, which `playwright install ffmpeg` brings.
HAS_ENCODER = any(Path.home().glob(".cache/ms-playwright/ffmpeg-*/ffmpeg-*"))

SENDER = ROOT / "clients" / "session_history.py"

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
    """pytest with this plugin and that of xdist; those of all other packages here would take most of its time."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    return program(
        "-m", "pytest", "-p", "xdist", "-p", "pytest_session_history", "--session-history-url", url,
        "--session-history-app", "io.acme.shop", "-p", "no:cacheprovider", "--rootdir", folder,
        folder, *arguments, SESSION_HISTORY_TOKEN=secret, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        **{"SESSION_HISTORY_SPOOL": str(folder / "spool"), **environment},
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
    assert f"Session History: 5 sent, 0 kept, 0 lost: {live_server.url}/sessions/" in ran.stdout
    sessions = by_test(listed())
    assert {name: (found["status"], found["attributes"]["outcome"]) for name, found in sessions.items()} == {
        "test_passes": ("ended", "passed"),
        "test_fails": ("failed", "failed"),
        "test_skipped": ("ended", "skipped"),
        "test_expected_to_fail": ("ended", "xfailed"),
        "test_without_its_fixture": ("failed", "error"),
    }
    assert {name: (found["title"], found["outcome"]) for name, found in sessions.items()} == {
        "test_passes": ("test_passes", None),
        "test_fails": ("test_fails", "AssertionError: assert (1 + 1) == 3"),
        "test_skipped": ("test_skipped", "Skipped: not today"),
        "test_expected_to_fail": ("test_expected_to_fail", None),
        "test_without_its_fixture": ("test_without_its_fixture", "OSError: no device"),
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


NAMED = """
import pytest

class TestCart:
    @pytest.mark.parametrize("text", [1, 2], ids=["a::b[1]", "x" * 600])
    def test_named(self, text): raise ValueError("\\n  too \\0 long\\n" + "x" * 3_000)
    def test_long(self): raise ValueError("x" * 3_000)
    def test_long_secret(self): raise ValueError("x" * 1_983 + " Bearer " + "s3cr3t-Value_of.it" * 3)
"""


def test_a_test_is_named_by_its_suite_and_title_and_a_long_reason_is_cut(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_cart.py").write_text(NAMED)

    run(tmp_path, live_server.url, secret)

    plain, long, long_reason, long_secret = listed()
    assert plain["title"] == "TestCart › test_named[a::b[1]]"
    assert {session["attributes"]["suite"] for session in listed()} == {"deep/test_cart.py"}
    assert len(long["title"]) == 500
    assert long["title"].endswith("xxx…")
    assert plain["outcome"] == "ValueError:"
    assert (long_reason["outcome"][:20], len(long_reason["outcome"])) == ("ValueError: xxxxxxxx", 2_000)
    assert "s3cr3t" not in long_secret["outcome"]


RERUN = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    # As pytest-rerunfailures does it.
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        for report in reports:
            if report.failed and attempt < 2:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not any(report.outcome == "rerun" for report in reports):
            break
    return True
"""
FLAKY = """
tried = []
def test_flaky():
    tried.append(1)
    assert len(tried) == 2
def test_broken():
    tried.append(1)
    raise ValueError(f"attempt {len(tried)}")
"""


def test_a_test_that_is_tried_again_says_how_often_and_why_the_last_attempt_failed(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(RERUN)
    (tmp_path / "test_flaky.py").write_text(FLAKY)

    ran = run(tmp_path, live_server.url, secret)

    said = [(found["title"], found["status"], found["outcome"], found["attributes"]["retry"]) for found in listed()]
    assert said == [
        ("test_flaky", "ended", None, 1),
        ("test_broken", "failed", "ValueError: attempt 5", 2),
    ], ran.stdout


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_a_run_and_its_commit_are_what_the_service_that_runs_it_calls_them(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "test_many.py").write_text("def test_a(): ...\ndef test_b(): ...\n")

    run(tmp_path, live_server.url, secret, *arguments, GITHUB_RUN_ID="", CI_PIPELINE_ID="871", CI_COMMIT_SHA="c0ffee")

    assert [(found["attributes"]["run"], found["attributes"]["commit"]) for found in listed()] == [
        ("871", "c0ffee")
    ] * 2


def test_elsewhere_a_run_has_an_id_of_its_own_and_git_says_the_commit(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_many.py").write_text("def test_a(): ...\n")
    run(tmp_path, live_server.url, secret)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    run(tmp_path, live_server.url, secret)

    before, after = (found["attributes"] for found in listed())
    assert "commit" not in before
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert after["commit"] == head
    assert before["run"] != after["run"]


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
    assert "Session History: 3 sent, 0 kept, 0 lost" in ran.stdout, ran.stdout
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
    expected = {"console.log", "network.har", "screenshot.png"}
    expected |= {"video.webm"} if HAS_ENCODER else set()
    assert set(files["test_buying"]) == expected | {"test.log"}  # which has nothing to say of the other one
    assert set(files["test_breaking"]) == expected | {"test.log"}
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
    assert set(files) == {"console.log", "network.har", "screenshot.png"}
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


SIX = "".join(f"def test_{number}(): ...\n" for number in range(6))


def said_by(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line."""
    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("Session History: ")]
    return line.removeprefix("Session History: ")


def sent_later(folder: Path, url: str, secret: str) -> str:
    """What the command says that sends what is kept."""
    environment = {"SESSION_HISTORY_TOKEN": secret, "SESSION_HISTORY_SPOOL": str(folder / "spool")}
    return said_by(program(SENDER, "send", "--url", url, **environment))


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_a_server_that_is_away_fails_no_test_and_is_one_line_at_the_end(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "test_many.py").write_text(SIX)

    ran = run(tmp_path, "http://127.0.0.1:9", "sh_x", *arguments)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "6 passed" in ran.stdout
    said = said_by(ran)
    assert said.startswith("0 sent, 6 kept, 0 lost (unreachable: http://127.0.0.1:9 does not answer")
    assert f"{SENDER} send --url http://127.0.0.1:9 --spool {tmp_path / 'spool'}" in said


@pytest.mark.parametrize("url", ["sessions.example.com", "http://", "http://[::1"])
def test_what_is_no_address_is_said_and_ends_no_run(tmp_path: Path, url: str) -> None:
    (tmp_path / "test_many.py").write_text(SIX)

    ran = run(tmp_path, url, "sh_x")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert said_by(ran).startswith("nothing is recorded: ")


def test_what_could_not_be_sent_is_sent_by_the_command_and_by_the_next_run(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_many.py").write_text(SIX)

    for _ in range(2):
        assert said_by(run(tmp_path, live_server.url, "sh_of nobody")).startswith("0 sent, 6 kept, 0 lost (unauth")
    assert sent_later(tmp_path, live_server.url, secret) == "12 sent, 0 kept, 0 lost"
    assert len(listed()) == 12

    run(tmp_path, live_server.url, "sh_of nobody")
    run(tmp_path, live_server.url, secret)
    while Spool(live_server.url, tmp_path / "spool").left():  # its sender has a few seconds more
        time.sleep(0.05)
    assert len(listed()) == 24


def test_many_tests_go_in_few_requests(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text("".join(f"def test_{number}(): ...\n" for number in range(400)))

    with server(created) as (url, bodies):
        ran = run(tmp_path, url, "sh_x")

    assert said_by(ran) == f"400 sent, 0 kept, 0 lost: {url}/sessions/"
    assert sum(len(body.splitlines()) for body in bodies) == 400
    assert len(bodies) < 100


def test_a_server_that_fails_for_a_while_gets_everything_once_it_answers(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text(SIX + "def test_prints(): print('hello')\n")

    with server(status(503), cut, status(429, Retry_After="0"), created) as (url, bodies):
        ran = run(tmp_path, url, "sh_x")

    assert said_by(ran) == f"7 sent, 0 kept, 0 lost: {url}/sessions/"
    assert any(b"hello" in body for body in bodies)


def test_a_server_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text(SIX)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        ran = run(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", "sh_x")

    assert ran.returncode == 0
    assert said_by(ran).startswith("0 sent, 6 kept, 0 lost")


def test_a_run_that_stops_early_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text(SIX.replace("def test_2(): ...", "def test_2(): assert False"))

    with server(created) as (url, _):
        ran = run(tmp_path, url, "sh_x", "--exitfirst")

    assert said_by(ran) == f"3 sent, 0 kept, 0 lost: {url}/sessions/"


def test_a_line_that_the_server_refuses_is_lost_and_named_and_the_others_are_sent(tmp_path: Path) -> None:
    def refuse_the_second(request: Asked) -> None:
        outcomes: list[dict[str, Any]] = [
            {"line": number, "status": "created", "id": "1"} for number in range(1, len(request.sent.splitlines()) + 1)
        ]
        outcomes[1] = {"line": 2, "status": "refused", "code": "invalid_value", "field": "os", "message": "is wrong"}
        answer(request, 200, "\n".join(map(json.dumps, outcomes)).encode())

    (tmp_path / "test_many.py").write_text(SIX)
    with server(status(503), refuse_the_second) as (url, _):  # by then all six are there
        ran = run(tmp_path, url, "sh_x")

    assert said_by(ran) == f"5 sent, 0 kept, 1 lost (invalid_value: os: is wrong): {url}/sessions/"


KILLED = """
import os, signal
def test_before(): ...
def test_killed(): os.kill(os.getpid(), signal.SIGKILL)
def test_after(): ...
"""


def test_a_run_that_is_killed_loses_nothing(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_killed.py").write_text(KILLED)

    run(tmp_path, live_server.url, "sh_of nobody")
    assert sent_later(tmp_path, live_server.url, secret) == "2 sent, 0 kept, 0 lost"

    sessions = by_test(listed())
    assert {name: (found["status"], found["attributes"]["outcome"]) for name, found in sessions.items()} == {
        "test_before": ("ended", "passed"),
        "test_killed": ("failed", "broken off"),
    }
    assert sessions["test_killed"]["outcome"] == "The process ended while this test ran."


def test_a_worker_that_crashes_loses_no_test_and_the_one_that_it_ran_has_failed(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_killed.py").write_text(KILLED)

    ran = run(tmp_path, live_server.url, secret, "-n", "1")

    assert said_by(ran).startswith("3 sent, 0 kept, 0 lost")
    outcomes = {name: found["attributes"]["outcome"] for name, found in by_test(listed()).items()}
    assert outcomes == {"test_before": "passed", "test_killed": "broken off", "test_after": "passed"}
    assert {session["status"] for session in listed()} == {"ended", "failed"}


ODD = """
import pytest

class Mute(Exception):
    def __str__(self): raise RuntimeError("no")
    __repr__ = __str__

def test_mute(): raise Mute
def test_nul(): raise ValueError("a\\0b\\ud800")
@pytest.mark.xfail
def test_unexpected(): ...
@pytest.fixture
def leaking():
    yield
    raise OSError("no device")
def test_its_fixture_fails_later(leaking): ...
@pytest.mark.parametrize("text", ["\\ud800", "\\0"])
def test_named(text): ...
def test_clock(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 0)
def test_stopped(): raise KeyboardInterrupt
"""


def test_what_tests_do_ends_neither_the_run_nor_the_recording(
    live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_odd.py").write_text(ODD)

    without = run(tmp_path, "", secret)
    ran = run(tmp_path, live_server.url, secret)

    assert (ran.returncode, without.returncode) == (2, 2), ran.stdout + ran.stderr
    assert "2 failed, 4 passed, 1 xpassed, 1 error" in ran.stdout, ran.stdout
    assert "2 failed, 4 passed, 1 xpassed, 1 error" in without.stdout
    assert said_by(ran).startswith("8 sent, 0 kept, 0 lost")
    outcomes = {name: found["attributes"]["outcome"] for name, found in by_test(listed()).items()}
    assert list(outcomes.values()) == [
        "failed", "failed", "xpassed", "error", "passed", "passed", "passed", "interrupted",
    ]  # fmt: skip


def test_without_an_address_nothing_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): ...\n")

    ran = run(tmp_path, "", "")

    assert ran.returncode == 0
    assert "Session History" not in ran.stdout
