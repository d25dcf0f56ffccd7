"""A trace, a HAR file and a video recorded from Chromium become sessions: by `import_sessions`, and over HTTP."""

import hashlib
import io
import json
import shutil
import time
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from import_playwright import Recording, Stored, main, recordings
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory, milliseconds_of

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
    began, ended = milliseconds_of(traced["started_at"]), milliseconds_of(traced["ended_at"])
    assert all(began <= milliseconds_of(file["starts_at"]) <= ended for file in traced["attachments"])
    assert files_of(archived)["shop.har"]["starts_at"] == archived["started_at"]
    assert files_of(archived)["shop.webm"]["starts_at"] is None
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


def entry(begun: object, **changed: Any) -> dict[str, Any]:
    return {
        "startedDateTime": begun,
        "time": 10,
        "request": {"method": "GET", "url": "https://shop.example/", "headers": []},
        "response": {"status": 200, "content": {"mimeType": "text/html"}},
        **changed,
    }


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in entry("2026-11-29T09:00:00Z").items() if key != name}


def read(path: Path) -> Recording:
    (recording,) = recordings(path)
    assert isinstance(recording, Recording), recording
    return recording


def har(folder: Path, *entries: object) -> Path:
    (folder / "a.har").write_text(json.dumps({"log": {"entries": entries}}))
    return folder / "a.har"


BAD_ENTRIES: list[object] = [
    entry("NaN-NaN-NaNTNaN:NaN:NaN.NaN+NaN:NaN"), entry(None), entry(1_764_410_400_000), entry("2026-11-29"),
    entry("2026-02-30T10:00:00Z"), entry("2026-11-29T10:00:60Z"), entry("9999-12-31T23:59:59.999Z", time=3_600_000),
    entry("2026-11-29T10:00:00+24:00"), without("startedDateTime"), without("request"), without("response"),
    entry("2026-11-29T09:00:00Z", request="GET"), entry("2026-11-29T09:00:00Z", response=None), None, "x", [], 1,
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ENTRIES, ids=str)
def test_a_bad_request_is_left_out_by_name_and_the_session_is_that_of_the_good_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: object
) -> None:
    path = har(tmp_path, bad, entry("2026-11-29T10:00:00.000Z"), entry("2026-11-29T10:00:05.000Z"))

    assert main([str(path), "--out", str(tmp_path / "out")]) == 0

    said = capsys.readouterr()
    assert said.out == f"1 sessions to {tmp_path / 'out' / 'sessions.ndjson'}, 0 refused\n"
    assert said.err.startswith(f"{path}: left out: request 1")
    line = json.loads((tmp_path / "out" / "sessions.ndjson").read_text())
    assert (line["started_at"], line["ended_at"]) == ("2026-11-29T10:00:00.000Z", "2026-11-29T10:00:05.010Z")
    assert len(line["events"]) == 2
    # The file itself is kept as it is, and shown.
    assert len(requests_in((tmp_path / "out" / line["attachments"][0]["file"]).read_bytes())) == 3


