"""Playwright's traces, blob reports and HAR files as sessions: to a folder for `import_sessions`, or over HTTP.

    python import_playwright.py test-results --app io.example.shop --out recorded
    python import_playwright.py trace.zip --app io.example.shop --url https://sessions.example.com

A trace becomes a session with its navigations, clicks, inputs, console errors and exceptions, its console, its
requests as HAR, its last picture and what the test has attached. A blob report becomes a session for each attempt of
each test, with the trace and the attachments of that attempt. A test that was to fail and did has not failed. What
opens things, such as the values of Authorization and Cookie headers, stays out of every file. In a folder, videos and
pictures beside a trace belong to it, those beside a HAR file to the one of the same name. What people typed is left
out, and so is what is damaged: standard error says which lines and requests that are. Python 3.9 or later, nothing to
install; the token for HTTP is read from SESSION_HISTORY_TOKEN. Importing again changes nothing.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import mimetypes
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from session_history import (
    LONGEST_OUTCOME,
    LONGEST_TITLE,
    ApiError,
    SessionHistory,
    ci_attributes,
    clean,
    first_line,
    kind_of,
    milliseconds_of,
    shortened,
    type_of,
    without_secrets,
)

Json = dict[str, Any]

CLICKS = frozenset({"click", "dblclick", "tap", "check", "uncheck", "setChecked", "dragAndDrop"})
INPUTS = frozenset({"fill", "type", "press", "selectOption", "setInputFiles", "clear"})
NAVIGATIONS = frozenset({"goto", "reload", "goBack", "goForward"})
BESIDE = (".webm", ".mp4", ".png", ".jpeg", ".jpg", ".log", ".txt")
LONGEST_MESSAGE = 2_000
LONGEST_TRACE = 20_000
LARGEST_BODY = 1024 * 1024
LONGEST_REQUEST = 366 * 24 * 3_600_000
# How many of the parts that are left out are named.
NAMED_PARTS = 5
BATCH_EVENTS = 500
# Colours of a terminal, in the messages of failed expectations.
COLOURS = re.compile("\x1b\\[[0-9;]{0,20}m")
UNFIT_FOR_A_NAME = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")
# As Playwright makes the name of a test's folder of its file, its titles and its project.
NOT_IN_A_FOLDER = re.compile(r"[\x00-,./:-@\[-`{-\x7f]{1,1000}")
# Where a test stands in its file: it moves when something is added above it.
LINE_OF_TITLE = re.compile(r":[0-9]{1,9}(?::[0-9]{1,9})?\Z")
TEXTS = (".csv", ".htm", ".html", ".json", ".log", ".md", ".ndjson", ".txt", ".xml", ".yaml", ".yml")

# How a part shows that it is not what it should be.
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


class NotRecorded(Exception):
    """Why a file is no session."""


@dataclass
class Stored:
    """A file of a session: its bytes, or where they are. `starts_at` is when it begins, where the recording says so."""

    name: str
    content: bytes | Path
    starts_at: str | None = None

    def bytes(self) -> bytes:
        return self.content.read_bytes() if isinstance(self.content, Path) else self.content

    def without_secrets(self) -> Stored:
        """A text that somebody else wrote may hold some as well."""
        if not self.name.lower().endswith(TEXTS):
            return self
        text: str = without_secrets(self.bytes().decode("utf-8", "surrogateescape"))
        return Stored(self.name, text.encode("utf-8", "surrogateescape"), self.starts_at)


@dataclass
class Recording:
    """A session as the API takes it, its events and its files. `left_out` says what was damaged, a part each.

    `pages_begun` holds the time of each page's first picture, which is the first frame of the page's video as well.
    """

    session: Json
    events: list[Json] = field(default_factory=list)
    files: list[Stored] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    pages_begun: list[str] = field(default_factory=list)
    is_of_report: bool = False


def recordings(path: Path) -> Iterator[Recording | NotRecorded]:
    """A trace, a HAR file, or all of a folder and below it."""
    if not path.is_dir():
        yield from _read(path, [])
        return
    for folder in [path, *sorted(below for below in path.rglob("*") if below.is_dir())]:
        files = sorted(file for file in folder.iterdir() if file.is_file())
        main = [file for file in files if file.suffix.lower() in (".zip", ".har")]
        beside = [file for file in files if file.suffix.lower() in BESIDE]
        for file in main:
            yield from _read(file, beside if len(main) == 1 else [other for other in beside if other.stem == file.stem])
        if beside and not main:
            yield NotRecorded(
                f"{folder}: files without a trace or a HAR beside them say nothing of when they were made"
            )


def _read(path: Path, beside: list[Path]) -> Iterator[Recording | NotRecorded]:
    try:
        for recording in read_zip(path) if path.suffix.lower() == ".zip" else [read_har(path)]:
            more = len(recording.left_out) - NAMED_PARTS
            named = recording.left_out[:NAMED_PARTS] + ([f"{more} more"] if more > 0 else [])
            recording.left_out = [f"{path}: left out: {part}" for part in named]
            if not recording.is_of_report:
                _add_beside(recording, beside)
            yield recording
    except NotRecorded as error:
        yield NotRecorded(f"{path}: {error}")
    except (OSError, zipfile.BadZipFile, RecursionError, *DAMAGED) as error:
        yield NotRecorded(f"{path}: is neither a trace nor a report nor a HAR file: {error}")


def _add_beside(recording: Recording, beside: list[Path]) -> None:
    taken = {file.name for file in recording.files}
    added = [Stored(file.name, file) for file in beside if file.name not in taken]
    recording.files += added
    _place_films(recording, added)


def _place_films(recording: Recording, files: list[Stored]) -> None:
    """Say when videos start. Of each page there is one, and they are numbered as the pages were opened: video.webm,
    video-1.webm, ... video-10.webm."""
    films = sorted(
        (file for file in files if kind_of(file.name) == "video"), key=lambda file: (len(file.name), file.name)
    )
    if len(films) == len(recording.pages_begun):
        for film, begun in zip(films, recording.pages_begun):  # noqa: B905  3.9
            film.starts_at = begun


def read_zip(path: Path) -> Iterator[Recording]:
    """Raises NotRecorded for a zip that holds no trace, no report and no HAR file."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        archives = [name for name in names if name.endswith(".har")]
        if REPORT in names:
            run = _session(path)["external_id"].partition(":")[2]
            about = {"run": run, **ci_attributes(), **_commit(archive)}
            for recording in _read_report(archive):
                recording.session["attributes"] = {**about, **recording.session["attributes"]}
                yield recording
        elif any(name.endswith(".trace") for name in names):
            recording = _read_trace(archive)
            recording.session = {**_session(path), **recording.session}
            attributes = recording.session["attributes"]
            attributes.update(_of_folder(path.parent.name, recording.session.get("title", "")))
            recording.session["attributes"] = {**ci_attributes(), **attributes}
            yield recording
        elif archives:
            yield _read_har(path, archive.read(archives[0]), archive)
        else:
            raise NotRecorded("there is no trace in it")


