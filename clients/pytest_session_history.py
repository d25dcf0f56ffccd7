"""Record every test as a session of Session History, with its log and what its browser showed.

    pytest -p pytest_session_history --session-history-url https://sessions.example.com

Put this file and session_history.py where Python finds them, and the token into SESSION_HISTORY_TOKEN. With
Playwright or Selenium a session also gets screenshots, the console and the requests as HAR, and a video where one is
recorded.

Tests wait for no server: they are written to a spool on disk, which another process sends, many in one request. What
it could not send when the run ends is kept; one line says how much that is, and the next run sends it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Generator
from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Callable, Union  # noqa: UP035  3.9
from urllib.parse import parse_qsl, urlsplit

import pytest
import session_history
from session_history import (
    LONGEST_OUTCOME,
    LONGEST_TITLE,
    SECONDS_AFTER,
    Journal,
    Spool,
    Spooled,
    ci_attributes,
    first_line,
    is_sent,
    shortened,
    totals,
    without_secrets,
)

LONGEST_MESSAGE = 2_000
LONGEST_TRACE = 20_000
LONGEST_LOG = 16 * 1024 * 1024
# Of one page's; what comes after is counted.
MOST_LINES = 20_000
MOST_REQUESTS = 5_000
MOST_EVENTS = 2_000
PICTURE_MILLISECONDS = 2_000
STARTER_SECONDS = 10.0
GIT_SECONDS = 2.0
CHROMEDRIVER = re.compile(r"(?P<url>\S+) (?P<line>[0-9]+):[0-9]+ (?P<text>.*)", re.DOTALL)
BROWSERS = {
    "playwright.sync_api": ("Page", "BrowserContext"),
    "selenium.webdriver.remote.webdriver": ("WebDriver",),
    "selenium.webdriver.support.event_firing_webdriver": ("EventFiringWebDriver",),
}
LEVELS = {"SEVERE": "error", "WARNING": "warning"}
WORKER = "session_history"
# Wherever a test may go: the path on which it was found may be relative.
SENDER = Path(session_history.__file__).absolute()

Json = dict[str, Any]
Report = pytest.TestReport


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("session-history", "recording tests in Session History")
    group.addoption("--session-history-url", default=os.environ.get("SESSION_HISTORY_URL"), help="the server")
    group.addoption(
        "--session-history-token",
        default=os.environ.get("SESSION_HISTORY_TOKEN"),
        help="an API token with the scope write; in SESSION_HISTORY_TOKEN nobody sees it in the list of processes",
    )
    group.addoption("--session-history-app", default=os.environ.get("SESSION_HISTORY_APP"), help="the app ID tested")
    group.addoption(
        "--session-history-spool",
        default=None,
        help="the folder where sessions wait until they are sent; SESSION_HISTORY_SPOOL",
    )


def pytest_configure(config: pytest.Config) -> None:
    url, token = config.getoption("--session-history-url"), config.getoption("--session-history-token")
    if not (url and token) or config.getoption("collectonly", default=False):
        return
    try:
        worker = getattr(config, "workerinput", None)
        if worker is None:
            run = Run(config, url, token)
            config.pluginmanager.register(run, "session-history-run")
            folder, about, name = run.folder, run.about, "main"
        else:
            folder, about, name = Path(worker[WORKER]["folder"]), worker[WORKER]["about"], worker["workerid"]
        if worker is not None or not _has_workers(config):
            recorder = Recorder(config, Journal(folder, name, token), folder.name, name, about)
            config.pluginmanager.register(recorder, "session-history-recorder")
    except Exception as error:  # noqa: BLE001  a recording is never worth a run
        config.pluginmanager.register(NoRun(_text_of(error)), "session-history-no-run")


def _has_workers(config: pytest.Config) -> bool:
    return bool(config.getoption("tx", default=None))


def _commit(folder: Path) -> dict[str, str]:
    """The commit that is checked out, where Git can say it."""
    if ci_attributes().get("commit") or not (git := shutil.which("git")):
        return {}
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            [git, "rev-parse", "--verify", "HEAD"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=GIT_SECONDS,
        )
        return {"commit": said.stdout.decode("ascii", "replace").strip()}
    return {}


class NoRun:
    """A run that cannot be recorded."""

    def __init__(self, why: str) -> None:
        self._why = why

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.write_line(f"Session History: nothing is recorded: {self._why}", yellow=True)


class Run:
    """A run of pytest: it starts the process that sends, and says at the end what became of the sessions."""

    def __init__(self, config: pytest.Config, url: str, token: str) -> None:
        session_history.SessionHistory(url, token)  # which refuses what is no address
        self._url = url.rstrip("/")
        self._token = token
        self._spool = Spool(url, config.getoption("--session-history-spool"))
        self.folder = self._spool.begin(uuid.uuid4().hex)
        # Attributes of all its tests.
        self.about = {"run": self.folder.name, **_commit(config.rootpath), **ci_attributes()}
        self._sender: IO[bytes] | None = None
        self._problem: str | None = None
        self._lost = 0

    def pytest_sessionstart(self) -> None:
        try:
            self._sender = self._started()
        except Exception as error:  # noqa: BLE001
            self._problem = f"the process that sends did not start: {_text_of(error)}"

    def _started(self) -> IO[bytes] | None:
        """What is written to it, or its end, tells the sender that the run is over."""
        # Isolated, so that neither the tests' path nor what measures their coverage reaches it.
        command = [sys.executable, "-I", "-S", str(SENDER), "follow", "--url", self._spool.url]
        process = subprocess.Popen(
            [*command, "--spool", str(self._spool.folder.absolute()), "--run", str(self.folder.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "SESSION_HISTORY_TOKEN": self._token},
            start_new_session=True,
        )
        if hasattr(os, "fork"):  # it has made a process of its own and ends
            process.wait(STARTER_SECONDS)
        return process.stdin

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker of pytest-xdist writes into the same folder."""
        node.workerinput[WORKER] = {"folder": str(self.folder.absolute()), "about": self.about}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        with suppress(Exception):
            output = getattr(node, "workeroutput", None)
            if output is None:  # it has crashed
                Journal(self.folder, f"{node.workerinput['workerid']}").broke_off()
            else:
                self._lost += output.get(WORKER, 0)

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        try:
            recorder = config.pluginmanager.get_plugin("session-history-recorder")
            self._lost += getattr(recorder, "lost", 0)
            line, all_sent = self._ended()
        except Exception as error:  # noqa: BLE001
            line, all_sent = f"what became of the sessions in {self.folder} is not known: {_text_of(error)}", False
        terminalreporter.write_line(f"Session History: {line}", yellow=not all_sent)

    def pytest_unconfigure(self) -> None:
        self._say_over()

    def _ended(self) -> tuple[str, bool]:
        """Wait, for a while, until everything is sent. What became of the sessions, and whether all were sent."""
        self._say_over()
        deadline = time.monotonic() + SECONDS_AFTER
        while not is_sent(self.folder) and time.monotonic() < deadline and not self._problem:
            time.sleep(0.05)
        done = totals(self.folder)
        lost = done.lost + self._lost
        why = self._problem or done.why
        said = f"{done.sent} sent, {done.kept} kept, {lost} lost" + (f" ({why})" if why else "")
        if not done.kept:
            shutil.rmtree(self.folder, ignore_errors=True)
            return f"{said}: {self._url}/sessions/", not lost
        command = f"python {SENDER} send --url {self._spool.url} --spool {self._spool.folder}"
        return f"{said}. The next run sends them, or: {command}", False

    def _say_over(self) -> None:
        with suppress(OSError):
            (self.folder / session_history.OVER).touch()
        if self._sender is not None:
            sender, self._sender = self._sender, None
            with suppress(OSError, ValueError):
                sender.close()


