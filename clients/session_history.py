"""Send sessions to Session History from Python: this one file, Python 3.9 or later, nothing to install.

    history = SessionHistory("https://sessions.example.com", "sh_...")
    with history.session(app="io.example.shop", os="Linux") as session:
        session.event("click", element="Buy")
        session.attach("console.log")

Leaving the block ends the session; an exception on the way out makes it failed, with the message and the trace.
Every write can be sent again without harm, and is, when the network or the server fails for a moment.

Producers that must never wait for a server, such as the plugin for pytest, write to a spool on disk instead, which
another process sends. What is left of it, after a kill or because the server was away, is sent by

    SESSION_HISTORY_TOKEN=sh_... python session_history.py send
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import io
import json
import math
import mimetypes
import os
import random
import re
import select
import shutil
import socket
import sys
import tempfile
import threading
import time
import traceback
import unicodedata
import urllib.parse
import urllib.request
import uuid
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Callable, NamedTuple, Union  # noqa: UP035  3.9

__all__ = [
    "ApiError",
    "Journal",
    "Session",
    "SessionHistory",
    "Spool",
    "Spooled",
    "ci_attributes",
    "clean",
    "first_line",
    "kind_of",
    "milliseconds_of",
    "now",
    "shortened",
    "type_of",
    "without_secrets",
]

Json = dict[str, Any]
Where = Union[str, "os.PathLike[str]"]

ATTEMPTS = 6
FIRST_DELAY = 0.5
LONGEST_DELAY = 60.0
BATCH_EVENTS = 100
BATCH_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
# The file is not taken, and everything else of the session is.
FILE_REFUSED = frozenset({400, 413, 415})
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# Not in every system's table.
TYPES = {".har": "application/json", ".log": "text/plain", ".webm": "video/webm", ".ndjson": "application/x-ndjson"}
# With what archives hold beside RFC 3339: no zone, an offset without a colon, a comma, any number of digits.
MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:Z|([+-])([0-9]{2})(?::?([0-5][0-9]))?)?",
    re.IGNORECASE,
)
# As far as the server takes them.
LONGEST_TITLE = 500
LONGEST_OUTCOME = 2_000
# What a flat name means, so that `app="io.example.shop"` is enough.
SHORT = {"app": "app_id", "device": "model", "os": "name"}


class ApiError(Exception):
    """What the server refused. `status` is 0 when none could be reached; `field` is what was wrong in the request.

    `retry_after` is in how many seconds it may be asked again, where it says so.
    """

    def __init__(
        self, code: str, message: str, field: str | None = None, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.retry_after = retry_after

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be answered another time."""
        return self.status == 0 or self.status in AGAIN