def _of_folder(folder: str, title: str) -> Json:
    """Project and attempt, as far as the name of a test's folder says them: `shop-buys-a-hat-phone-retry1`."""
    name, dash, number = folder.rpartition("-retry")
    retry: Json = {"retry": int(number)} if dash and number.isascii() and number.isdigit() else {}
    name = name if retry else folder
    place, *titles = title.split(" › ")
    file = Path(place).stem
    for ending in (".spec", ".test"):
        file = file.removesuffix(ending)
    test = _folder_name(" ".join([file, *titles]))
    return {**({"project": name[len(test) + 1 :]} if titles and name.startswith(f"{test}-") else {}), **retry}


def _named(title: str) -> Json:
    """A test's titles as the title of its session, and its file as the suite."""
    place, *titles = title.split(" › ")
    if not titles:
        return {"title": shortened(title, LONGEST_TITLE), "attributes": {}}
    place = LINE_OF_TITLE.sub("", place)
    suite = {"suite": shortened(place, LONGEST_TITLE)}
    return {"title": shortened(" › ".join([place, *titles]), LONGEST_TITLE), "attributes": suite}


def _folder_name(text: str) -> str:
    return NOT_IN_A_FOLDER.sub("-", text).strip("-")


# ---- traces: a zip of lines of JSON, by what @playwright/test and the libraries of versions 1.40 to 1.65 write


