"""Send sessions to Session History from Python: this one file, Python 3.9 or later, nothing to install.

    history = SessionHistory("https://sessions.example.com", "sh_...")
    with history.session(app="io.example.shop", os="Linux") as session:
        session.event("click", element="Buy")
        session.attach("console.log")

Leaving the block ends the session; an exception on the way out makes it failed, with the message and the trace.
Every write can be sent again without harm, and is, when the network or the server fails for a moment.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import mimetypes
import os
import random
import re
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid
import warnings
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Callable, Union  # noqa: UP035  3.9

__all__ = ["ApiError", "Session", "SessionHistory", "kind_of", "milliseconds_of", "now", "type_of"]

Json = dict[str, Any]
Where = Union[str, "os.PathLike[str]"]

ATTEMPTS = 6
FIRST_DELAY = 0.5
LONGEST_DELAY = 60.0
BATCH_EVENTS = 100
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
# What a flat name means, so that `app="io.example.shop"` is enough.
SHORT = {"app": "app_id", "device": "model", "os": "name"}


class ApiError(Exception):
    """What the server refused. `status` is 0 when none could be reached; `field` is what was wrong in the request."""

    def __init__(self, code: str, message: str, field: str | None = None, status: int = 0) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status


class SessionHistory:
    """One server and one token. May be shared by threads."""

    def __init__(
        self, url: str, token: str, *, timeout: float = 30.0, attempts: int = ATTEMPTS, delay: float = FIRST_DELAY
    ) -> None:
        """`timeout` and the first `delay` between attempts are seconds; each delay is twice the one before."""
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"{url!r} is no address of a server: it must begin with https:// or http://")
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._attempts = attempts
        self._delay = delay
        self._opener = urllib.request.build_opener(_NoRedirects)

    def session(self, **fields: Any) -> Session:
        """A session that starts with `start()`, or on entering a `with` block.

        Fields are those of the API. `app`, `device` and `os` may be an app ID, a model and a name.
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

    def download(self, path: str) -> bytes:
        """The bytes behind an attachment's `url`. Raises ApiError."""
        return self._request("GET", path, {}, lambda: None)

    def put(self, path: str, headers: dict[str, str], opened: Callable[[], IO[bytes]]) -> Json:
        """A file. `opened` opens it, again for every attempt; `headers` hold its Content-Length."""
        decoded: Json = json.loads(self._request("PUT", path, headers, opened))
        return decoded

    def _request(
        self, method: str, path: str, headers: dict[str, str], opened: Callable[[], IO[bytes] | None]
    ) -> bytes:
        delay = self._delay
        for attempt in range(1, self._attempts + 1):
            wait = None
            try:
                return self._once(method, path, headers, opened)
            except _Unavailable as unavailable:
                if attempt == self._attempts:
                    raise unavailable.error from unavailable.__cause__
                wait = unavailable.retry_after
            # Not all clients at the same moment: somewhere between half the delay and all of it.
            time.sleep(min(wait if wait is not None else delay * random.uniform(0.5, 1), LONGEST_DELAY))  # noqa: S311
            delay *= 2
        raise AssertionError("at least one attempt")

    def _once(self, method: str, path: str, headers: dict[str, str], opened: Callable[[], IO[bytes] | None]) -> bytes:
        body = opened()
        if isinstance(body, io.BytesIO):
            headers = {**headers, "Content-Length": str(len(body.getbuffer()))}
        request = urllib.request.Request(  # noqa: S310  checked when the client was made
            self.url + path, data=body, method=method, headers={"Authorization": f"Bearer {self._token}", **headers}
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            with error:
                refused = _refusal(error)
            if error.code in AGAIN:
                raise _Unavailable(refused, _retry_after(error.headers.get("Retry-After"))) from error
            raise refused from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise _Unavailable(ApiError("unreachable", f"{self.url} does not answer: {reason}"), None) from error
        finally:
            if body is not None:
                body.close()


class Session:
    """One session: `start()`, `event()`, `attach()`, then `end()` or `fail()`. May be shared by threads."""

    def __init__(self, history: SessionHistory, fields: Json) -> None:
        self._history = history
        self._fields = {name: _expanded(name, value) for name, value in fields.items()}
        self._fields.setdefault("external_id", uuid.uuid4().hex)
        self._fields.setdefault("initiator", {"type": "token"})
        self._pending: list[Json] = []
        self._lock = threading.Lock()
        self.id = ""
        # The files that the server did not take, by their names.
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

    def event(self, event_type: str, /, *, event_time: str | None = None, **properties: Any) -> None:
        """Something that happened, now unless told. It is sent with others, at the latest when the session ends."""
        event = {"event_type": event_type, "event_time": event_time or now(), "event_properties": properties}
        with self._lock:
            self._pending.append(event)
            is_full = len(self._pending) >= BATCH_EVENTS
        if is_full:
            self.flush()

    def flush(self) -> None:
        """Send the events that wait."""
        with self._lock:
            # Held while sending: the events of one session arrive in their order.
            while self._pending:
                batch = self._pending[:BATCH_EVENTS]
                self._history.request("POST", f"{self.path}/events", {"events": batch})
                del self._pending[: len(batch)]

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
        """It is over. The answer is the session as it is kept."""
        return self._finish("ended", fields)

    def fail(self, message: str | None = None, *, trace: str | None = None, **fields: Any) -> Json:
        """It has failed; with a message, that is an event of type `exception`."""
        if message is not None:
            self.event("exception", **{"message": message, **({"trace": trace} if trace else {})})
            fields = {"flags": {"exception": True}, **fields}
        return self._finish("failed", fields)

    def _finish(self, status: str, fields: Json) -> Json:
        self.flush()
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
            self.refused[name] = error
            warnings.warn(f"The file {name} was not taken: {error}", stacklevel=3)
            return None

    def __enter__(self) -> Session:  # noqa: PYI034  Self is 3.11
        return self if self.id else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.end()
            return
        said = f"{type(error).__name__}: {error}"
        try:
            self.fail(said, trace="".join(traceback.format_exception(kind, error, trace)))
        except ApiError as problem:  # the exception that is on its way matters more
            warnings.warn(f"The session could not be ended: {problem}", stacklevel=2)


def now() -> str:
    """This moment as the API takes it."""
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")  # noqa: UP017  3.9


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


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET, and the token would go wherever the answer points."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:  # noqa: ARG002, PLR0913, PLR0917, RUF100
        return None


class _Unavailable(Exception):
    """Worth another attempt, `retry_after` seconds later where the server says so."""

    def __init__(self, error: ApiError, retry_after: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after


def _refusal(error: urllib.error.HTTPError) -> ApiError:
    if error.code in (301, 302, 303, 307, 308):
        return ApiError("moved", f"The server is at {error.headers.get('Location')}: use that.", status=error.code)
    try:
        said = json.loads(error.read())
        return ApiError(str(said["code"]), str(said["message"]), said.get("field"), error.code)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, http.client.HTTPException):
        return ApiError("http_error", f"{error.code} {error.reason}", status=error.code)


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