@pytest.mark.parametrize(
    "odd",
    [
        entry("2026-11-29T10:00:00Z", time="long"), entry("2026-11-29T10:00:00Z", time=-1),
        entry("2026-11-29T10:00:00Z", time=float("nan")), entry("2026-11-29T10:00:00Z", time=1e300),
        entry("2026-11-29T10:00:00Z", time=None), entry("2026-11-29T10:00:00Z", request={"headers": 7}),
        entry("2026-11-29T10:00:00Z", request={"headers": [None, {"name": "User-Agent"}, {"name": 1, "value": 2}]}),
        entry("2026-11-29T10:00:00Z", response={"content": "x"}), entry("2026-11-29T10:00:00Z", response={}),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_odd_in_a_request_counts_as_unknown(tmp_path: Path, odd: object) -> None:
    recording = read(har(tmp_path, odd, entry("2026-11-29T10:00:05.000Z")))

    assert (recording.session["started_at"], recording.left_out) == ("2026-11-29T10:00:00.000Z", [])
    assert recording.session["ended_at"] == "2026-11-29T10:00:05.010Z"


def test_many_bad_requests_are_named_briefly_and_nothing_but_bad_ones_is_no_session(tmp_path: Path) -> None:
    recording = read(har(tmp_path, *[without("response")] * 9, entry("2026-11-29T10:00:00Z")))
    assert len(recording.left_out) == 6
    assert recording.left_out[-1].endswith("left out: 4 more")

    (refused,) = recordings(har(tmp_path, without("response")))
    assert "there are no requests in it that say when they were made: request 1 has no response" in str(refused)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-29T10:00:00Z", "10:00:00.000"),
        ("2026-11-29t10:00:00z", "10:00:00.000"),
        ("2026-11-29 10:00:00+00:00", "10:00:00.000"),
        ("2026-11-29T10:00:00", "10:00:00.000"),
        ("2026-11-29T10:00Z", "10:00:00.000"),
        ("2026-11-29T15:30:00.000+0530", "10:00:00.000"),
        ("2026-11-29T08:30:00.25-01:30", "10:00:00.250"),
        ("2026-11-29T11:00:00.1+01", "10:00:00.100"),
        ("2026-11-29T10:00:00,5Z", "10:00:00.500"),
        *[(f"2026-11-29T11:00:00.{'123456789'[:digits]}+01:00", "10:00:00.123") for digits in range(3, 10)],
        ("2026-11-29T10:00:00.12Z", "10:00:00.120"),
    ],
)
def test_times_are_read_as_the_viewer_reads_them_whatever_the_zone_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, expected: str
) -> None:
    path = har(tmp_path, entry("2026-11-29T10:00:00Z"), entry(written))
    for zone in ("Asia/Kolkata", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert read(path).events[1]["event_time"] == f"2026-11-29T{expected}Z"
        first, second = requests_in(path.read_bytes())
        assert f"10:00:00.{int((second.request.started or 0) - (first.request.started or 0)):03}" == expected
    monkeypatch.undo()
    time.tzset()


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)),
)
def test_every_time_that_python_writes_is_read_back(local: datetime, offset: timedelta) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=offset // timedelta(minutes=1))))
    assert milliseconds_of(moment.isoformat()) == pytest.approx(moment.timestamp() * 1000, abs=0.001)


ACTIONS = [
    {"type": "console", "time": 900.5, "messageType": "log", "text": "early"},
    {"type": "before", "callId": "1", "startTime": 1000.5, "class": "Frame", "method": "goto",
     "params": {"url": "https://shop.example/"}},
    {"type": "after", "callId": "1", "endTime": 1900.5},
]  # fmt: skip
WALL = 1_764_410_400_000  # 2025-11-29T10:00:00Z


