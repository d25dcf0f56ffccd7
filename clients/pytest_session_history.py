"""Record every test as a session of Session History, with its log and what its browser showed.

    pytest -p pytest_session_history --session-history-url https://sessions.example.com

Put this file and session_history.py where Python finds them, and the token into SESSION_HISTORY_TOKEN. With
Playwright or Selenium a session also gets screenshots, the console and the requests as HAR, and a video where one is
recorded. A server that is away never fails a test: one line at the end says that something is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import uuid
from collections.abc import Generator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, NamedTuple, Union  # noqa: UP035  3.9
from urllib.parse import parse_qsl, urlsplit

import pytest
from session_history import ApiError, Session, SessionHistory

# A test must not wait long for a server that is gone, and the next one must not wait at all.
ATTEMPTS = 2
TIMEOUT_SECONDS = 15.0
LONGEST_MESSAGE = 2_000
LONGEST_TRACE = 20_000
PROBLEM = "session_history_problem"
# They open things, so they do not belong into a file that many may read.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
CHROMEDRIVER = re.compile(r"(?P<url>\S+) (?P<line>[0-9]+):[0-9]+ (?P<text>.*)", re.DOTALL)
LEVELS = {"SEVERE": "error", "WARNING": "warning"}

Json = dict[str, Any]
Report = pytest.TestReport


class File(NamedTuple):
    """A file of a test's session; `starts_at` is when its first frame or byte is."""

    name: str
    content: bytes
    kind: str
    content_type: str
    starts_at: str | None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("session-history", "recording tests in Session History")
    group.addoption("--session-history-url", default=os.environ.get("SESSION_HISTORY_URL"), help="the server")
    group.addoption(
        "--session-history-token",
        default=os.environ.get("SESSION_HISTORY_TOKEN"),
        help="an API token with the scope write; in SESSION_HISTORY_TOKEN nobody sees it in the list of processes",
    )
    group.addoption("--session-history-app", default=os.environ.get("SESSION_HISTORY_APP"), help="the app ID tested")


def pytest_configure(config: pytest.Config) -> None:
    url, token = config.getoption("--session-history-url"), config.getoption("--session-history-token")
    if url and token:
        history = SessionHistory(url, token, attempts=ATTEMPTS, timeout=TIMEOUT_SECONDS)
        config.pluginmanager.register(Recorder(config, history), "session-history-recorder")