def _read_trace(archive: zipfile.ZipFile) -> Recording:
    """Its session has no id yet."""
    names = archive.namelist()
    left_out: list[str] = []
    traces = [
        _Trace(name, _lines(archive, name, left_out), _clock(_lines(archive, name, [])), left_out)
        for name in names
        if name.endswith(".trace")
    ]
    network = []
    for name in names:
        if name.endswith(".network"):
            snapshots = _snapshots(_lines(archive, name, left_out))
            network += _requests(snapshots, left_out, f"{name}: ")
    events = sorted((event for trace in traces for event in trace.events), key=lambda event: event["event_time"])
    times = sorted(time for trace in traces for time in trace.times)
    if not times:
        raise NotRecorded("it is empty")
    files = []
    if console := sorted(line for trace in traces for line in trace.console):
        files.append(_text("console.log", "\n".join(console) + "\n", console[0].partition(" ")[0]))
    if network:
        files.append(Stored("network.har", _archive(archive, set(names), network), _first(network)))
    files += _pictures(archive, set(names), traces)
    _attach(files, archive, [attached for trace in traces for attached in trace.attached])
    session: Json = {"status": "ended", "started_at": _iso(times[0]), "ended_at": _iso(times[-1])}
    for trace in traces:
        attributes = {**session.get("attributes", {}), **trace.about.get("attributes", {})}
        session.update({**trace.about, "attributes": attributes})
    agent = next((agent for request in network if (agent := _agent(request))), None)
    if agent and "network" not in session:
        session["network"] = {"user_agent": agent}
    session["attributes"] = session.get("attributes", {})
    failed, was_to_fail = any(trace.failed for trace in traces), any(trace.was_to_fail for trace in traces)
    if failed != was_to_fail:
        session["status"] = "failed"
    reason = next((trace.reason for trace in traces if trace.reason), "")
    if was_to_fail:
        session["attributes"]["outcome"] = FAILED_AS_EXPECTED if failed else PASSED_UNEXPECTEDLY
    session.update(_outcome(reason, session["attributes"].get("outcome", "")))
    session["flags"] = {"exception": any(event["event_type"] == "exception" for event in events)}
    recording = Recording(session, events, files, left_out)
    recording.pages_begun = sorted(begun for trace in traces for begun in trace.pages_begun.values())
    _place_films(recording, files)
    return recording


def _text(name: str, text: str, starts_at: str | None = None) -> Stored:
    cleaned: str = clean(without_secrets(text))
    return Stored(name, cleaned.encode(), starts_at)


def _attach(files: list[Stored], archive: zipfile.ZipFile, attached: list[Json]) -> None:
    """What a test has attached, under names that differ. A trace is read instead: it holds what opens things."""
    names, taken = set(archive.namelist()), {file.name for file in files}
    seen = set()
    for one in attached:
        place = str(one.get("file") or one.get("path") or f"resources/{one.get('sha1')}")
        encoded, kind = one.get("base64"), str(one.get("contentType"))
        if one.get("name") == "trace" or (place, encoded) in seen or not (place in names or isinstance(encoded, str)):
            continue
        seen.add((place, encoded))
        content = base64.b64decode(encoded) if isinstance(encoded, str) else archive.read(place)
        suffix = mimetypes.guess_extension(kind.partition(";")[0].strip()) or Path(place).suffix
        stem = UNFIT_FOR_A_NAME.sub("-", str(one.get("name") or "attachment"))[:200].strip(". ") or "attachment"
        stem = stem[: -len(suffix)] if suffix and stem.endswith(suffix) else stem
        numbers = (f"{stem}{'' if number == 1 else f'-{number}'}{suffix}" for number in range(1, len(taken) + 2))
        name = next(name for name in numbers if name not in taken)
        taken.add(name)
        files.append(Stored(name, content).without_secrets())


# ---- blob reports: a zip of what the reporter was told, line by line, and of the files that were attached


REPORT = "report.jsonl"
FAILED_AS_EXPECTED = "failed as expected"
PASSED_UNEXPECTEDLY = "passed unexpectedly"


def _outcome(reason: str, word: str) -> Json:
    """How a test went, as the session says it: why it failed, or that it did not do as expected."""
    reason = first_line(_plain(reason))
    if word in (FAILED_AS_EXPECTED, PASSED_UNEXPECTEDLY):
        reason = f"{word}: {reason}" if reason and word == FAILED_AS_EXPECTED else word
    return {"outcome": shortened(reason, LONGEST_OUTCOME)} if reason else {}