class Recorder:
    """Writes the tests that run in this process to the spool."""

    def __init__(self, config: pytest.Config, journal: Journal, run: str, worker: str, about: Json) -> None:
        """`run` tells its sessions from those of other runs; `about` are the attributes of all of them."""
        app = config.getoption("--session-history-app")
        self._journal = journal
        attributes = {
            **about,
            "python": platform.python_version(),
            **({"worker": worker} if worker != "main" else {}),
        }
        self._about: Json = {
            "status": "failed",
            **({"app": {"app_id": app}} if app else {}),
            "os": {"name": platform.system(), "version": platform.release()},
            "attributes": attributes,
        }
        self._prefix = f"pytest:{run}:{worker}"
        self._secret = str(config.getoption("--session-history-token"))
        self._config = config
        self._test: Test | None = None
        self._number = 0
        # Tests of which something could not be written.
        self.lost = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        if not self._attempt(lambda: self._begin(item)) and self._test is None:
            self.lost += 1
        try:
            return (yield)
        finally:
            test, self._test = self._test, None
            goes_on = nextitem is not None
            if test is not None and not self._attempt(lambda: test.finish(self._journal, self._secret, goes_on)):
                self.lost += 1

    def _begin(self, item: pytest.Item) -> None:
        self._number += 1
        title, suite = _name(item.nodeid)
        about = {
            "test": item.nodeid[:LONGEST_MESSAGE],
            "suite": shortened(suite, LONGEST_TITLE, self._secret),
            "retry": 0,
        }
        session = {
            **self._about,
            "title": shortened(title, LONGEST_TITLE, self._secret),
            "external_id": f"{self._prefix}:{self._number}",
            "started_at": _now(),
            "attributes": {**about, **self._about["attributes"]},
        }
        self._test = Test(session)
        self._journal.begin(session)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """From the moment that a browser is there, also what other fixtures do with it is seen."""
        value = yield
        if self._test is not None and fixturedef.scope == "function":
            test = self._test
            self._attempt(lambda: test.watch([value]))
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        test = self._test
        if test is None:
            return (yield)
        self._attempt(lambda: test.watch(list(getattr(item, "funcargs", {}).values())))
        self._attempt(lambda: test.note_folder(getattr(item, "funcargs", {}).get("output_path")))
        try:
            return (yield)
        finally:
            # The fixtures close the browser when they end, so now is the time to look.
            self._attempt(test.look)

    def pytest_runtest_logreport(self, report: Report) -> None:
        """When all plugins have said what they think of it."""
        if self._test is not None:
            self._test.reports.append(report)

    def pytest_sessionfinish(self) -> None:
        self._attempt(self._journal.flush)
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[WORKER] = self.lost

    @staticmethod
    def _attempt(step: Callable[[], object]) -> bool:
        """Whatever goes wrong with the recording, the test goes on."""
        try:
            step()
        except Exception:  # noqa: BLE001  a recording is never worth a red test
            return False
        return True