class Recorder:
    """One run of pytest, or one worker of pytest-xdist."""

    def __init__(self, config: pytest.Config, history: SessionHistory) -> None:
        self._config = config
        self._history = history
        self._app = config.getoption("--session-history-app")
        worker = getattr(config, "workerinput", {})
        self._worker: str | None = worker.get("workerid")
        self._run: str = worker.get("testrunuid") or uuid.uuid4().hex
        self._test: Test | None = None
        self._recorded = 0
        self._gone = False
        self.problem: str | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        test = self._test = Test(item.nodeid, self._history.session(**self._fields(item)))
        self._attempt(test.session.start)
        try:
            return (yield)
        finally:
            self._test = None
            if test.session.id:
                self._attempt(test.finish)
                self._recorded += 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        test = self._test
        if test is None or not test.session.id:
            return (yield)
        self._attempt(lambda: test.watch(getattr(item, "funcargs", {})))
        try:
            return (yield)
        finally:
            # The fixtures close the browser when they end, so now is the time to look.
            self._attempt(test.look)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Report, Report]:
        report = yield
        if self._test is not None:
            self._test.add(report, call)
        return report

    def pytest_sessionfinish(self) -> None:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[PROBLEM] = self.problem

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of pytest-xdist has no terminal: its starter speaks for it."""
        self.problem = self.problem or getattr(node, "workeroutput", {}).get(PROBLEM)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.problem:
            terminalreporter.write_line(f"Session History: not everything was recorded: {self.problem}", yellow=True)
        elif self._recorded:
            terminalreporter.write_line(f"Session History: {self._recorded} recorded at {self._history.url}/sessions/")

    def _attempt(self, step: Callable[[], object]) -> None:
        """Whatever goes wrong with the recording, the test goes on; without a server nothing more is tried."""
        if self._gone:
            return
        try:
            step()
        except ApiError as error:
            self.problem = self.problem or str(error)
            self._gone = error.status in (0, 401, 403) or error.status >= 500
        except Exception as error:  # noqa: BLE001  a recording is never worth a red test
            self.problem = self.problem or f"{type(error).__name__}: {error}".splitlines()[0]

    def _fields(self, item: pytest.Item) -> Json:
        external_id = f"pytest:{self._run}:{item.nodeid}"
        if len(external_id) > 255:
            external_id = f"pytest:{self._run}:{hashlib.sha256(item.nodeid.encode()).hexdigest()}"
        attributes = {"test": item.nodeid, "run": self._run, "python": platform.python_version()}
        return {
            "external_id": external_id,
            **({"app": self._app} if self._app else {}),
            "os": {"name": platform.system(), "version": platform.release()},
            "attributes": attributes | ({"worker": self._worker} if self._worker else {}),
        }


class Test:
    """One test while it runs."""

    __test__ = False

    def __init__(self, nodeid: str, session: Session) -> None:
        self.session = session
        self._nodeid = nodeid
        self._reports: list[Report] = []
        self._browsers: list[Browser] = []
        self._begun = _now()
        self._ended = 0.0

    def watch(self, fixtures: dict[str, Any]) -> None:
        contexts = {id(found): found for value in fixtures.values() if (found := _context(value)) is not None}
        self._browsers = [PlaywrightBrowser(context) for context in contexts.values()]
        self._browsers += [SeleniumBrowser(value) for value in fixtures.values() if _is_driver(value)]

    def look(self) -> None:
        for browser in self._browsers:
            browser.look()

    def add(self, report: Report, call: pytest.CallInfo[None]) -> None:
        self._reports.append(report)
        self._ended = call.stop
        self.session.event(
            report.when or "test",
            event_time=_iso(call.stop),
            outcome=_outcome(report),
            duration_ms=round((call.stop - call.start) * 1000),
        )
        if report.failed:
            message = str(call.excinfo.value) if call.excinfo is not None else ""
            self.session.event(
                "exception",
                event_time=_iso(call.stop),
                message=f"{call.excinfo.typename if call.excinfo else 'Error'}: {message}"[:LONGEST_MESSAGE],
                trace=report.longreprtext[:LONGEST_TRACE],
                phase=report.when,
            )

    def finish(self) -> None:
        failed = any(report.failed for report in self._reports)
        thrown = any(browser.thrown for browser in self._browsers)
        self._send(File("test.log", self._log(), "log", "text/plain", self._begun))
        for number, browser in enumerate(self._browsers, 1):
            suffix = "" if number == 1 else f"-{number}"
            for event in browser.events:
                self.session.event(event.pop("event_type"), **event)
            for file in browser.files():
                stem, dot, extension = file.name.rpartition(".")
                self._send(file._replace(name=f"{stem}{suffix}{dot}{extension}"))
        about = {name: value for browser in self._browsers for name, value in browser.about.items()}
        fields: Json = {
            "ended_at": _iso(self._ended) if self._ended else _iso(datetime.now(timezone.utc).timestamp()),  # noqa: UP017
            "attributes": {"outcome": _summary(self._reports), **about},
            **({"flags": {"exception": True}} if failed or thrown else {}),
        }
        (self.session.fail if failed else self.session.end)(**fields)

    def _send(self, file: File) -> None:
        if not file.content:
            return
        answer = self.session.attach_bytes(
            file.name, file.content, file.kind, file.content_type, starts_at=file.starts_at
        )
        if answer is None:
            raise self.session.refused[file.name]

    def _log(self) -> bytes:
        parts = [self._nodeid]
        for report in self._reports:
            parts.append(f"{report.when}: {_outcome(report)} in {report.duration:.3f} s")
            if report.longrepr is not None:
                parts.append(report.longreprtext)
        # Every report repeats what was captured before it.
        for title, content in self._reports[-1].sections if self._reports else []:
            parts.append(f"---- {title} ----\n{content.rstrip()}")
        return "\n".join(parts).replace("\0", "\u2400").encode("utf-8", "replace") + b"\n"


class PlaywrightBrowser:
    """All pages of one context of Playwright's synchronous interface, from the test's beginning on."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._console: list[str] = []
        self._finished: list[tuple[Any, Any]] = []
        self._responses: dict[Any, Any] = {}
        self._pictures: list[tuple[bytes, str]] = []
        # A video begins when its page is opened: that of a page that was open before is not known.
        self._pages: dict[Any, str | None] = dict.fromkeys(context.pages)
        self._videos: list[tuple[Path, str | None]] = []
        self._listeners: list[tuple[Any, str, Callable[[Any], None]]] = []
        self.events: list[Json] = []
        self.about: Json = {}
        self.thrown = False
        for name, listener in (
            ("console", self._said),
            ("weberror", self._threw),
            ("response", self._answered),
            ("requestfinished", self._done),
            ("requestfailed", self._done),
            ("page", self._opened),
        ):
            self._on(context, name, listener)
        for page in context.pages:
            self._opened(page)

    def look(self) -> None:
        for target, name, listener in self._listeners:
            target.remove_listener(name, listener)
        browser = self._context.browser
        if browser is not None:
            self.about = {"browser": browser.browser_type.name, "browser_version": browser.version}
        for page in self._context.pages:
            self._pictures.append((page.screenshot(), _now()))
            if page.video is not None:
                self._videos.append((Path(page.video.path()), self._pages.get(page)))

    def files(self) -> list[File]:
        # Written when the fixtures have closed the page; kept or not as the test's own settings say.
        videos = [(path.read_bytes(), begun) for path, begun in self._videos if path.is_file()]
        entries = [_entry(request, self._responses.get(request)) for request, _ in self._finished]
        return _files(self._console, entries, self._pictures, videos)

    def _on(self, target: Any, name: str, listener: Callable[[Any], None]) -> None:
        target.on(name, listener)
        self._listeners.append((target, name, listener))

    def _opened(self, page: Any) -> None:
        self._pages.setdefault(page, _now())
        self._on(page, "framenavigated", lambda frame: self._navigated(page, frame))

    def _navigated(self, page: Any, frame: Any) -> None:
        if frame == page.main_frame and frame.url != "about:blank":
            self._happened("navigate", url=frame.url)

    def _said(self, message: Any) -> None:
        place = message.location
        self._console.append(_line(_now(), message.type, message.text, place.get("url"), place.get("lineNumber")))
        if message.type == "error":
            self._happened("console_error", message=message.text, url=place.get("url"))

    def _threw(self, thrown: Any) -> None:
        self.thrown = True
        error = thrown.error
        self._console.append(_line(_now(), "exception", str(error), None, None))
        self._happened("exception", message=str(error)[:LONGEST_MESSAGE], trace=(error.stack or "")[:LONGEST_TRACE])

    def _answered(self, response: Any) -> None:
        self._responses[response.request] = response

    def _done(self, request: Any) -> None:
        self._finished.append((request, None))

    def _happened(self, event_type: str, **properties: Any) -> None:
        self.events.append({"event_type": event_type, "event_time": _now(), **properties})


