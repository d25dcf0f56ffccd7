"""What Playwright's own runner leaves: blob reports, attachments, tests that are to fail, projects and attempts."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from import_playwright import NotRecorded, Recording, recordings

from tests.attachments.archives import requests_in

WALL = 1_764_410_400_000  # 2025-11-29T10:00:00Z
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
FAILURE = {"type": "error", "message": "\x1b[31mexpected\x1b[39m 2", "stack": []}


def trace_zip(*lines: dict[str, Any], to_fail: bool = False, files: dict[str, bytes] | None = None) -> bytes:
    """Of a test: one that was to fail says so in its first line."""
    first = {
        "version": 10, "type": "context-options", "origin": "testRunner", "wallTime": WALL, "monotonicTime": 0.0,
        "title": "shop.spec.ts:8 › shop › buys a hat", "annotations": [{"type": "fail"}] if to_fail else [],
    }  # fmt: skip
    step = {"type": "before", "callId": "1", "startTime": 100.0, "method": "goto", "params": {"url": "/"}}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("test.trace", "\n".join(map(json.dumps, [first, step, *lines])))
        for name, file in (files or {}).items():
            archive.writestr(name, file)
    return content.getvalue()


def read(path: Path) -> list[Recording]:
    found = list(recordings(path))
    assert not [one for one in found if isinstance(one, NotRecorded)], found
    return [one for one in found if isinstance(one, Recording)]


def trace(folder: Path, content: bytes) -> Recording:
    folder.mkdir(exist_ok=True)
    (folder / "trace.zip").write_bytes(content)
    (recording,) = read(folder / "trace.zip")
    return recording


@pytest.mark.parametrize(
    ("lines", "to_fail", "status", "outcome"),
    [
        ([], False, "ended", None),
        ([FAILURE], False, "failed", None),
        ([FAILURE], True, "ended", "failed as expected"),
        ([], True, "failed", "passed unexpectedly"),
    ],
)
def test_a_test_that_was_to_fail_has_failed_when_it_passes(
    tmp_path: Path, lines: list[dict[str, Any]], to_fail: bool, status: str, outcome: str | None
) -> None:
    recording = trace(tmp_path, trace_zip(*lines, to_fail=to_fail))

    assert (recording.session["status"], recording.session["attributes"].get("outcome")) == (status, outcome)
    said = {None: "expected 2" if lines else None, "failed as expected": "failed as expected: expected 2"}
    assert recording.session.get("outcome") == said.get(outcome, outcome)
    assert recording.session["title"] == "shop.spec.ts › shop › buys a hat"
    assert recording.session["attributes"]["suite"] == "shop.spec.ts"
    thrown = [event["event_properties"]["message"] for event in recording.events if event["event_type"] == "exception"]
    assert thrown == ["expected 2"] * len(lines)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("shop-shop-buys-a-hat-phone-retry1", {"project": "phone", "retry": 1}),
        ("shop-shop-buys-a-hat-phone", {"project": "phone"}),
        ("shop-shop-buys-a-hat-retry2", {"retry": 2}),
        ("shop-shop-buys-a-hat", {}),
        ("somewhere", {}),
    ],
)
def test_the_folder_of_a_trace_says_project_and_attempt(tmp_path: Path, folder: str, expected: dict[str, Any]) -> None:
    attributes = trace(tmp_path / folder, trace_zip()).session["attributes"]

    assert {name: attributes[name] for name in ("project", "retry") if name in attributes} == expected


def test_what_a_test_attached_is_in_its_trace(tmp_path: Path) -> None:
    attachments = [
        {"name": "order", "contentType": "text/plain", "file": "attachments/1"},
        {"name": "order", "contentType": "text/plain", "sha1": "2"},
        {"name": "a/picture.png", "contentType": "image/png", "sha1": "3"},
        {"name": "inline", "contentType": "application/json", "base64": base64.b64encode(b"{}").decode()},
        {"name": "gone", "contentType": "text/plain", "file": "attachments/9"},
        {"name": "trace", "contentType": "application/zip", "file": "attachments/1"},
    ]
    after = {"type": "after", "callId": "1", "endTime": 200.0, "attachments": attachments}
    files = {"attachments/1": b"42", "resources/2": b"43", "resources/3": PNG}

    recording = trace(tmp_path, trace_zip(after, files=files))

    assert {file.name: file.content for file in recording.files} == {
        "order.txt": b"42", "order-2.txt": b"43", "a-picture.png": PNG, "inline.json": b"{}",
    }  # fmt: skip


def report(path: Path) -> Path:
    """Of two projects: a test that fails once, and then passes; one that is to fail; one that is skipped."""
    lines: list[dict[str, Any]] = [
        {"method": "onBlobReportMetadata", "params": {"version": 2}},
        {"method": "onConfigure", "params": {"config": {"metadata": {"gitCommit": {"hash": "c0ffee"}}}}},
    ]
    for project in ("desk top", "phone"):
        tests = [{"testId": f"{project}-{name}", "title": name} for name in ("flaky", "broken", "skipped")]
        suites = [{"title": "shop.spec.ts", "entries": [{"title": "shop", "entries": tests}]}]
        lines.append({"method": "onProject", "params": {"project": {"name": project, "suites": suites}}})
        for name, retry, status, expected in (
            ("flaky", 0, "failed", "passed"),
            ("flaky", 1, "passed", "passed"),
            ("broken", 0, "failed", "failed"),
            ("skipped", 0, "skipped", "skipped"),
        ):
            ident = f"{project}-{name}-{retry}".replace(" ", "")
            about = {"testId": f"{project}-{name}", "resultId": ident}
            begun = {"id": ident, "retry": retry, "startTime": WALL}
            attached = [
                {"name": "trace", "path": "resources/t.zip", "contentType": "application/zip"},
                {"name": "screenshot", "path": "resources/s.png", "contentType": "image/png"},
            ]
            errors = [{"message": "\x1b[31mno hat", "stack": "shop.spec.ts:7"}] if status == "failed" else []
            ended = {"id": ident, "duration": 1500, "status": status, "errors": errors}
            lines += [
                {"method": "onTestBegin", "params": {**about, "result": begun}},
                {"method": "onStdIO", "params": {**about, "type": "stdout", "data": "a hat\n", "isBase64": False}},
                {"method": "onAttach", "params": {**about, "attachments": attached if name == "flaky" else []}},
                {"method": "onTestEnd", "params": {"test": {**about, "expectedStatus": expected}, "result": ended}},
            ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("report.jsonl", "\n".join(map(json.dumps, lines)) + '\n{"method": "cut')
        archive.writestr("resources/t.zip", trace_zip())
        archive.writestr("resources/s.png", PNG)
    return path


def test_a_blob_report_is_a_session_for_each_attempt(tmp_path: Path) -> None:
    found = read(report(tmp_path / "report.zip"))

    told = [
        (one.session["status"], *(one.session["attributes"].get(name) for name in ("project", "retry", "outcome")))
        for one in found
    ]
    assert told == [
        (status, project, retry, outcome)
        for project in ("desk top", "phone")
        for status, retry, outcome in (
            ("failed", 0, "failed"),
            ("ended", 1, "passed"),
            ("ended", 0, "failed as expected"),
            ("ended", 0, "skipped"),
        )
    ]
    first = found[0]
    assert first.session["title"] == "shop.spec.ts › shop › flaky"
    assert first.session["attributes"]["suite"] == "shop.spec.ts"
    assert "title" not in first.session["attributes"]
    assert [one.session.get("outcome") for one in found[:4]] == ["no hat", None, "failed as expected: no hat", None]
    assert {one.session["attributes"]["commit"] for one in found} == {"c0ffee"}
    assert len({one.session["attributes"]["run"] for one in found}) == 1
    assert first.session["ended_at"] == "2025-11-29T10:00:01.500Z"
    assert {file.name for file in first.files} == {"screenshot.png", "output.log"}
    assert [event["event_type"] for event in first.events] == ["navigate", "exception"]
    assert first.events[1]["event_properties"] == {"message": "no hat", "trace": "shop.spec.ts:7"}
    assert len({one.session["external_id"] for one in found}) == 8
    assert [len(one.left_out) for one in found] == [0] * 7 + [1]


def test_a_run_is_what_the_service_that_runs_it_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_RUN_ID", "871")
    monkeypatch.setenv("GITHUB_SHA", "bad")  # the report says better what was tested
    found = read(report(tmp_path / "report.zip"))
    assert {(one.session["attributes"]["run"], one.session["attributes"]["commit"]) for one in found} == {
        ("871", "c0ffee")
    }
    of_trace = trace(tmp_path / "trace", trace_zip())
    assert (of_trace.session["attributes"]["run"], of_trace.session["attributes"]["commit"]) == ("871", "bad")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("shop.spec.ts:8:3 › buys", ("shop.spec.ts › buys", "shop.spec.ts")),
        ("buys at 8:30", ("buys at 8:30", None)),
        ("buys › \0\ud800", ("buys › ␀?", "buys")),
        ("shop.spec.ts › " + "x" * 600, ("shop.spec.ts › " + "x" * 484 + "…", "shop.spec.ts")),
    ],
)
def test_a_test_is_named_without_its_line(tmp_path: Path, title: str, expected: tuple[str, str | None]) -> None:
    context = {"version": 10, "type": "context-options", "title": title, "wallTime": WALL, "monotonicTime": 0.0}
    recording = trace(tmp_path, trace_zip(context))
    assert (recording.session["title"], recording.session["attributes"].get("suite")) == expected


def test_a_reason_has_no_colours_and_no_secrets_and_is_cut(tmp_path: Path) -> None:
    message = "\n\x1b[31mError:\x1b[39m Authorization: Bearer s3cr3t-Value_of.it\nexpected 2"
    recording = trace(tmp_path, trace_zip({"type": "error", "message": message}))
    assert recording.session["outcome"] == "Error: Authorization: [secret]"
    recording = trace(tmp_path, trace_zip({"type": "error", "message": "x" * 3_000}))
    assert recording.session["outcome"] == "x" * 1_999 + "…"


def test_the_same_report_again_is_the_same_sessions(tmp_path: Path) -> None:
    first, second = (
        [one.session["external_id"] for one in read(report(tmp_path / name))] for name in ("a.zip", "b.zip")
    )
    assert first == second


def test_a_report_without_tests_is_no_session(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "report.zip", "w") as archive:
        archive.writestr("report.jsonl", '{"method": "onBegin"}\n')

    (refused,) = recordings(tmp_path / "report.zip")

    assert "there are no tests in its report" in str(refused)


def test_a_zipped_har_has_its_bodies_beside_it(tmp_path: Path) -> None:
    entry = {
        "startedDateTime": "2025-11-29T10:00:00.000Z",
        "time": 10,
        "request": {"method": "GET", "url": "https://shop.example/", "headers": []},
        "response": {"status": 200, "content": {"mimeType": "text/html", "_file": "abc.html"}},
    }
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.writestr("har.har", json.dumps({"log": {"entries": [entry]}}))
        archive.writestr("abc.html", "<h1>Shop</h1>")

    (recording,) = read(tmp_path / "shop.zip")

    assert recording.session["started_at"] == "2025-11-29T10:00:00.000Z"
    (file,) = recording.files
    assert file.name == "shop.har"
    (request,) = requests_in(file.bytes())
    assert request.details.response_body.text == "<h1>Shop</h1>"