class Test:
    """One test while it runs."""

    __test__ = False

    def __init__(self, session: Json) -> None:
        self.session = session
        self.reports: list[Report] = []
        self._browsers: list[Browser] = []
        self._seen: set[int] = set()
        self._output: Path | None = None

    def watch(self, values: list[Any]) -> None:
        kinds = _browser_kinds()
        for value in values if kinds else []:
            # Not isinstance: it asks a proxy what it stands for, which may be a mistake at this moment.
            if not issubclass(type(value), kinds):
                continue
            context = _context(value)
            found = value if context is None else context
            if id(found) not in self._seen:
                self._seen.add(id(found))
                self._browsers.append(SeleniumBrowser(value) if context is None else PlaywrightBrowser(context))

    def note_folder(self, output: Any) -> None:
        """Where pytest-playwright puts a test's videos when the test is over."""
        if isinstance(output, str):
            self._output = Path(output)

    def look(self) -> None:
        for browser in self._browsers:
            browser.look()

    def finish(self, journal: Journal, secret: str, goes_on: bool) -> None:
        ended_at = _now()
        outcome = _summary(self.reports)
        failed = outcome in ("failed", "error", "interrupted")
        files = [self._log(secret)]
        events = [event for report in self.reports for event in _told(report, self.session["started_at"], ended_at)]
        for number, browser in enumerate(self._browsers, 1):
            events += browser.events
            for file in browser.files(secret):
                stem, dot, extension = file.name.rpartition(".")
                name = file.name if number == 1 else f"{stem}-{number}{dot}{extension}"
                files.append(file._replace(name=name))
        if self._output is not None and not any(file.kind == "video" for file in files):
            begun = [begun for browser in self._browsers for begun in browser.begun]
            films = sorted(self._output.glob("video*.webm"), key=lambda film: (len(film.name), film.name))
            for number, film in enumerate(films):
                starts_at = begun[number] if len(films) == len(begun) else None
                files.append(Spooled(film.name, film, "video", "video/webm", starts_at))
        about = {name: value for browser in self._browsers for name, value in browser.about.items()}
        attempts = 1 + sum(_is_rerun(report) for report in self.reports)
        about |= {"attempts": attempts, "retry": attempts - 1} if attempts > 1 else {}
        session = {
            **self.session,
            "status": "failed" if failed else "ended",
            "outcome": shortened(first_line(_why(self.reports, outcome)), LONGEST_OUTCOME, secret) or None,
            "ended_at": ended_at,
            "flags": {"exception": failed or any(browser.thrown for browser in self._browsers)},
            "attributes": {**self.session["attributes"], "outcome": outcome, **about},
            "events": events,
        }
        journal.add(session, files, goes_on=goes_on)

    def _log(self, secret: str) -> Spooled:
        """Empty for a test that says nothing: its events tell how long each phase took."""
        parts = [str(self.session["attributes"]["test"])]
        for report in self.reports:
            parts.append(f"{report.when}: {_outcome(report)} in {report.duration:.3f} s")
            if report.longrepr is not None:
                parts.append(report.longreprtext)
        # Every report repeats what was captured before it.
        sections = [section for report in self.reports[-1:] for section in report.sections if section[1]]
        parts += [f"---- {title} ----\n{content.rstrip()}" for title, content in sections]
        says = sections or any(report.longrepr is not None for report in self.reports)
        content = _bytes(parts, secret) if says else b""
        return Spooled("test.log", content, "log", "text/plain", self.session["started_at"])