class SessionHistory:
    """One server and one token. May be shared by threads."""

    def __init__(
        self, url: str, token: str, *, timeout: float = 30.0, attempts: int = ATTEMPTS, delay: float = FIRST_DELAY
    ) -> None:
        """`timeout` and the first `delay` between attempts are seconds; each delay is twice the one before."""
        self._address = urllib.parse.urlsplit(url)
        if self._address.scheme not in ("http", "https") or not self._address.hostname:
            raise ValueError(f"{url!r} is no address of a server: it must begin with https:// or http://")
        self.url = url.rstrip("/")
        self.token = token
        self._timeout = timeout
        self._attempts = attempts
        self._delay = delay
        self._connections = threading.local()
        self._target = ""

    def session(self, **fields: Any) -> Session:
        """A session that starts with `start()`, or on entering a `with` block.

        Fields are those of the API. `app`, `device` and `os` may be an app ID, a model and a name. `title` says what it
        is: a test's name, a flow, a query.
        Without an `external_id` it gets one of its own; without an `initiator` it is the token's.
        """
        return Session(self, fields)

    def start(self, **fields: Any) -> Session:
        """A session that has started now."""
        return self.session(**fields).start()

    def send(self, session: Json) -> Json:
        """A whole session, as it is after the fact; the answer is the session as it is kept."""
        return self.request("POST", "/api/v1/sessions", session)

    def request(self, method: str, path: str, body: Json | None = None) -> Json:
        """JSON in and out. Raises ApiError."""
        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        answer = self._request(method, path, headers, lambda: None if content is None else io.BytesIO(content))
        decoded: Json = json.loads(answer)
        return decoded

    def batch(self, lines: list[bytes]) -> list[Json]:
        """Whole sessions, a line of JSON each; what became of each of them. Raises ApiError."""
        headers = {"Content-Type": "application/x-ndjson"}
        answer = self._request("POST", "/api/v1/sessions/batch", headers, lambda: io.BytesIO(b"\n".join(lines)))
        outcomes: list[Json] = [json.loads(line) for line in answer.splitlines()]
        if len(outcomes) != len(lines):
            raise ApiError("unreachable", f"{self.url} answered {len(outcomes)} of {len(lines)} lines")
        return outcomes

    def download(self, path: str) -> bytes:
        """The bytes behind an attachment's `url`. Raises ApiError."""
        return self._request("GET", path, {}, lambda: None)

    def put_events(self, path: str, events: list[bytes]) -> Json:
        """Events of the session at this path, encoded. Raises ApiError."""
        content = b'{"events": [' + b", ".join(events) + b"]}"
        headers = {"Content-Type": "application/json"}
        decoded: Json = json.loads(self._request("POST", f"{path}/events", headers, lambda: io.BytesIO(content)))
        return decoded

    def put(self, path: str, headers: dict[str, str], opened: Callable[[], IO[bytes]]) -> Json:
        """A file. `opened` opens it, again for every attempt; `headers` hold its Content-Length."""
        decoded: Json = json.loads(self._request("PUT", path, headers, opened))
        return decoded

    def _request(
        self, method: str, path: str, headers: dict[str, str], opened: Callable[[], IO[bytes] | None]
    ) -> bytes:
        delay = self._delay
        for attempt in range(1, self._attempts + 1):
            try:
                return self._once(method, path, headers, opened)
            except ApiError as error:
                if attempt == self._attempts or not error.is_passing:
                    raise
                wait = error.retry_after
            # Not all clients at the same moment: somewhere between half the delay and all of it.
            time.sleep(min(wait if wait is not None else delay * random.uniform(0.5, 1), LONGEST_DELAY))  # noqa: S311
            delay *= 2
        raise AssertionError("at least one attempt")

    def _once(self, method: str, path: str, headers: dict[str, str], opened: Callable[[], IO[bytes] | None]) -> bytes:
        """On the connection of this thread. A server may have closed it since it was used: then on a new one."""
        connection = self._connection()
        for is_used in (connection.sock is not None, False):
            try:
                return self._exchange(connection, method, path, headers, opened())
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not (is_used and isinstance(error, (ConnectionError, http.client.BadStatusLine))):
                    raise ApiError("unreachable", f"{self.url} does not answer: {error}") from error
        raise AssertionError("the second attempt is on a new connection")

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str],
        body: IO[bytes] | None,
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        if isinstance(body, io.BytesIO):
            headers["Content-Length"] = str(len(body.getbuffer()))
        try:
            if connection.sock is None:
                connection.connect()
            try:
                content = None if body is None else _until_answered(connection.sock, body)
                connection.request(method, self._target + path, content, headers)
            except (BrokenPipeError, ConnectionResetError):
                if body is None:
                    raise
                # What the server said before it stopped reading, such as that the file is too large.
            with connection.getresponse() as response:
                answer = response.read()
            if response.will_close or response.status >= 300:
                connection.close()
        finally:
            if body is not None:
                body.close()
        if response.status >= 300:
            raise _refusal(response, answer)
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        """A process that was forked from one with a connection makes another."""
        made: tuple[int, http.client.HTTPConnection] | None = getattr(self._connections, "made", None)
        if made is None or made[0] != os.getpid():
            made = self._connections.made = (os.getpid(), self._new_connection())
        return made[1]

    def _new_connection(self) -> http.client.HTTPConnection:
        """To the server, or to the proxy that the environment names for it."""
        address, self._target = self._address, self._address.path.rstrip("/")
        proxy = urllib.request.getproxies().get(address.scheme)
        host, port = str(address.hostname), address.port
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        if not proxy or urllib.request.proxy_bypass(host):
            return kind(host, port, timeout=self._timeout, blocksize=CHUNK_BYTES)
        through = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        connection = kind(str(through.hostname), through.port or 80, timeout=self._timeout, blocksize=CHUNK_BYTES)
        if address.scheme == "https":
            connection.set_tunnel(host, port or 443)
        else:
            self._target = self.url
        return connection


