"""A trace, a HAR file and a video recorded from Chromium become sessions: by `import_sessions`, and over HTTP."""

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from import_playwright import main, recordings
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory

from sessions.models import Organisation
from tests.attachments.archives import requests_in
from tests.ingest.lines import BROWSER
from tests.producers.conftest import CHROMIUM, PROGRAMS, Listed, program


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `trace/trace.zip`, `har/shop.har` and its video."""
    folder = tmp_path_factory.mktemp("recorded")
    ran = program(PROGRAMS / "record.py", folder, CHROMIUM)
    assert ran.returncode == 0, ran.stderr
    # Recorded by Playwright's own Chromium: the one of a distribution has no encoder.
    shutil.copy(BROWSER / "files" / "rec-1-000" / "video.webm", folder / "har" / "shop.webm")
    return folder


def check(history: SessionHistory, sessions: list[dict[str, Any]]) -> None:
    """Both sessions, with their events and files."""
    traced, archived = sorted(sessions, key=lambda session: "network.har" not in files_of(session))
    events = history.request("GET", f"/api/v1/sessions/{traced['id']}/events")["events"]
    kinds = [event["event_type"] for event in events]
    assert kinds[0] == "navigate"
    assert {"navigate", "input", "click", "console_error", "exception"} == set(kinds)
    (thrown,) = [event for event in events if event["event_type"] == "exception"]
    assert thrown["event_properties"]["message"] == "cart is undefined"
    assert "a secret" not in json.dumps(events)
    assert traced["flags"]["exception"]
    assert traced["device"]["screen_width"] == 800
    assert "Chrome" in traced["network"]["user_agent"]
    assert set(files_of(traced)) == {"console.log", "network.har", "screenshot.jpeg"}
    assert set(files_of(archived)) == {"shop.har", "shop.webm"}
    for session in sessions:
        assert (session["status"], session["app"]["app_id"]) == ("ended", "io.acme.shop")
        assert session["duration_ms"] > 0
        for file in session["attachments"]:
            assert hashlib.sha256(history.download(file["url"])).hexdigest() == file["sha256"]
    found = requests_in(history.download(files_of(traced)["network.har"]["url"]))
    (cart,) = [read.details for read in found if read.request.url.endswith("/thanks")]
    assert cart.response_body.text.startswith("<!doctype html>")


def files_of(session: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {file["name"]: file for file in session["attachments"]}


@pytest.mark.chromium
def test_recordings_are_written_for_import_sessions(
    recorded: Path, acme: Organisation, history: SessionHistory, listed: Listed, tmp_path: Path
) -> None:
    arguments = ["--app", "io.acme.shop", "--user", "dave@acme.example", "--out", str(tmp_path / "out")]

    for expected in ("2 sessions (2 new, 0 updated)", "2 sessions (0 new, 2 updated)"):
        assert main([str(recorded / "trace"), str(recorded / "har"), *arguments]) == 0
        output = io.StringIO()
        call_command("import_sessions", tmp_path / "out" / "sessions.ndjson", organisation="acme", stdout=output)
        assert output.getvalue().startswith(expected)

    check(history, listed())


@pytest.mark.chromium
def test_recordings_are_sent_over_http(
    recorded: Path,
    history: SessionHistory,
    live_server: LiveServer,
    secret: str,
    listed: Listed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SESSION_HISTORY_TOKEN", secret)

    for _ in range(2):
        arguments = [str(recorded / "trace"), str(recorded / "har"), "--app", "io.acme.shop", "--url", live_server.url]
        assert main(arguments) == 0

    sessions = listed()
    assert {session["initiator"]["label"] for session in sessions} == {"nightly-ci"}
    check(history, sessions)


def test_what_is_no_recording_is_named_and_the_rest_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK no zip")
    (tmp_path / "b.har").write_text("{}")
    entry = {
        "startedDateTime": "2026-11-20T10:00:00.000Z",
        "time": 250,
        "request": {"method": "GET", "url": "https://shop.example/", "headers": []},
        "response": {"status": 200, "content": {"mimeType": "text/html"}},
    }
    (tmp_path / "c.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "alone.webm").write_bytes(b"")

    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1

    said = capsys.readouterr()
    assert said.out == f"1 sessions to {tmp_path / 'out' / 'sessions.ndjson'}, 3 refused\n"
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == [
        str(tmp_path / "a.zip"),
        str(tmp_path / "b.har"),
        str(tmp_path / "films"),
    ]
    line = json.loads((tmp_path / "out" / "sessions.ndjson").read_text())
    assert (line["started_at"], line["ended_at"]) == ("2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00.250Z")


def test_a_trace_of_the_test_runner_tells_that_the_test_failed(tmp_path: Path) -> None:
    clock = {"wallTime": 1_795_231_112_583, "monotonicTime": 1000.0}
    runner = [
        {"version": 8, "type": "context-options", "origin": "testRunner", "title": "buys", **clock},
        {"type": "before", "callId": "1", "startTime": 1100.0, "class": "Test", "method": "step", "params": {}},
        {"type": "after", "callId": "1", "endTime": 1200.0},
        {"type": "error", "message": "expected 2, got 3", "stack": [{"file": "shop.spec.ts", "line": 7, "column": 1}]},
    ]
    library = [
        {"version": 8, "type": "context-options", "origin": "library", "browserName": "firefox", **clock},
        {"type": "before", "callId": "2", "startTime": 1150.0, "class": "Frame", "method": "click",
         "params": {"selector": "#buy"}},
        {"type": "after", "callId": "2", "endTime": 1160.0, "error": {"name": "Error", "message": "no #buy"}},
    ]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "trace.zip", "w") as archive:
        archive.writestr("test.trace", "\n".join(map(json.dumps, runner)))
        archive.writestr("0-trace.trace", "\n".join(map(json.dumps, library)))

    (recording,) = recordings(tmp_path / "trace.zip")

    assert not isinstance(recording, Exception)
    assert recording.session["status"] == "failed"
    assert recording.session["attributes"] == {"browser": "firefox", "title": "buys"}
    assert [event["event_type"] for event in recording.events] == ["click", "action_failed", "exception"]
    assert recording.events[2]["event_properties"]["trace"] == "shop.spec.ts:7"