def _bytes(lines: list[str], secret: str) -> bytes:
    """A file of these lines, without secrets, and cut where it would be too long."""
    content: str = without_secrets("\n".join(lines)[:LONGEST_LOG], secret).replace("\0", "\u2400")
    return content.encode("utf-8", "replace") + b"\n"


def _told(report: Report, began: str, ended: str) -> Generator[Json, None, None]:
    """The events of one phase. A test may have set the clock: what is outside of the test is moved to its edges."""
    at = min(max(_iso(getattr(report, "stop", 0.0)), began), ended)
    said = {"outcome": _outcome(report), "duration_ms": round(report.duration * 1000)}
    yield {"event_type": str(report.when or "test"), "event_time": at, "event_properties": said}
    if report.failed or _is_rerun(report):
        trace = report.longreprtext
        said = {"message": _message(report)[:LONGEST_MESSAGE], "trace": trace[:LONGEST_TRACE], "phase": report.when}
        yield {"event_type": "exception", "event_time": at, "event_properties": said}


def _message(report: Report) -> str:
    """Why a phase failed."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(getattr(crash, "message", "")) or report.longreprtext.strip().rpartition("\n")[2]
    # Without its type is how pytest shortens it.
    return f"AssertionError: {message}" if message.startswith("assert ") else message


def _why(reports: list[Report], outcome: str) -> str:
    """Why a test failed or was skipped; nothing of one that went as it should."""
    attempt = _last_attempt(reports)
    if failed := next((report for report in attempt if report.failed), None):
        return _message(failed)
    if outcome == "interrupted":
        return "The run was interrupted while this test ran."
    if outcome == "skipped":
        return next((str(report.longrepr[-1]) for report in attempt if isinstance(report.longrepr, tuple)), "")
    return ""


class PlaywrightBrowser:
    """All pages of one context of Playwright's synchronous interface, from the test's beginning on."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._console: list[str] = []
        self._finished: list[Any] = []
        self._responses: dict[Any, Any] = {}
        self._left_out = 0
        self._pictures: list[tuple[bytes, str]] = []
        # A video begins when its page is opened: that of a page that was open before is not known.
        self._pages: dict[Any, str | None] = dict.fromkeys(context.pages)
        self._videos: list[tuple[Path, str | None]] = []
        self.begun: list[str | None] = []
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
        self._listeners = []
        self.begun = list(self._pages.values())
        browser = self._context.browser
        if browser is not None:
            self.about = {"browser": browser.browser_type.name, "browser_version": browser.version}
        for page in self._context.pages:
            with suppress(Exception):  # of a page that does not answer
                self._pictures.append((page.screenshot(timeout=PICTURE_MILLISECONDS), _now()))
            if page.video is not None:
                self._videos.append((Path(page.video.path()), self._pages.get(page)))

    def files(self, secret: str) -> list[Spooled]:
        # Written when the fixtures have closed the page; kept or not as the test's own settings say.
        videos = [(path, begun) for path, begun in self._videos if path.is_file()]
        entries = [_entry(request, self._responses.get(request)) for request in self._finished]
        if self._left_out:
            self._console.append(f"{_now()} INFO {self._left_out} more lines, requests and events were left out.")
        return _files(self._console, entries, self._pictures, videos, secret)

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
        if self._is_room(self._console, MOST_LINES):
            self._console.append(_line(_now(), message.type, message.text, place.get("url"), place.get("lineNumber")))
        if message.type == "error":
            self._happened("console_error", message=message.text, url=place.get("url"))

    def _threw(self, thrown: Any) -> None:
        self.thrown = True
        error = thrown.error
        if self._is_room(self._console, MOST_LINES):
            self._console.append(_line(_now(), "exception", str(error), None, None))
        self._happened("exception", message=str(error)[:LONGEST_MESSAGE], trace=(error.stack or "")[:LONGEST_TRACE])

    def _answered(self, response: Any) -> None:
        if len(self._responses) < MOST_REQUESTS:
            self._responses[response.request] = response

    def _done(self, request: Any) -> None:
        if self._is_room(self._finished, MOST_REQUESTS):
            self._finished.append(request)

    def _happened(self, event_type: str, **properties: Any) -> None:
        if self._is_room(self.events, MOST_EVENTS):
            self.events.append(_event(event_type, _now(), **properties))

    def _is_room(self, found: list[Any], most: int) -> bool:
        self._left_out += len(found) >= most
        return len(found) < most