class Session:
    """One session: `start()`, `event()`, `attach()`, then `end()` or `fail()`. May be shared by threads."""

    def __init__(self, history: SessionHistory, fields: Json) -> None:
        self._history = history
        self._fields = {name: _expanded(name, value) for name, value in fields.items()}
        self._fields.setdefault("external_id", uuid.uuid4().hex)
        self._fields.setdefault("initiator", {"type": "token"})
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._lock = threading.Lock()
        self.id = ""
        # The files and events that the server did not take, by their names.
        self.refused: dict[str, ApiError] = {}

    @property
    def external_id(self) -> str:
        return str(self._fields["external_id"])

    @property
    def path(self) -> str:
        if not self.id:
            raise ValueError("The session has not been started.")
        return f"/api/v1/sessions/{self.id}"

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self._history.url}/sessions/{self.id}/"

    def start(self, **fields: Any) -> Session:
        fields = {name: _expanded(name, value) for name, value in fields.items()}
        answer = self._history.send({"status": "active", "started_at": now(), **self._fields, **fields})
        self.id = answer["id"]
        return self

    def event(self, event_type: str, /, *, event_time: str | datetime | None = None, **properties: Any) -> None:
        """Something that happened, now unless told. It is sent with others, at the latest when the session ends.

        Raises ApiError for what the server would refuse, and keeps nothing of it.
        """
        event = {
            "event_type": event_type,
            "event_time": _expanded("event_time", event_time or now()),
            "event_properties": properties,
        }
        encoded = _encoded_event(event)
        with self._lock:
            self._pending.append(encoded)
            self._pending_bytes += len(encoded)
            is_full = len(self._pending) >= BATCH_EVENTS or self._pending_bytes >= BATCH_BYTES
        if is_full:
            self.flush()

    def flush(self) -> None:
        """Send the events that wait. One that the server refuses is warned of and kept in `refused`, and let go."""
        with self._lock:
            # Held while sending: the events of one session arrive in their order.
            while self._pending:
                batch = self._pending[:BATCH_EVENTS]
                try:
                    self._history.put_events(self.path, batch)
                except ApiError as error:
                    place = EVENT_FIELD.match(error.field or "")
                    if place is None or int(place[1]) >= len(batch):
                        raise
                    self._refuse(f"event {json.loads(self._pending.pop(int(place[1])))['event_type']}", error)
                    continue
                del self._pending[: len(batch)]
            self._pending_bytes = 0

    def attach(
        self,
        path: Where,
        kind: str | None = None,
        *,
        name: str | None = None,
        content_type: str | None = None,
        starts_at: str | datetime | None = None,
    ) -> Json | None:
        """Send a file, streamed. Kind and type go by its name unless told; the server checks its SHA-256.

        `starts_at` is when its first frame or byte is: `now()`, called when its recording begins.
        A file that the server refuses is warned of, kept in `refused` and answered with None: the session goes on.
        """
        file = Path(path)
        with file.open("rb") as opened:
            digest, size = _digest(opened)
        about = {"kind": kind, "starts_at": starts_at, "sha256": digest}
        return self._put(name or file.name, content_type, size, about, lambda: file.open("rb"))

    def attach_bytes(
        self,
        name: str,
        content: bytes,
        kind: str | None = None,
        content_type: str | None = None,
        *,
        starts_at: str | datetime | None = None,
    ) -> Json | None:
        """Send bytes as a file of this name; None when the server refuses it, as `attach` has it."""
        about = {"kind": kind, "starts_at": starts_at, "sha256": hashlib.sha256(content).hexdigest()}
        return self._put(name, content_type, len(content), about, lambda: io.BytesIO(content))

    def heartbeat(self) -> None:
        """Say that it still runs. Every other write says so too."""
        self._patch({})

    def update(self, **fields: Any) -> Json:
        """Change these fields."""
        return self._patch({name: _expanded(name, value) for name, value in fields.items()})

    def end(self, **fields: Any) -> Json:
        """It is over; with an `outcome` among the fields, how it went. The answer is the session as it is kept."""
        return self._finish("ended", fields)

    def fail(self, message: str | None = None, *, trace: str | None = None, **fields: Any) -> Json:
        """It has failed; a message is its outcome, unless the fields have one, and an event of type `exception`."""
        if message is not None:
            said = {"message": message, **({"trace": trace} if trace else {})}
            self.event("exception", **clean(without_secrets(said, self._history.token)))
            outcome = shortened(message, LONGEST_OUTCOME, self._history.token)
            fields = {"flags": {"exception": True}, "outcome": outcome, **fields}
        return self._finish("failed", fields)

    def _finish(self, status: str, fields: Json) -> Json:
        try:
            self.flush()
        except ApiError as error:
            if error.is_passing:
                raise
            warnings.warn(f"{len(self._pending)} events were not taken: {error}", stacklevel=3)
        return self.update(**{"status": status, "ended_at": now(), **fields})

    def _patch(self, fields: Json) -> Json:
        return self._history.request("PATCH", self.path, fields)

    def _put(
        self,
        name: str,
        content_type: str | None,
        size: int,
        about: Json,
        opened: Callable[[], IO[bytes]],
    ) -> Json | None:
        """`about` is what stands in the address; what is None is left out."""
        said = {**about, "kind": about["kind"] or kind_of(name)}
        query = urllib.parse.urlencode({key: _expanded(key, value) for key, value in said.items() if value is not None})
        headers = {"Content-Type": content_type or type_of(name), "Content-Length": str(size)}
        path = f"{self.path}/attachments/{urllib.parse.quote(name, safe='')}?{query}"
        try:
            return self._history.put(path, headers, opened)
        except ApiError as error:
            if error.status not in FILE_REFUSED:
                raise
            self._refuse(name, error)
            return None

    def _refuse(self, name: str, error: ApiError) -> None:
        self.refused[name] = error
        warnings.warn(f"{name} was not taken: {error}", stacklevel=4)

    def __enter__(self) -> Session:  # noqa: PYI034  Self is 3.11
        return self if self.id else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            self.end()
            return
        try:
            shown = "".join(traceback.format_exception(kind, error, trace))
            self.fail(f"{type(error).__name__}: {_text_of(error)}", trace=shown)
        except ApiError as problem:  # the exception that is on its way matters more
            warnings.warn(f"The session could not be ended: {problem}", stacklevel=2)


EVENT_FIELD = re.compile(r"events\[([0-9]{1,9})\]")