def _read_report(archive: zipfile.ZipFile) -> Iterator[Recording]:
    """Each attempt when the next one is over, so that what is damaged is said with the one before it."""
    left_out: list[str] = []
    last: Recording | None = None
    titles: dict[str, Json] = {}
    running: dict[str, Json] = {}
    for line in _lines(archive, REPORT, left_out):
        method, said = line.get("method"), _dict(line.get("params"))
        result = _dict(said.get("result"))
        try:
            if method == "onProject":
                project = said["project"]
                titles.update(_titles(project.get("suites") or [], [], {"project": project.get("name")}))
            elif method == "onTestBegin":
                running[result["id"]] = {"result": result, "attached": [], "output": []}
            elif method == "onAttach" and said.get("resultId") in running:
                running[said["resultId"]]["attached"] += [_dict(one) for one in said["attachments"]]
            elif method == "onStdIO" and said.get("resultId") in running:
                data = (
                    base64.b64decode(said["data"]).decode("utf-8", "replace") if said.get("isBase64") else said["data"]
                )
                running[said["resultId"]]["output"].append(data)
            elif method == "onTestEnd" and (attempt := running.pop(str(result.get("id")), None)):
                attempt["attached"] += [_dict(one) for one in result.get("attachments") or []]
                about = titles.get(said["test"]["testId"], {})
                recording = _attempt(archive, {**attempt["result"], **result}, said["test"], about, attempt)
                if last is not None:
                    yield last
                last = recording
        except DAMAGED as error:
            left_out.append(f"{REPORT}: a line of {method}: {error!r}")
    if last is None:
        raise NotRecorded("; ".join(["there are no tests in its report", *left_out[:1]]))
    last.left_out += left_out
    yield last


def _commit(archive: zipfile.ZipFile) -> Json:
    """What was tested, where the runner was told to say so (`captureGitInfo`)."""
    configured = next((line for line in _lines(archive, REPORT, []) if line.get("method") == "onConfigure"), {})
    metadata = _dict(_dict(_dict(configured.get("params")).get("config")).get("metadata"))
    found = _dict(metadata.get("gitCommit")).get("hash") or _dict(metadata.get("ci")).get("commitHash")
    return {"commit": shortened(found, LONGEST_TITLE)} if isinstance(found, str) and found.strip() else {}


def _titles(entries: list[Json], before: list[str], about: Json) -> Json:
    """What is said of each test, by its id."""
    found: Json = {}
    for entry in entries:
        titles = [*before, str(entry.get("title"))]
        if "testId" in entry:
            found[entry["testId"]] = {**about, "title": " › ".join(titles)}
        found.update(_titles([*(entry.get("entries") or []), *(entry.get("suites") or []), *(entry.get("tests") or [])],
                             titles, about))  # fmt: skip
    return found


def _attempt(archive: zipfile.ZipFile, result: Json, test: Json, about: Json, attempt: Json) -> Recording:
    """A session of one attempt of one test, from its trace where there is one."""
    recording = Recording({"attributes": {}}, is_of_report=True)
    trace = next((one.get("path") for one in attempt["attached"] if one.get("name") == "trace"), None)
    if trace in archive.namelist():
        with tempfile.TemporaryFile() as copy, archive.open(str(trace)) as packed:
            shutil.copyfileobj(packed, copy)
            try:
                with zipfile.ZipFile(copy) as traced:
                    recording = _read_trace(traced)
                    recording.is_of_report = True
            except (NotRecorded, zipfile.BadZipFile) as error:
                recording.left_out.append(f"{trace}: {error}")
    begun, status = float(result["startTime"]), str(result["status"])
    ended = _iso(begun + max(float(result.get("duration") or 0), 0.0))
    is_expected = status in ("skipped", test.get("expectedStatus"))
    if not any(event["event_type"] == "exception" for event in recording.events):
        recording.events += [_thrown(_dict(error), ended) for error in result.get("errors") or []]
    taken = {hashlib.sha256(file.bytes()).digest() for file in recording.files}
    attached: list[Stored] = []
    _attach(attached, archive, attempt["attached"])
    new = [file for file in attached if hashlib.sha256(file.bytes()).digest() not in taken]
    names = {file.name for file in recording.files}
    recording.files += [file if file.name not in names else Stored(f"report-{file.name}", file.content) for file in new]
    if attempt["output"]:
        recording.files.append(_text("output.log", "".join(attempt["output"]), _iso(begun)))
    _place_films(recording, new)
    outcome = FAILED_AS_EXPECTED if is_expected and status == "failed" else status
    named = _named(str(about.get("title", "")))
    attributes = {
        **recording.session["attributes"], **named["attributes"], "project": about.get("project"),
        "outcome": outcome, "retry": result.get("retry"),
    }  # fmt: skip
    errors = [_dict(error) for error in result.get("errors") or []]
    reason = next((said for error in errors if (said := _said(error))), "")
    if not (is_expected or reason):
        reason = PASSED_UNEXPECTEDLY if status == "passed" else f"the test has the status {status}"
    recording.session.pop("outcome", None)
    recording.session.update({
        **({"title": named["title"]} if named["title"] else {}),
        **_outcome(reason, outcome),
        "external_id": f"playwright:{result['id']}",
        "status": "ended" if is_expected else "failed",
        "started_at": _iso(begun),
        "ended_at": ended,
        "flags": {"exception": any(event["event_type"] == "exception" for event in recording.events)},
        "attributes": {name: value for name, value in attributes.items() if value not in (None, "")},
    })  # fmt: skip
    return recording


