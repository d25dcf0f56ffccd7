"""One entry of an archive as a request: its line in the table, and its details for the one that is opened."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from sessions.viewers.har.address import query_of, without_secrets
from sessions.viewers.har.body import Body, FormField, Sent, read_body, read_sent
from sessions.viewers.har.loose import ABSENT, fields, number, parts, text
from sessions.viewers.har.messages import Message, read_messages
from sessions.viewers.har.secrets import is_secret_header

LONGEST_URL = 2_000
LONGEST_SEARCHED = 8_000
MOST_HEADERS = 200
LONGEST_HEADER = 8_000
LONGEST_HEADERS = 250_000

# Headers whose value is an address, which may stand there without its scheme.
ADDRESSES = frozenset({"referer", "location", "content-location", "refresh", "link", ":path"})
PHASES = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")
_TYPES = {
    "document": ("text/html", "application/xhtml"),
    "stylesheet": ("text/css",),
    "script": ("javascript", "ecmascript"),
    "image": ("image/",),
    "media": ("video/", "audio/"),
    "font": ("font",),
    "data": ("json", "xml", "text/plain", "protobuf", "grpc"),
    "websocket": (),
}
TYPES = (*_TYPES, "other")
# How browsers write that the page, or who looked at it, gave a request up: Chromium, Firefox, WebKit.
_GIVEN_UP = ("err_aborted", "binding_aborted", "cancelled", "canceled")

Outcome = Literal["answered", "failed", "aborted", "cached", "unfinished"]


@dataclass(frozen=True)
class Header:
    name: str
    value: str

    @property
    def sensitive(self) -> bool:
        return is_secret_header(self.name)

    @property
    def shown(self) -> str:
        """The value, and of one with an address only what lets nobody in."""
        has_address = self.name.lower() in ADDRESSES or "://" in self.value
        return without_secrets(self.value) if has_address else self.value


@dataclass(frozen=True)
class Request:
    """A line of the table. Times are milliseconds, `started` since 1970; sizes are bytes; None is unknown.

    `raw_url` is the address as it stands in the entry, a string of JSON.
    """

    method: str
    url: str
    raw_url: bytes
    type: str
    status: int
    status_text: str
    error: str
    outcome: Outcome
    started: float | None
    time: float
    transferred: int | None
    size: int | None
    server_ip: str


@dataclass(frozen=True)
class Details:
    """What is read of the one request that is opened."""

    phases: list[tuple[str, float]]
    request_headers: list[Header]
    response_headers: list[Header]
    query: list[FormField]
    request_body: Body
    response_body: Body
    sent: Sent
    messages: list[Message]
    more_messages: bool


class _Entry(msgspec.Struct):
    started: msgspec.Raw = msgspec.field(default=ABSENT, name="startedDateTime")
    time: msgspec.Raw = ABSENT
    request: msgspec.Raw = ABSENT
    response: msgspec.Raw = ABSENT
    timings: msgspec.Raw = ABSENT
    server_ip: msgspec.Raw = msgspec.field(default=ABSENT, name="serverIPAddress")
    from_cache: msgspec.Raw = msgspec.field(default=ABSENT, name="_fromCache")
    fetch_type: msgspec.Raw = msgspec.field(default=ABSENT, name="_fetchType")
    resource_type: msgspec.Raw = msgspec.field(default=ABSENT, name="_resourceType")
    messages: msgspec.Raw = msgspec.field(default=ABSENT, name="_webSocketMessages")


class _Request(msgspec.Struct):
    method: msgspec.Raw = ABSENT
    url: msgspec.Raw = ABSENT
    headers: msgspec.Raw = ABSENT
    body: msgspec.Raw = msgspec.field(default=ABSENT, name="postData")


class _Response(msgspec.Struct):
    status: msgspec.Raw = ABSENT
    status_text: msgspec.Raw = msgspec.field(default=ABSENT, name="statusText")
    failure: msgspec.Raw = msgspec.field(default=ABSENT, name="_failureText")
    error: msgspec.Raw = msgspec.field(default=ABSENT, name="_error")
    headers: msgspec.Raw = ABSENT
    content: msgspec.Raw = ABSENT
    body_size: msgspec.Raw = msgspec.field(default=ABSENT, name="bodySize")
    transferred: msgspec.Raw = msgspec.field(default=ABSENT, name="_transferSize")


class _Content(msgspec.Struct):
    size: msgspec.Raw = ABSENT
    mime_type: msgspec.Raw = msgspec.field(default=ABSENT, name="mimeType")


class _Timings(msgspec.Struct):
    blocked: msgspec.Raw = ABSENT
    dns: msgspec.Raw = ABSENT
    connect: msgspec.Raw = ABSENT
    ssl: msgspec.Raw = ABSENT
    send: msgspec.Raw = ABSENT
    wait: msgspec.Raw = ABSENT
    receive: msgspec.Raw = ABSENT


class _Header(msgspec.Struct):
    name: msgspec.Raw = ABSENT
    value: msgspec.Raw = ABSENT


def read_request(raw: bytes, longest_url: int = LONGEST_URL) -> Request:
    """Raises msgspec.DecodeError for what is no JSON."""
    entry = fields(raw, _Entry)
    request, response = fields(entry.request, _Request), fields(entry.response, _Response)
    content = fields(response.content, _Content)
    time = _milliseconds(entry.time)
    if time is None:
        # `connect` holds `ssl`, as the specification has it, so only the others make the whole.
        time = sum(length for phase, length in _phases(entry.timings) if phase != "ssl")
    transferred = _size(response.transferred)
    status, error = _status(response.status), text(response.failure, 500) or text(response.error, 500)
    return Request(
        method=text(request.method, 20).upper() or "?",
        url=text(request.url, longest_url),
        raw_url=bytes(request.url),
        type=_type(text(content.mime_type, 200), text(entry.resource_type, 50)),
        status=status,
        status_text=text(response.status_text, 200),
        error=error,
        outcome=_outcome(entry, status, error),
        started=_moment(entry.started),
        time=time,
        transferred=_size(response.body_size) if transferred is None else transferred,
        size=_size(content.size),
        server_ip=text(entry.server_ip, 100),
    )


def read_details(raw: bytes) -> Details:
    """Raises msgspec.DecodeError for what is no JSON."""
    entry = fields(raw, _Entry)
    request, response = fields(entry.request, _Request), fields(entry.response, _Response)
    messages, more_messages = read_messages(entry.messages, _moment(entry.started))
    return Details(
        phases=_phases(entry.timings),
        request_headers=_headers(request.headers),
        response_headers=_headers(response.headers),
        query=query_of(text(request.url, LONGEST_URL)),
        request_body=read_body(request.body),
        response_body=read_body(response.content),
        sent=read_sent(request.body),
        messages=messages,
        more_messages=more_messages,
    )


def _outcome(entry: _Entry, status: int, error: str) -> Outcome:
    """A status of 400 or more is a failure, also of a request that was given up once it was known.

    So is no answer at all, unless the archive says why there is none: the request was given up, came from a cache, is
    a WebSocket whose messages are there, or had not ended when the recording did (a time of -1, as Playwright writes).
    """
    if status >= 400:
        return "failed"
    if any(words in error.lower() for words in _GIVEN_UP):
        return "aborted"
    if error:
        return "failed"
    if status:
        return "answered"
    if text(entry.from_cache, 50) or "cache" in text(entry.fetch_type, 50).lower():
        return "cached"
    is_open = bytes(memoryview(entry.messages)[:1]) == b"[" or number(entry.time) == -1
    return "unfinished" if is_open else "failed"


def _phases(raw: msgspec.Raw) -> list[tuple[str, float]]:
    timings = fields(raw, _Timings)
    return [(phase, time) for phase in PHASES if (time := _milliseconds(getattr(timings, phase))) is not None]


def _type(mime_type: str, resource_type: str) -> str:
    if resource_type in _TYPES:
        return resource_type
    for name, substrings in _TYPES.items():
        if any(substring in mime_type.lower() for substring in substrings):
            return name
    return "other"


def _headers(raw: msgspec.Raw) -> list[Header]:
    """Up to MOST_HEADERS of them, the later ones cut shorter where the first are long."""
    found, left = [], LONGEST_HEADERS
    for part in parts(raw, MOST_HEADERS, 2 * LONGEST_HEADERS):
        header = fields(part, _Header)
        found.append(Header(text(header.name, 200), text(header.value, max(min(LONGEST_HEADER, left), 0))))
        left -= len(found[-1].value)
    return found


def _milliseconds(raw: msgspec.Raw) -> float | None:
    """A HAR says -1 for what does not apply; a year is more than any request took."""
    value = number(raw)
    return value if value is not None and 0 <= value < 366 * 24 * 3_600_000 else None


def _size(raw: msgspec.Raw) -> int | None:
    """A HAR says -1 for a size that nobody knows."""
    value = number(raw)
    return int(value) if value is not None and 0 <= value < 2**62 else None


def _status(raw: msgspec.Raw) -> int:
    value = number(raw)
    return int(value) if value is not None and 100 <= value <= 599 else 0


def _moment(raw: msgspec.Raw) -> float | None:
    """RFC 3339 as milliseconds since 1970; a time without a zone counts as UTC."""
    value = text(raw, 100)
    try:
        moment = datetime.fromisoformat(value.upper())  # RFC 3339 has small letters as well
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