def _encoded_event(event: Json) -> bytes:
    """Raises ApiError, in the server's words, for what it would refuse."""
    if not isinstance(event["event_type"], str) or not 1 <= len(event["event_type"]) <= 100:
        raise ApiError("invalid_value", "is not a text of 1 to 100 characters", "event_type", 400)
    time_sent = event["event_time"]
    try:
        milliseconds_of(time_sent)
    except ValueError as error:
        raise ApiError("invalid_value", str(error), "event_time", 400) from error
    if not ZONE.search(time_sent) or not "1970" <= time_sent[:4] < "2500":
        raise ApiError("invalid_value", "has no zone, or is outside the years 1970 to 2499", "event_time", 400)
    for place, value in _values(event["event_properties"], "event_properties", 1):
        if reason := _why_not(value):
            raise ApiError("invalid_value", reason, place, 400)
    encoded = json.dumps(event).encode()
    if len(encoded) > BATCH_BYTES:
        raise ApiError("too_large", f"is larger than {BATCH_BYTES} bytes", "event_properties", 413)
    return encoded


ZONE = re.compile(r"(?:Z|z|[+-][0-9]{2}:?[0-9]{2})$")
MAX_DEPTH = 64


def _values(value: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every value below, with its path, and the names of objects."""
    yield place, value if depth <= MAX_DEPTH else _TOO_DEEP
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"{place}.{name}", name if isinstance(name, str) else _NO_NAME
            yield from _values(item, f"{place}.{name}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _values(item, f"{place}[{number}]", depth + 1)


_TOO_DEEP, _NO_NAME = object(), object()


def _why_not(value: object) -> str | None:
    """Why JSON, or the server, does not take a value; None for one that is taken."""
    if value is _TOO_DEEP:
        return f"is nested deeper than {MAX_DEPTH} levels"
    if value is _NO_NAME:
        return "is no text, as the names of an object are"
    if isinstance(value, str):
        return "contains a NUL or half of a surrogate pair" if UNFIT.search(value) else None
    if isinstance(value, float) and not math.isfinite(value):
        return "is no number of JSON"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "is an integer of more than 64 bits"
    if value is None or isinstance(value, (bool, int, float, dict, list, tuple)):
        return None
    return f"is of type {type(value).__name__}, which JSON does not have"


UNFIT = re.compile("[\0\ud800-\udfff]")


def clean(value: Any) -> Any:
    """The same JSON in text that the server takes: without NULs and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "\u2400").encode("utf-8", "replace").decode() if UNFIT.search(value) else value
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line for line in text.splitlines() if line.strip()), "")


def shortened(text: str, longest: int, *secrets: str) -> str:
    """A text as a title or an outcome takes it: without secrets, at most `longest` characters in Unicode's form NFC."""
    composed = unicodedata.normalize("NFC", clean(without_secrets(text, *secrets))).strip()
    return composed if len(composed) <= longest else f"{composed[: longest - 1]}…"


# Of the services that build and test, best first: what they call a run and the commit that it is of.
RUNS = (
    "SESSION_HISTORY_RUN", "GITHUB_RUN_ID", "CI_PIPELINE_ID", "CIRCLE_WORKFLOW_ID", "BUILDKITE_BUILD_ID",
    "BITBUCKET_PIPELINE_UUID", "TRAVIS_BUILD_ID", "BUILD_BUILDID", "BUILD_TAG", "BUILD_ID",
)  # fmt: skip
COMMITS = (
    "SESSION_HISTORY_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "CIRCLE_SHA1", "BUILDKITE_COMMIT", "BITBUCKET_COMMIT",
    "TRAVIS_COMMIT", "BUILD_SOURCEVERSION", "GIT_COMMIT",
)  # fmt: skip


def ci_attributes() -> dict[str, str]:
    """`run` and `commit`, as far as the environment of a service that builds and tests says them."""
    found = {}
    for attribute, names in (("run", RUNS), ("commit", COMMITS)):
        value = next((value for name in names if (value := os.environ.get(name, "").strip())), None)
        if value:
            found[attribute] = shortened(value, LONGEST_TITLE)
    return found


def now() -> str:
    """This moment as the API takes it."""
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")  # noqa: UP017  3.9


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  whatever a foreign class does
        return "<its text cannot be told>"


def milliseconds_of(moment: object) -> float:
    """A time in RFC 3339 as milliseconds since 1970, UTC unless it says otherwise. Raises ValueError for anything else.

    `datetime.fromisoformat` refuses many of these before Python 3.11.
    """
    match = MOMENT.fullmatch(moment) if isinstance(moment, str) else None
    if match is None:
        raise ValueError(f"{str(moment)[:60]!r} is no time in RFC 3339")
    day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    microseconds = (fraction or "").ljust(6, "0")[:6]
    # A day, a time and six digits are what every version reads alike.
    local = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}.{microseconds}+00:00")
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    if abs(ahead) >= timedelta(hours=24):
        raise ValueError(f"{str(moment)[:60]!r} is a day or more ahead of UTC")
    return local.timestamp() * 1000 - ahead.total_seconds() * 1000


def type_of(name: str) -> str:
    """The content type of a file by its name."""
    suffix = Path(name).suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def kind_of(name: str) -> str:
    """What a file most likely is to a session."""
    content_type = type_of(name)
    if name.lower().endswith(".har"):
        return "network_log"
    if content_type.startswith("image/") and content_type != "image/svg+xml":
        return "screenshot"
    if content_type.startswith("video/"):
        return "video"
    return "log" if content_type == "text/plain" else "other"