def _said(error: Json) -> str:
    return _plain(error.get("message") or error.get("value"))


def _thrown(error: Json, at: str) -> Json:
    said = {"message": _said(error), "trace": _plain(error.get("stack"))}
    return {"event_type": "exception", "event_time": at, "event_properties": _cut(said)}


def _plain(text: object) -> str:
    return COLOURS.sub("", str(text or ""))


def _cut(properties: Json) -> Json:
    """As texts, none of them long, without secrets."""
    longest = {"message": LONGEST_MESSAGE, "trace": LONGEST_TRACE}
    said = {name: str(value)[: longest.get(name, 8_000)] for name, value in properties.items() if value}
    cut: Json = clean(without_secrets(said))
    return cut


class _Trace:
    """One file of a trace: events, console and pictures on the clock of the wall."""

    def __init__(self, name: str, lines: Iterable[Json], offset: float | None, left_out: list[str]) -> None:
        """`offset` is what `_clock` says; lines that cannot be read are named in `left_out`."""
        self.events: list[Json] = []
        self.console: list[str] = []
        self.times: list[float] = []
        self.pictures: dict[str, Json] = {}
        self.pages_begun: dict[str, str] = {}
        self.about: Json = {}
        self.failed = False
        # What the first error says.
        self.reason = ""
        # As test.fail() says.
        self.was_to_fail = False
        self.attached: list[Json] = []
        self._offset = offset
        self._begun: float | None = None
        self._calls: dict[str, Json] = {}
        readers: dict[str, Callable[[Json], None]] = {
            "context-options": self._context_options,
            "before": self._before,
            "after": self._after,
            "console": self._console,
            "event": self._event,
            "error": self._error,
            "screencast-frame": self._screencast_frame,
        }
        for line in lines:
            kind = str(line.get("type"))
            try:
                if kind in readers:
                    readers[kind](line)
            except DAMAGED as error:
                left_out.append(f"{name}: a line of type {kind}: {error!r}")

    def _at(self, time: float) -> str:
        """Times in a trace are milliseconds since some moment of the machine's. Raises NotRecorded without a clock."""
        if self._offset is None:
            raise NotRecorded(
                "no line of its trace has a wallTime beside a time of its own: it is not known when it ran"
            )
        return self._on_the_wall(time + self._offset)

    def _on_the_wall(self, milliseconds: float) -> str:
        moment = _iso(milliseconds)
        self.times.append(milliseconds)
        return moment

    def _context_options(self, line: Json) -> None:
        if _is_wall_time(line.get("wallTime")):
            self._begun = line["wallTime"]
        self._annotated(line)
        options = line.get("options") or {}
        viewport = options.get("viewport") or {}
        about = {
            "browser": line.get("browserName"),
            "channel": line.get("channel"),
            "playwright": line.get("playwrightVersion"),
            "language": line.get("sdkLanguage"),
        }
        self.about = {"attributes": {name: str(value) for name, value in about.items() if value}}
        if line.get("title"):
            named = _named(str(line["title"]))
            self.about = {"title": named["title"], "attributes": {**self.about["attributes"], **named["attributes"]}}
        if viewport:
            self.about["device"] = {"screen_width": viewport["width"], "screen_height": viewport["height"]}
        if options.get("userAgent"):
            self.about["network"] = {"user_agent": options["userAgent"][:1000]}

    def _annotated(self, line: Json) -> None:
        notes = [_dict(note).get("type") for note in line.get("annotations") or []]
        self.was_to_fail = self.was_to_fail or "fail" in notes

    def _before(self, line: Json) -> None:
        method, params = str(line.get("method")), line.get("params") or {}
        at = self._at(line["startTime"])
        self._calls[line["callId"]] = line
        if method in NAVIGATIONS:
            url = params.get("url")
            self._happened("navigate", at, **({"url": url} if url else {"action": method}))
        elif method in CLICKS:
            self._happened("click", at, action=method, element=params.get("selector"))
        elif method in INPUTS:
            self._happened("input", at, action=method, element=params.get("selector"))

    def _after(self, line: Json) -> None:
        at = self._at(line["endTime"])
        self.attached += [_dict(one) for one in line.get("attachments") or []]
        self._annotated(line)
        call, error = self._calls.pop(line["callId"], {}), line.get("error")
        if error:
            error = error.get("error", error)
            self._happened("action_failed", at, action=call.get("method"), message=_plain(error.get("message")))

    def _console(self, line: Json) -> None:
        at, level, place = self._at(line["time"]), str(line.get("messageType")), line.get("location") or {}
        where = f" ({place.get('url')}:{place.get('lineNumber')})" if place.get("url") else ""
        self.console.append(f"{at} {level.upper()} {line.get('text', '')}{where}")
        if level == "error":
            self._happened("console_error", at, message=line.get("text"), url=place.get("url"))

    def _event(self, line: Json) -> None:
        at = self._at(line["time"])
        if line.get("method") == "pageError":
            said = line["params"]["error"]
            error = said.get("error") or {"message": said.get("value")}
            self.console.append(f"{at} EXCEPTION {error.get('message')}")
            self._happened("exception", at, message=error.get("message"), trace=error.get("stack"))

    def _error(self, line: Json) -> None:
        """What the runner of tests says of a test that fails."""
        self.failed = True
        self.reason = self.reason or _plain(line.get("message"))
        last = max(self.times, default=self._begun)
        if last is None:
            raise ValueError("nothing before it says when")
        at = self._on_the_wall(last)
        trace = "\n".join(f"{frame.get('file')}:{frame.get('line')}" for frame in line.get("stack") or [])
        self._happened("exception", at, message=_plain(line.get("message")), trace=trace)

    def _screencast_frame(self, line: Json) -> None:
        at = self._at(line["timestamp"])
        self.pages_begun.setdefault(line["pageId"], at)
        self.pictures[line["pageId"]] = {**line, "at": at}

    def _happened(self, event_type: str, at: str, **properties: Any) -> None:
        self.events.append({"event_type": event_type, "event_time": at, "event_properties": _cut(properties)})