class SeleniumBrowser:
    """One driver of Selenium. What it has logged is read at the test's end, where the browser keeps a log."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._console: list[str] = []
        self._entries: list[Json] = []
        self._pictures: list[tuple[bytes, str]] = []
        self.events: list[Json] = []
        self.about: Json = {}
        self.thrown = False

    def look(self) -> None:
        can = self._driver.capabilities
        self.about = {"browser": can.get("browserName"), "browser_version": can.get("browserVersion")}
        self.about = {name: value for name, value in self.about.items() if value}
        self._pictures.append((self._driver.get_screenshot_as_png(), _now()))
        if self._driver.current_url:
            self.events.append({"event_type": "navigate", "event_time": _now(), "url": self._driver.current_url})
        # Firefox and Safari have no such logs; `performance` is there when goog:loggingPrefs asks for it.
        kinds = getattr(self._driver, "log_types", [])
        for said in self._driver.get_log("browser") if "browser" in kinds else []:
            level = LEVELS.get(said["level"], said["level"].lower())
            at = _iso(said["timestamp"] / 1000)
            url, number, text = _of_chromedriver(said["message"])
            self._console.append(_line(at, level, text, url, number))
            if text.startswith("Uncaught "):
                self.thrown = True
                self.events.append({"event_type": "exception", "event_time": at, "message": text, "url": url})
            elif level == "error":
                self.events.append({"event_type": "console_error", "event_time": at, "message": text, "url": url})
        if "performance" in kinds:
            self._entries = _network(json.loads(said["message"]) for said in self._driver.get_log("performance"))

    def files(self) -> list[File]:
        return _files(self._console, self._entries, self._pictures, [])


Browser = Union[PlaywrightBrowser, SeleniumBrowser]  # noqa: UP007  3.9


def _context(value: Any) -> Any:
    """The context that a fixture's value belongs to, where it is one of Playwright's."""
    if type(value).__module__.startswith("playwright.sync_api"):
        return {"Page": lambda: value.context, "BrowserContext": lambda: value}.get(
            type(value).__name__, lambda: None
        )()
    return None


def _is_driver(value: Any) -> bool:
    return any(kind.__module__.startswith("selenium.webdriver") for kind in type(value).__mro__) and hasattr(
        value, "get_screenshot_as_png"
    )


def _files(
    console: list[str],
    entries: list[Json],
    pictures: list[tuple[bytes, str]],
    videos: list[tuple[bytes, str | None]],
) -> list[File]:
    """What there is. A picture and a video come with their times."""
    found = []
    if console:
        content = "\n".join(console).replace("\0", "\u2400").encode("utf-8", "replace")
        found.append(File("console.log", content + b"\n", "log", "text/plain", console[0].partition(" ")[0]))
    if entries:
        archive = {"log": {"version": "1.2", "creator": {"name": "pytest_session_history", "version": "1"}}}
        archive["log"]["entries"] = entries  # type: ignore[assignment]
        begun = min(entry["startedDateTime"] for entry in entries)
        found.append(File("network.har", json.dumps(archive).encode(), "network_log", "application/json", begun))
    for name, contents, kind, content_type in (
        ("screenshot{}.png", pictures, "screenshot", "image/png"),
        ("video{}.webm", videos, "video", "video/webm"),
    ):
        for number, (content, starts_at) in enumerate(contents, 1):
            shown = name.format("" if number == 1 else f"-page-{number}")
            found.append(File(shown, content, kind, content_type, starts_at))
    return found


def _entry(request: Any, response: Any) -> Json:
    """A request of Playwright's, and its response if there was one, as HAR 1.2 has them."""
    timing = request.timing
    wait = _between(timing, "requestStart", "responseStart")
    receive = _between(timing, "responseStart", "responseEnd")
    connect = _between(timing, "connectStart", "connectEnd")
    dns = _between(timing, "domainLookupStart", "domainLookupEnd")
    phases = [dns, connect, wait, receive]
    return _har_entry(
        begun=timing["startTime"] / 1000,
        timings={"blocked": -1, "dns": dns, "connect": connect, "send": 0, "wait": wait, "receive": receive},
        time=sum(phase for phase in phases if phase > 0),
        request=(request.method, request.url, request.headers),
        response=None if response is None else (response.status, response.status_text, response.headers),
        failure=request.failure,
        resource_type=request.resource_type,
    )