class SeleniumBrowser:
    """One driver of Selenium. What it has logged is read at the test's end, where the browser keeps a log."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._console: list[str] = []
        self._entries: list[Json] = []
        self._pictures: list[tuple[bytes, str]] = []
        self.begun: list[str | None] = []
        self.events: list[Json] = []
        self.about: Json = {}
        self.thrown = False

    def look(self) -> None:
        can = self._driver.capabilities
        self.about = {"browser": can.get("browserName"), "browser_version": can.get("browserVersion")}
        self.about = {name: value for name, value in self.about.items() if value}
        self._pictures.append((self._driver.get_screenshot_as_png(), _now()))
        if self._driver.current_url:
            self.events.append(_event("navigate", _now(), url=self._driver.current_url))
        # Firefox and Safari have no such logs; `performance` is there when goog:loggingPrefs asks for it.
        kinds = getattr(self._driver, "log_types", [])
        for said in self._driver.get_log("browser")[:MOST_EVENTS] if "browser" in kinds else []:
            level = LEVELS.get(said["level"], said["level"].lower())
            at = _iso(said["timestamp"] / 1000)
            url, number, text = _of_chromedriver(said["message"])
            self._console.append(_line(at, level, text, url, number))
            if text.startswith("Uncaught "):
                self.thrown = True
                self.events.append(_event("exception", at, message=text, url=url))
            elif level == "error":
                self.events.append(_event("console_error", at, message=text, url=url))
        if "performance" in kinds:
            self._entries = _network(json.loads(said["message"]) for said in self._driver.get_log("performance"))

    def files(self, secret: str) -> list[Spooled]:
        return _files(self._console, self._entries, self._pictures, [], secret)


Browser = Union[PlaywrightBrowser, SeleniumBrowser]  # noqa: UP007  3.9


def _browser_kinds() -> tuple[type, ...]:
    """The classes of what is watched, as far as the tests have loaded them."""
    return tuple(
        kind
        for module, names in BROWSERS.items()
        if (loaded := sys.modules.get(module)) is not None
        for name in names
        if isinstance(kind := getattr(loaded, name, None), type)
    )


def _context(value: Any) -> Any:
    """The context of a page, or a context itself; None for a driver."""
    name = type(value).__name__
    return value.context if name == "Page" else value if name == "BrowserContext" else None


def _files(
    console: list[str],
    entries: list[Json],
    pictures: list[tuple[bytes, str]],
    videos: list[tuple[Path, str | None]],
    secret: str,
) -> list[Spooled]:
    """What there is. A picture and a video come with their times."""
    found = []
    if console:
        first = console[0].partition(" ")[0]
        found.append(Spooled("console.log", _bytes(console, secret), "log", "text/plain", first))
    if entries:
        archive = {"log": {"version": "1.2", "creator": {"name": "pytest_session_history", "version": "1"}}}
        archive["log"]["entries"] = entries  # type: ignore[assignment]
        begun = min(entry["startedDateTime"] for entry in entries)
        content = json.dumps(without_secrets(archive, secret)).encode()
        found.append(Spooled("network.har", content, "network_log", "application/json", begun))
    found += [Spooled(f"screenshot{_of_page(number)}.png", picture, "screenshot", "image/png", taken_at)
              for number, (picture, taken_at) in enumerate(pictures, 1)]  # fmt: skip
    found += [Spooled(f"video{_of_page(number)}.webm", path, "video", "video/webm", begun)
              for number, (path, begun) in enumerate(videos, 1)]  # fmt: skip
    return found


def _of_page(number: int) -> str:
    return "" if number == 1 else f"-page-{number}"


def _event(event_type: str, event_time: str, **properties: Any) -> Json:
    return {"event_type": event_type, "event_time": event_time, "event_properties": properties}


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
    return [{"name": name, "value": value} for name, value in headers.items()]


def _outcome(report: Report) -> str:
    if hasattr(report, "wasxfail") and report.outcome in ("skipped", "passed"):
        return "xfailed" if report.outcome == "skipped" else "xpassed"
    return str(report.outcome)


def _summary(reports: list[Report]) -> str:
    """One word for the test, as pytest's own summary has it: of its last attempt, where there were several."""
    attempt = _last_attempt(reports)
    for report in attempt:
        if report.failed:
            return "failed" if report.when == "call" else "error"
    if not any(report.when == "teardown" for report in attempt):
        return "interrupted"
    return next((outcome for report in attempt if (outcome := _outcome(report)) != "passed"), "passed")


def _last_attempt(reports: list[Report]) -> list[Report]:
    before = [number for number, report in enumerate(reports, 1) if _is_rerun(report)]
    return reports[before[-1] :] if before else reports


def _name(nodeid: str) -> tuple[str, str]:
    """What a test is called, and the file that it is in: `TestCart › test_pay[visa]`, `tests/test_shop.py`."""
    suite, _, path = nodeid.partition("::")
    names, bracket, parameters = path.partition("[")
    return " › ".join(names.split("::")) + bracket + parameters or suite, suite


def _is_rerun(report: Report) -> bool:
    """Whether it failed and is tried again, as pytest-rerunfailures says."""
    return str(report.outcome) == "rerun"


def _text_of(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001
        return type(error).__name__


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
    return _iso(time.time())


def _iso(seconds: float) -> str:
    return f"{_second(int(seconds))}.{int(seconds % 1 * 1000):03}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()[:19]  # noqa: UP017  3.9