def _clock(lines: Iterable[Json]) -> float | None:
    """What added to a trace's own times gives milliseconds since 1970; None if no line has both clocks.

    From version 1.45 (format 7) on the first line has both, before that each action has.
    """
    own_times = {"context-options": "monotonicTime", "before": "startTime", "action": "startTime"}
    for line in lines:
        wall: Any = line.get("wallTime")
        own: Any = line.get(own_times.get(str(line.get("type")), ""))
        if _is_wall_time(wall) and _is_number(own):
            return float(wall - own)
    return None


def _is_wall_time(value: Any) -> bool:
    """Where nobody knew the time, there is none or 0."""
    return _is_number(value) and bool(value > 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _lines(archive: zipfile.ZipFile, name: str, left_out: list[str]) -> Iterator[Json]:
    """The last line of a trace whose writer was killed is cut short."""
    with archive.open(name) as file:
        for number, line in enumerate(file, 1):
            try:
                said = json.loads(line) if line.strip() else {}
            except (ValueError, RecursionError):
                left_out.append(f"{name}: line {number} is not JSON")
                continue
            if isinstance(said, dict):
                yield said
            else:
                left_out.append(f"{name}: line {number} is no object")


def _snapshots(lines: Iterable[Json]) -> Iterator[Any]:
    return (line.get("snapshot") for line in lines if line.get("type") == "resource-snapshot")


def _archive(archive: zipfile.ZipFile, names: set[str], network: list[Json]) -> bytes:
    """The requests as HAR 1.2, texts with their bodies."""
    entries = []
    for request in network:
        content = dict(_dict(request["response"].get("content")))
        resource = content.pop("_file", None) or f"resources/{content.pop('_sha1', '')}"
        if resource in names and archive.getinfo(resource).file_size <= LARGEST_BODY:
            content.update(_body(archive.read(resource), str(content.get("mimeType"))))
        entry = {name: value for name, value in request.items() if name != "pageref"}
        entry = {"cache": {}, "timings": {"send": 0, "wait": request.get("time", 0), "receive": 0}, **entry}
        entries.append({**entry, "response": {**request["response"], "content": content}})
    entries.sort(key=lambda entry: str(entry.get("startedDateTime")))
    creator = {"name": "import_playwright", "version": "1"}
    return json.dumps(without_secrets({"log": {"version": "1.2", "creator": creator, "entries": entries}})).encode()


def _body(content: bytes, mime_type: str) -> Json:
    if any(word in mime_type for word in ("text", "json", "javascript", "xml")):
        return {"text": content.decode("utf-8", "replace")}
    return {"text": base64.b64encode(content).decode(), "encoding": "base64"}


def _pictures(archive: zipfile.ZipFile, names: set[str], traces: list[_Trace]) -> Iterator[Stored]:
    """The last one of each page."""
    frames = [frame for trace in traces for frame in trace.pictures.values()]
    for number, frame in enumerate(sorted(frames, key=lambda frame: frame["timestamp"]), 1):
        name = frame.get("file") or f"resources/{frame.get('sha1')}"
        if name in names:
            shown = "screenshot.jpeg" if number == 1 else f"screenshot-{number}.jpeg"
            yield Stored(shown, archive.read(name), frame["at"])


# ---- HAR files


def read_har(path: Path) -> Recording:
    """A session from the first request to the last answer. Raises NotRecorded for one without requests."""
    return _read_har(path, path.read_bytes(), None)


def _read_har(path: Path, content: bytes, archive: zipfile.ZipFile | None) -> Recording:
    """In a zip, the bodies lie beside the HAR file."""
    har = json.loads(content.decode("utf-8-sig", "replace"))
    left_out: list[str] = []
    if archive is not None:
        har = json.loads(_archive(archive, set(archive.namelist()), _requests(har["log"]["entries"], left_out)))
    entries = _requests(har["log"]["entries"], left_out)
    if not entries:
        raise NotRecorded(f"there are no requests in it that say when they were made: {', '.join(left_out[:1])}"
                          if left_out else "there are no requests in it")  # fmt: skip
    spans = [(milliseconds_of(entry["startedDateTime"]), _length(entry)) for entry in entries]
    session = _session(path)
    session["started_at"] = _iso(min(begun for begun, _ in spans))
    session["ended_at"] = _iso(max(begun + time for begun, time in spans))
    if agent := next((agent for entry in entries if (agent := _agent(entry))), None):
        session["network"] = {"user_agent": agent}
    events = [
        {
            "event_type": "navigate",
            "event_time": _iso(begun),
            "event_properties": _cut({"url": entry["request"].get("url", "")}),
        }
        for entry, (begun, _) in zip(entries, spans)  # noqa: B905  3.9
        if _is_page(entry)
    ]
    name = path.name if archive is None else f"{path.stem}.har"
    kept = json.dumps(without_secrets(har)).encode()
    return Recording(session, events, [Stored(name, kept, session["started_at"])], left_out)


def _requests(entries: Iterable[Any], left_out: list[str], place: str = "") -> list[Json]:
    """Those with a request, a response and the time at which it was begun. The others are named in `left_out`."""
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            for part in ("request", "response"):
                if not isinstance(entry[part], dict):
                    raise TypeError(f"{part} is no object")
            _iso(milliseconds_of(entry["startedDateTime"]) + _length(entry))
        except KeyError as error:
            left_out.append(f"{place}request {number} has no {error.args[0]}")
        except DAMAGED as error:
            left_out.append(f"{place}request {number}: {error}")
        else:
            found.append(entry)
    return found


def _first(entries: list[Json]) -> str:
    """When the first of these requests was begun."""
    return _iso(min(milliseconds_of(entry["startedDateTime"]) for entry in entries))


def _length(entry: Json) -> float:
    """Milliseconds; 0 for what is no length, as the -1 of a request without an answer."""
    length: Any = entry.get("time")
    return float(length) if _is_number(length) and 0 <= length < LONGEST_REQUEST else 0.0


def _is_page(entry: Json) -> bool:
    kind = str(_dict(entry["response"].get("content")).get("mimeType", ""))
    return entry.get("_resourceType") == "document" or ("_resourceType" not in entry and kind.startswith("text/html"))


# ---- both


def _session(path: Path) -> Json:
    """Known by the file's bytes: the same file again is the same session."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        for chunk in iter(lambda: file.read(1024 * 1024), b""):
            digest.update(chunk)
    return {"external_id": f"playwright:{digest.hexdigest()[:32]}", "status": "ended"}


def _agent(entry: Json) -> str | None:
    headers = entry["request"].get("headers")
    found = (_dict(header) for header in (headers if isinstance(headers, list) else []))
    agents = (header.get("value") for header in found if str(header.get("name")).lower() == "user-agent")
    return next((agent[:1000] for agent in agents if agent and isinstance(agent, str)), None)


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _iso(milliseconds: float) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)  # noqa: UP017  3.9
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---- out


def write(recording: Recording, folder: Path, number: int) -> None:
    """A line of sessions.ndjson, and its files beside it."""
    place = Path("files") / f"{number:04d}"
    (folder / place).mkdir(parents=True, exist_ok=True)
    attachments = []
    for file in map(Stored.without_secrets, recording.files):
        (folder / place / file.name).write_bytes(file.bytes())
        attachments.append({"name": file.name, "kind": kind_of(file.name), "content_type": type_of(file.name),
                            "starts_at": file.starts_at, "file": str(place / file.name)})  # fmt: skip
    line = {**recording.session, "events": recording.events, "attachments": attachments}
    with (folder / "sessions.ndjson").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


def send(recording: Recording, history: SessionHistory) -> None:
    """Raises ApiError."""
    sent = history.session(**recording.session)
    sent.id = history.send({"initiator": {"type": "token"}, **recording.session})["id"]
    for start in range(0, len(recording.events), BATCH_EVENTS):
        history.request("POST", f"{sent.path}/events", {"events": recording.events[start : start + BATCH_EVENTS]})
    for file in map(Stored.without_secrets, recording.files):
        if isinstance(file.content, Path):
            sent.attach(file.content, name=file.name, starts_at=file.starts_at)
        else:
            sent.attach_bytes(file.name, file.content, starts_at=file.starts_at)
    for problem in sent.refused.values():
        raise problem


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Bring Playwright's traces and HAR files in as sessions.")
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a trace.zip, a blob report, a HAR file (also zipped) or a folder",
    )
    parser.add_argument("--app", metavar="ID", help="the app ID that was tested")
    parser.add_argument("--user", metavar="EMAIL", help="who ran it")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", type=Path, metavar="FOLDER", help="write sessions.ndjson and the files there")
    target.add_argument("--url", help="send to this server, with the token in SESSION_HISTORY_TOKEN")
    options = parser.parse_args(arguments)
    history = SessionHistory(options.url, os.environ.get("SESSION_HISTORY_TOKEN", "")) if options.url else None
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "sessions.ndjson").write_bytes(b"")
    done = failed = 0
    for path in options.paths:
        for recording in recordings(path):
            try:
                if isinstance(recording, NotRecorded):
                    raise recording
                recording.session.update(_about(options, over_http=history is not None))
                if history is not None:
                    send(recording, history)
                else:
                    write(recording, options.out, done)
            except (NotRecorded, ApiError) as error:
                failed += 1
                print(error, file=sys.stderr)  # noqa: T201
            else:
                done += 1
                for part in recording.left_out:
                    print(part, file=sys.stderr)  # noqa: T201
    where = options.url or options.out / "sessions.ndjson"
    print(f"{done} sessions to {where}, {failed} refused")  # noqa: T201
    return 1 if failed else 0


def _about(options: argparse.Namespace, *, over_http: bool) -> Json:
    about: Json = {"app": {"app_id": options.app}} if options.app else {}
    if options.user:
        return {**about, "initiator": {"type": "user", "email": options.user}}
    return about if over_http else {**about, "initiator": {"type": "anonymous", "label": "Playwright"}}


if __name__ == "__main__":
    sys.exit(main())