def _until_answered(connection: socket.socket, body: IO[bytes]) -> Iterator[bytes]:
    """The body, in chunks, up to where the server answers: it does so early when it refuses a file.

    Of an encrypted connection one cannot see whether it is an answer that has come.
    """
    is_plain = type(connection) is socket.socket
    for chunk in iter(lambda: body.read(CHUNK_BYTES), b""):
        if is_plain and select.select([connection], [], [], 0)[0]:
            raise BrokenPipeError
        yield chunk


def _refusal(response: http.client.HTTPResponse, answer: bytes) -> ApiError:
    if response.status in (301, 302, 303, 307, 308):
        place = response.headers.get("Location")
        return ApiError("moved", f"The server is at {place}: use that.", None, response.status)
    retry_after = _retry_after(response.headers.get("Retry-After"))
    try:
        said = json.loads(answer)
        return ApiError(str(said["code"]), str(said["message"]), said.get("field"), response.status, retry_after)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError("http_error", f"{response.status} {response.reason}", None, response.status, retry_after)


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number of them or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None


def _expanded(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")  # noqa: UP017  3.9
    return {SHORT[name]: value} if name in SHORT and isinstance(value, str) else value


def _digest(file: IO[bytes]) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
        sha256.update(chunk)
        size += len(chunk)
    return sha256.hexdigest(), size


# ---- secrets: what opens things stays out of every file that is made here, and out of what it says


# Names of headers, cookies, form fields and parameters, in small letters with - for _.
SECRET_NAMES = frozenset({
    "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "x-csrf-token",
    "x-csrftoken", "x-xsrf-token", "access-token", "refresh-token", "id-token", "auth-token", "token", "api-key",
    "apikey", "password", "passwd", "client-secret", "secret", "signature", "x-amz-security-token", "x-amz-signature",
    "x-goog-signature",
})  # fmt: skip
HIDDEN = "[secret]"
_NAMES = "access_?token|refresh_?token|id_?token|auth_?token|token|api_?key|password|passwd|client_?secret|secret"
# Each with what is kept of it. Nothing here goes back over what it has read, also before Python 3.11.
_IN_TEXT = (
    (re.compile(r"\bsh_[A-Za-z0-9_-]{20,}"), f"sh_{HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_.-]{20,}"), HIDDEN),  # a JSON web token
    (re.compile(r"\b([Bb]earer )[A-Za-z0-9._~+/=-]{16,}"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)"
            r"(['\"]? ?[:=] ?['\"]?|['\"], ?b?['\"])[^\r\n'\"]+",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(://)[^/\s:@]+:[^/\s@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(rf"([?&](?:{_NAMES}|sig|[a-z-]*signature)=)[^&\s\"'#]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"(\"(?:{_NAMES})\" ?: ?\")[^\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
)


# One of these stands in whatever a pattern or a name finds. Looking for them takes a hundredth of the time.
_SIGNS = ("sh_", "eyj", "bearer", "authorization", "cookie", "token", "key", "passw", "secret", "sig", "@", "csrf")


def without_secrets(value: Any, *known: str) -> Any:
    """The same text or JSON with `[secret]` for what opens things; `known` are secrets that are known to be some.

    Objects of HAR with a name and a value are understood, as are those that have the name for a key.
    """
    if isinstance(value, str):
        if not _may_hold_secrets(value, known):
            return value
        for secret in known:
            if secret:
                value = value.replace(secret, HIDDEN)
        for pattern, kept in _IN_TEXT:
            value = pattern.sub(kept, value)
        return value
    if isinstance(value, list):
        return [without_secrets(item, *known) for item in value]
    if not isinstance(value, dict) or value.get("encoding") == "base64":  # in which any letters may follow each other
        return value
    if "value" in value and _is_secret(value.get("name")):
        return {**value, "value": HIDDEN}
    return {name: _without(name, item, known) for name, item in value.items()}


def _may_hold_secrets(text: str, known: tuple[str, ...]) -> bool:
    small = text.lower()
    return any(sign in small for sign in _SIGNS) or any(secret and secret in text for secret in known)


def _without(name: str, value: Any, known: tuple[str, ...]) -> Any:
    if _is_secret(name) and isinstance(value, str):
        return HIDDEN
    if name == "cookies" and isinstance(value, list):
        return [{**item, "value": HIDDEN} if isinstance(item, dict) else HIDDEN for item in value]
    return without_secrets(value, *known)


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and name.lower().replace("_", "-") in SECRET_NAMES


# ---- the spool: sessions on disk that another process sends


LONGEST_LINE = 4 * 1024 * 1024
EVENTS_OF_LONG = 100
# So many sessions go in one request.
BATCH_LINES = 200
READ_BYTES = 1024 * 1024
# How often a sender looks for more, so that it needs few of the requests that a token may make in a minute.
LOOK_SECONDS = 1.0
# How long after the end of a run something is sent, and how long one answer is waited for.
SECONDS_AFTER = 5.0
ANSWER_SECONDS = 10.0
LONGEST_PAUSE = 10.0
# A run on another machine, of which nothing was heard for so long, is over.
SILENT_SECONDS = 24 * 3600
OVER, STATE, ABOUT, FILES = "over", "state.json", "run.json", "files"
BROKEN_OFF = "The process ended while this test ran."


_COMPACT = json.JSONEncoder(separators=(",", ":"))


class Spooled(NamedTuple):
    """A file of a session: its bytes, or where they are. `starts_at` is when its first frame or byte is."""

    name: str
    content: bytes | Path
    kind: str
    content_type: str
    starts_at: str | None = None


class Totals(NamedTuple):
    """How many sessions of a run were sent, are kept, and were lost; and why, if not all were sent."""

    sent: int
    kept: int
    lost: int
    why: str | None


class Spool:
    """A folder with a folder for each server, and in that one for each run."""

    def __init__(self, url: str, folder: Where | None = None) -> None:
        self.url = url.rstrip("/")
        self.folder = Path(folder) if folder else default_spool()
        self._server = self.folder / hashlib.sha256(self.url.encode()).hexdigest()[:16]

    def begin(self, run: str) -> Path:
        """The folder of a run that begins now. Nobody else reads what tests say."""
        folder = self._server / run
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        self._server.chmod(0o700)
        _write(folder / ABOUT, {"pid": os.getpid(), "host": socket.gethostname(), "url": self.url, "began": now()})
        return folder

    def left(self) -> list[Path]:
        """The folders of runs that are over and were not sent, the oldest first."""
        found = [folder for folder in self._server.glob("*/") if (folder / ABOUT).exists() and _is_over(folder)]
        return sorted(found, key=lambda folder: str(_read(folder / ABOUT).get("began")))


class Journal:
    """What one process of a run says: a line for each session that begins, and one when it is over.

    The file is opened for each write, so that nothing is held open in a process where tests do what they like. What
    a test costs here is felt: everything is encoded once, and the end of one test and the beginning of the next are one
    write.
    """

    def __init__(self, folder: Path, name: str, *secrets: str) -> None:
        self._folder = folder
        self._name = name
        self._path = str(folder / f"{name}.ndjson")
        self._secrets = secrets
        self._held: list[str] = []
        self._files = 0
        self._is_torn = False

    def begin(self, session: Json) -> None:
        """A session runs. Should the process end before `add`, it is sent as failed."""
        self._append({"begun": session})

    def add(self, session: Json, files: list[Spooled], *, goes_on: bool = False) -> None:
        """A whole session, with its events, and its files. If it `goes_on`, it is written when the next one begins."""
        line = {"session": session, "files": [self._store(file) for file in files if file.content]}
        if goes_on:
            self._held.append(self._encoded(line))
        else:
            self._append(line)

    def flush(self) -> None:
        """Write what waits for a next one that does not come."""
        if self._held:
            self._append({})

    def broke_off(self) -> None:
        """The process that wrote here has ended just now."""
        self._is_torn = True  # its last line may be half a line
        self._append({"ended_at": now()})

    def _store(self, file: Spooled) -> Json:
        self._files += 1
        path = self._folder / FILES / f"{self._name}-{self._files}"
        if isinstance(file.content, Path):
            shutil.copyfile(file.content, path)
        else:
            path.write_bytes(file.content)
        return {**file._asdict(), "content": path.name}

    def _encoded(self, line: Json) -> str:
        encoded = _COMPACT.encode(line)
        if _may_hold_secrets(encoded, self._secrets) or "\\u0000" in encoded or "\\ud" in encoded:
            line = clean(without_secrets(line, *self._secrets))
            encoded = _COMPACT.encode(line)
        if len(encoded) > LONGEST_LINE:
            line["session"]["events"] = line["session"]["events"][:EVENTS_OF_LONG]
            encoded = _COMPACT.encode(line)
        return encoded

    def _append(self, line: Json) -> None:
        lines = [*self._held, self._encoded(line), ""]
        # Half a line, written when the disk was full, spoils no other.
        content, self._is_torn = ("\n" if self._is_torn else "") + "\n".join(lines), True
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            _write_all(file, content.encode())
        finally:
            os.close(file)
        self._held, self._is_torn = [], False


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


class Sender:
    """Sends the folder of one run. It remembers in the folder how far it has come."""

    def __init__(self, history: SessionHistory, folder: Path) -> None:
        self._history = history
        self._folder = folder
        self._state: Json = {"read": {}, "begun": {}, "sent": 0, "lost": 0, "why": None, "lost_why": None}
        self._state.update(_read(folder / STATE))

    def send(self, is_enough: Callable[[], bool] = lambda: False) -> bool:
        """Send what is there, unless it `is_enough` before; whether it was all. Raises ApiError, and goes on from there
        the next time."""
        for journal in sorted(self._folder.glob("*.ndjson")):
            while lines := self._next(journal):
                if is_enough():
                    return False
                self._send_lines(journal.stem, lines)
        return True

    def settle(self, ended_at: str | None) -> None:
        """The run is over: what has begun in it and did not end was broken off. Raises ApiError."""
        for name, session in [found for found in self._state["begun"].items() if found[1]]:
            self._send_sessions([_broken_off(session, ended_at)])
            del self._state["begun"][name]
            _write(self._folder / STATE, self._state)

    def note(self, error: ApiError | None) -> None:
        """Why nothing is sent just now."""
        why = str(error) if error else None
        if why != self._state["why"]:
            self._state["why"] = why
            _write(self._folder / STATE, self._state)

    def _next(self, journal: Path) -> list[bytes]:
        """The next lines that are whole."""
        with journal.open("rb") as file:
            file.seek(self._state["read"].get(journal.stem, 0))
            content = file.read(READ_BYTES)
            while content and b"\n" not in content and (more := file.read(READ_BYTES)):
                content += more
        return content[: content.rfind(b"\n") + 1].splitlines(keepends=True)[:BATCH_LINES]

    def _send_lines(self, name: str, lines: list[bytes]) -> None:
        before = dict(self._state)
        running = self._state["begun"].get(name)
        whole: list[Json] = []
        for said in filter(None, map(self._parsed, lines)):
            if "begun" in said:
                running = said["begun"]
            elif "session" in said:
                whole.append(said)
                running = None
            elif running and "ended_at" in said:
                whole.append(_broken_off(running, said["ended_at"]))
                running = None
        try:
            self._send_sessions(whole)
        except ApiError:
            self._state = before  # all of it is sent again, and counted then
            raise
        self._state["begun"][name] = running
        self._state["read"][name] = self._state["read"].get(name, 0) + sum(map(len, lines))
        _write(self._folder / STATE, self._state)

    def _parsed(self, line: bytes) -> Json | None:
        """None for half a line, of which nothing can be sent, and for an empty one."""
        with suppress(ValueError):
            read: Json = json.loads(line)
            return read
        if line.strip():
            self._lose(ApiError("", "a line of the spool was cut short"))
        return None

    def _send_sessions(self, said: list[Json]) -> None:
        if not said:
            return
        try:
            outcomes = self._history.batch([json.dumps(line["session"]).encode() for line in said])
        except ApiError as error:
            if error.is_passing or error.status in STOPS:
                raise
            if len(said) > 1:  # one of them is what the server does not like
                self._send_sessions(said[: len(said) // 2])
                self._send_sessions(said[len(said) // 2 :])
            else:
                self._lose(error)
            return
        for line, outcome in zip(said, outcomes):  # noqa: B905  3.9
            if outcome["status"] == "refused":
                self._lose(ApiError(outcome["code"], f"{outcome.get('field')}: {outcome['message']}"))
                continue
            self._send_files(outcome["id"], line["files"])
            self._state["sent"] += 1

    def _send_files(self, ident: str, files: list[Json]) -> None:
        session = Session(self._history, {})
        session.id = ident
        for file in files:
            path = self._folder / FILES / file["content"]
            if not path.exists():
                continue  # sent before
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                about = {"name": file["name"], "content_type": file["content_type"], "starts_at": file["starts_at"]}
                try:
                    session.attach(path, file["kind"], **about)
                except ApiError as error:
                    if error.is_passing or error.status in (401, 403):
                        raise
                    session.refused[file["name"]] = error
            path.unlink()
        for name, refusal in session.refused.items():
            self._state["lost_why"] = f"{name}: {refusal}"

    def _lose(self, error: ApiError) -> None:
        self._state["lost"] += 1
        self._state["lost_why"] = str(error)


def _broken_off(session: Json, ended_at: str | None) -> Json:
    """A line for a session whose process has ended, at a time that is not always known."""
    event = {"event_type": "exception", "event_time": ended_at or session["started_at"]}
    event["event_properties"] = {"message": BROKEN_OFF}
    attributes = {**session.get("attributes", {}), "outcome": "broken off"}
    how = {"status": "failed", "outcome": BROKEN_OFF, "ended_at": ended_at}
    broken = {**session, **how, "attributes": attributes, "events": [event]}
    return {"session": broken, "files": []}


# Nothing is sent until somebody changes the address or the token.
STOPS = frozenset({301, 302, 303, 307, 308, 401, 403, 404})


def totals(folder: Path) -> Totals:
    """Of a run, by what is in its folder."""
    state = _read(folder / STATE)
    kept = sum(1 for session in state.get("begun", {}).values() if session)
    for journal in folder.glob("*.ndjson"):
        with journal.open("rb") as file:
            file.seek(state.get("read", {}).get(journal.stem, 0))
            kept += sum(1 for line in file if line.startswith(b'{"session"'))
    lost = state.get("lost", 0)
    return Totals(state.get("sent", 0), kept, lost, state.get("why" if kept else "lost_why"))


def is_sent(folder: Path) -> bool:
    """Whether nothing of a run is kept: a look at two numbers, for those who wait for it."""
    state = _read(folder / STATE)
    read = state.get("read", {})
    return not any(state.get("begun", {}).values()) and all(
        journal.stat().st_size == read.get(journal.stem, 0) for journal in folder.glob("*.ndjson")
    )


def default_spool() -> Path:
    """Of this user, and outside the folder that is tested."""
    state = os.environ.get("SESSION_HISTORY_SPOOL") or os.environ.get("XDG_STATE_HOME")
    if "SESSION_HISTORY_SPOOL" in os.environ and state:
        return Path(state)
    with suppress(RuntimeError, OSError):
        folder = (Path(state) if state else Path.home() / ".local" / "state") / "session-history"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir()) / f"session-history-{getattr(os, 'getuid', int)()}"


def _is_over(folder: Path) -> bool:
    """Whether nobody writes to it, nor sends it, any more."""
    about, time_now = _read(folder / ABOUT), time.time()
    with suppress(OSError):  # somebody else has sent and removed it
        if time_now - max(path.stat().st_mtime for path in (folder, *folder.glob("*.ndjson"))) > SILENT_SECONDS:
            return True
        if os.name == "posix" and about.get("host") == socket.gethostname():
            return not _is_alive(about.get("pid"))
        return time_now - (folder / OVER).stat().st_mtime > 2 * (SECONDS_AFTER + ANSWER_SECONDS)
    return False


def _is_alive(pid: Any) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, TypeError, ValueError):
        return False
    except OSError:
        return True
    return True


def _read(path: Path) -> Json:
    with suppress(OSError, ValueError):
        read = json.loads(path.read_bytes())
        if isinstance(read, dict):
            return read
    return {}


def _write(path: Path, content: Json) -> None:
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(path)


# ---- the command


def never() -> bool:
    return False


def send_left(history: SessionHistory, spool: Spool, is_enough: Callable[[], bool] = never) -> Totals:
    """Send what runs that are over have left, and remove it. A run that cannot be sent is kept, and so is the rest when
    it `is_enough`."""
    sent = kept = lost = 0
    why = None
    left = spool.left()
    for number, folder in enumerate(left, 1):
        sender, before = Sender(history, folder), totals(folder)
        error: ApiError | None = None
        is_sent = False
        try:
            if is_sent := sender.send(is_enough):
                sender.settle(None)
        except ApiError as problem:
            error, is_sent = problem, False
        sender.note(error)
        after = totals(folder)
        sent, kept, lost = sent + after.sent - before.sent, kept + after.kept, lost + after.lost - before.lost
        why = why or after.why
        if is_sent:
            shutil.rmtree(folder, ignore_errors=True)
        elif error is not None and error.status in (0, *STOPS):  # which holds for the others as well
            kept += sum(totals(later).kept for later in left[number:])
            break
    return Totals(sent, kept, lost, why)


def follow(history: SessionHistory, spool: Spool, folder: Path, over: threading.Event) -> None:
    """Send what a run says while it runs, and what earlier ones have left; then, for a while, what is still there."""
    sender, pause = Sender(history, folder), FIRST_DELAY
    looks_back = True
    while True:
        was_over, wait = over.is_set(), LOOK_SECONDS
        try:
            sender.send()
            if was_over:
                sender.settle(now())
            sender.note(None)
            pause = FIRST_DELAY
            if looks_back:  # though not while this run has more to say
                send_left(history, spool, never if was_over else over.is_set)
                looks_back = over.is_set()
            if was_over:
                return
        except ApiError as error:
            sender.note(error)
            wait = pause if error.retry_after is None else error.retry_after
            pause = min(pause * 2, LONGEST_PAUSE)
            if error.status in STOPS:
                over.wait()
                return
        if over.is_set():
            time.sleep(min(wait, 0.5))
        else:
            over.wait(min(wait, LONGEST_DELAY))


def _follow_starter(history: SessionHistory, spool: Spool, folder: Path) -> None:
    """In a process of its own, which no signal to the starter and no `os.wait` of a test meets.

    The starter says at the other end of standard input that it is over, or it is gone.
    """
    if hasattr(os, "fork") and os.fork():
        os._exit(0)
    over = threading.Event()

    def listen() -> None:
        sys.stdin.buffer.read(1)
        threading.Timer(SECONDS_AFTER, os._exit, [0]).start()
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    follow(history, spool, folder, over)
    os._exit(0)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Send what earlier runs have kept in the spool.")
    parser.add_argument("command", choices=["send", "follow"], help="follow is how the plugin for pytest starts it")
    parser.add_argument("--url", default=os.environ.get("SESSION_HISTORY_URL"), help="the server")
    parser.add_argument("--spool", type=Path, default=None, help="the folder, unless it is the usual one")
    parser.add_argument("--run", type=Path, help="the folder of the run that is followed")
    options = parser.parse_args(arguments)
    token = os.environ.get("SESSION_HISTORY_TOKEN")
    if not options.url or not token:
        parser.error("name the server with --url, and put the token into SESSION_HISTORY_TOKEN")
    spool = Spool(options.url, options.spool)
    if options.command == "follow":
        _follow_starter(SessionHistory(options.url, token, attempts=1, timeout=ANSWER_SECONDS), spool, options.run)
    done = send_left(SessionHistory(options.url, token), spool)
    why = f" ({done.why})" if done.why else ""
    print(f"Session History: {done.sent} sent, {done.kept} kept, {done.lost} lost{why}")  # noqa: T201
    return 1 if done.kept or done.lost else 0


if __name__ == "__main__":
    sys.exit(main())