def trace(folder: Path, *lines: object, network: str = "") -> Path:
    with zipfile.ZipFile(folder / "trace.zip", "w") as archive:
        archive.writestr(
            "trace.trace", "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        )
        archive.writestr("trace.network", network)
    return folder / "trace.zip"


@pytest.mark.parametrize("version", [3, 4, 5, 6])
def test_a_trace_of_before_1_45_is_placed_by_the_wall_times_of_its_actions(tmp_path: Path, version: int) -> None:
    context = {"version": version, "type": "context-options", "browserName": "chromium", "wallTime": WALL - 5000}
    actions = [action | {"wallTime": WALL} if action["type"] == "before" else action for action in ACTIONS]

    recording = read(trace(tmp_path, context, *actions))

    # The console spoke 100 ms before the first action.
    assert recording.session["started_at"] == "2025-11-29T09:59:59.900Z"
    assert recording.session["ended_at"] == "2025-11-29T10:00:00.900Z"
    assert [event["event_time"] for event in recording.events] == ["2025-11-29T10:00:00.000Z"]


@pytest.mark.parametrize(
    "context",
    [
        {"version": 6, "type": "context-options", "wallTime": WALL},
        {"version": 6, "type": "context-options"},
        {"version": 8, "type": "context-options", "monotonicTime": 1000.0},
        {"version": 8, "type": "context-options", "wallTime": 0, "monotonicTime": 0},
        {"version": 8, "type": "context-options", "wallTime": "yesterday", "monotonicTime": 1.0},
        {"version": 8, "type": "context-options", "wallTime": float("nan"), "monotonicTime": 1.0},
    ],
)
def test_a_trace_that_does_not_say_when_it_was_recorded_is_refused(tmp_path: Path, context: dict[str, Any]) -> None:
    (refused,) = recordings(trace(tmp_path, context, *ACTIONS))

    assert "it is not known when it ran" in str(refused)


def test_a_video_begins_with_the_first_picture_of_its_page(tmp_path: Path) -> None:
    context = {"version": 8, "type": "context-options", "wallTime": WALL, "monotonicTime": 1000.0}
    pictures = [
        {"type": "screencast-frame", "pageId": page, "sha1": f"{page}-{at}.jpeg", "timestamp": at}
        for page, at in (("page@1", 1100.0), ("page@1", 1300.0), ("page@2", 1500.0))
    ]
    trace(tmp_path, context, *ACTIONS, *pictures)
    for name in ("video.webm", "video-1.webm"):
        (tmp_path / name).write_bytes(b"")

    starts = {file.name: file.starts_at for file in files_in(tmp_path)}
    assert starts["video.webm"] == "2025-11-29T10:00:00.100Z"
    assert starts["video-1.webm"] == "2025-11-29T10:00:00.500Z"

    (tmp_path / "video-1.webm").unlink()  # then nobody knows whose video the other one is
    assert {file.name: file.starts_at for file in files_in(tmp_path)}["video.webm"] is None


def files_in(folder: Path) -> list[Stored]:
    (recording,) = recordings(folder)
    assert isinstance(recording, Recording)
    return recording.files


def test_damaged_parts_of_a_trace_are_left_out_by_name_and_the_rest_is_kept(tmp_path: Path) -> None:
    context = {"version": 8, "type": "context-options", "wallTime": WALL, "monotonicTime": 1000.5}
    requests = [entry("2025-11-29T10:00:00.100Z"), without("response"), 7]
    network = [json.dumps({"type": "resource-snapshot", "snapshot": snapshot}) for snapshot in requests]
    damaged = [
        {"type": "before", "callId": "2"},
        {"type": "console", "time": "now"},
        {"type": "at"},
        "[]",
        '{"type": "c',
    ]

    recording = read(trace(tmp_path, context, *ACTIONS, *damaged, network="\n".join([*network, '{"cut'])))

    assert [event["event_type"] for event in recording.events] == ["navigate"]
    assert recording.session["ended_at"] == "2025-11-29T10:00:00.900Z"
    assert len(recording.left_out) == 6  # five of seven, and how many more
    (archive,) = [file for file in recording.files if file.name == "network.har"]
    assert len(requests_in(archive.bytes())) == 1


def test_a_trace_of_nothing_but_a_failure_began_when_its_file_says(tmp_path: Path) -> None:
    context = {"version": 8, "type": "context-options", "wallTime": WALL, "monotonicTime": 1000.5}
    recording = read(trace(tmp_path, context, {"type": "error", "message": "no browser"}))

    assert (recording.session["started_at"], recording.session["status"]) == ("2025-11-29T10:00:00.000Z", "failed")


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
    assert (recording.session["title"], recording.session["outcome"]) == ("buys", "expected 2, got 3")
    assert recording.session["attributes"] == {"browser": "firefox"}
    assert [event["event_type"] for event in recording.events] == ["click", "action_failed", "exception"]
    assert recording.events[2]["event_properties"]["trace"] == "shop.spec.ts:7"