def _between(timing: Json, begin: str, end: str) -> float:
    """Milliseconds; -1 is what HAR says for a phase that there was not."""
    return timing[end] - timing[begin] if timing[begin] >= 0 and timing[end] >= timing[begin] else -1


def _network(messages: Any) -> list[Json]:
    """Chromium's own account of its requests (Network domain of its DevTools protocol) as entries of HAR."""
    sent: dict[str, Json] = {}
    answered: dict[str, Json] = {}
    for message in messages:
        method, said = message["message"]["method"], message["message"]["params"]
        if method == "Network.requestWillBeSent":
            sent[said["requestId"]] = said
        elif method == "Network.responseReceived":
            answered[said["requestId"]] = said
    entries = []
    for ident, said in sent.items():
        answer = answered.get(ident)
        response = answer["response"] if answer else None
        time = (answer["timestamp"] - said["timestamp"]) * 1000 if answer else 0
        entries.append(
            _har_entry(
                begun=said["wallTime"],
                timings={"send": 0, "wait": time, "receive": 0},
                time=time,
                request=(said["request"]["method"], said["request"]["url"], said["request"]["headers"]),
                response=None if not response else (response["status"], response["statusText"], response["headers"]),
                failure=None,
                resource_type=said.get("type", "").lower(),
            )
        )
    return entries


def _har_entry(
    *,
    begun: float,
    timings: Json,
    time: float,
    request: tuple[str, str, dict[str, str]],
    response: tuple[int, str, dict[str, str]] | None,
    failure: str | None,
    resource_type: str,
) -> Json:
    method, url, headers = request
    status, reason, answered = response or (0, "", {})
    kind = {name.lower(): value for name, value in answered.items()}.get("content-type", "")
    common: Json = {"httpVersion": "", "cookies": [], "headersSize": -1, "bodySize": -1}
    query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    return {
        "startedDateTime": _iso(max(begun, 0)),
        "time": time,
        "request": {**common, "method": method, "url": url, "headers": _headers(headers), "queryString": query},
        "response": {
            **common,
            "status": status,
            "statusText": reason,
            "headers": _headers(answered),
            "content": {"size": -1, "mimeType": kind},
            "redirectURL": "",
            **({"_failureText": failure} if failure else {}),
        },
        "cache": {},
        "timings": timings,
        "_resourceType": resource_type,
    }


def _headers(headers: dict[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in headers.items() if name.lower() not in SECRET_HEADERS]


def _outcome(report: Report) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return str(report.outcome)


def _summary(reports: list[Report]) -> str:
    """One word for the test, as pytest's own summary has it."""
    for report in reports:
        if report.failed:
            return "failed" if report.when == "call" else "error"
    return next((outcome for report in reports if (outcome := _outcome(report)) != "passed"), "passed")


def _of_chromedriver(message: str) -> tuple[str | None, int | None, str]:
    """The address, the line and the text of `http://shop.example/ 7:12 "the cart is broken"`."""
    match = CHROMEDRIVER.fullmatch(message)
    if match is None:
        return None, None, message
    text = match["text"]
    with suppress(ValueError):  # of several values, or cut off
        text = str(json.loads(text)) if text.startswith('"') else text
    return match["url"], int(match["line"]), text


def _line(at: str, level: str, text: str, url: str | None, number: int | None) -> str:
    place = f" ({url}:{number})" if url else ""
    return f"{at} {level.upper()} {text}{place}"


def _now() -> str:
    return _iso(datetime.now(timezone.utc).timestamp())  # noqa: UP017  3.9


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, timezone.utc)  # noqa: UP017  3.9
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
