"""HTTP Archive 1.2 as a list of requests (http://www.softwareishard.com/blog/har-12-spec/).

A HAR comes from whatever a producer ran, so nothing in it is trusted: each
entry is read on its own, a field of the wrong type counts as absent, and only
a file that is no HAR at all is refused.
"""

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard

import msgspec

# Beyond this the table is not worth the memory (about three times the file while it is read).
LARGEST = 64 * 1024 * 1024
MOST_ENTRIES = 20_000
LONGEST_TEXT = 20_000
LONGEST_URL = 8_000
MOST_HEADERS = 200

PHASES = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")
SENSITIVE = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"})
_TYPES = {
    "document": ("text/html", "application/xhtml"),
    "stylesheet": ("text/css",),
    "script": ("javascript", "ecmascript"),
    "image": ("image/",),
    "media": ("video/", "audio/"),
    "font": ("font",),
    "data": ("json", "xml", "text/plain", "protobuf", "grpc"),
}
TYPES = (*_TYPES, "other")


class NotHar(ValueError):
    """Why the file cannot be shown as requests, as a sentence."""


@dataclass(frozen=True)
class Header:
    name: str
    value: str

    @property
    def sensitive(self) -> bool:
        return self.name.lower() in SENSITIVE


@dataclass(frozen=True)
class Body:
    """`text` is cut to LONGEST_TEXT characters, `left_out` says by how many; `encoding` is base64 or empty."""

    text: str = ""
    mime_type: str = ""
    encoding: str = ""
    left_out: int = 0


@dataclass(frozen=True)
class Request:
    """One entry. Times are milliseconds, `start` counted from the first request; sizes are bytes; None is unknown."""

    number: int
    method: str
    url: str
    type: str
    status: int
    status_text: str
    error: str
    start: float
    time: float
    transferred: int | None
    size: int | None
    server_ip: str
    # Read further only for the one request that is looked into: headers are most of an archive.
    entry: dict[str, Any] = field(repr=False)

    @property
    def family(self) -> str:
        """`2xx` to `5xx`, or `none` for a request that got no answer."""
        return f"{self.status // 100}xx" if 100 <= self.status <= 599 else "none"

    @property
    def failed(self) -> bool:
        return self.status >= 400 or self.family == "none"

    @property
    def phases(self) -> list[tuple[str, float]]:
        return _phases(self.entry)

    @property
    def request_headers(self) -> list[Header]:
        return _headers(_dict(self.entry.get("request")).get("headers"))

    @property
    def response_headers(self) -> list[Header]:
        return _headers(_dict(self.entry.get("response")).get("headers"))

    @property
    def request_body(self) -> Body:
        return _body(_dict(_dict(self.entry.get("request")).get("postData")))

    @property
    def response_body(self) -> Body:
        return _body(_dict(_dict(self.entry.get("response")).get("content")))


def parse_har(content: bytes) -> list[Request]:
    """The requests in the order they were begun. Raises NotHar."""
    entries = _entries(content)
    if len(entries) > MOST_ENTRIES:
        raise NotHar(f"It holds {len(entries):,} requests; up to {MOST_ENTRIES:,} are shown here.")
    begun = [_moment(_dict(entry).get("startedDateTime")) for entry in entries]
    first = min((moment for moment in begun if moment is not None), default=0.0)
    pairs = [(0.0 if moment is None else moment - first, entry) for moment, entry in zip(begun, entries, strict=True)]
    pairs.sort(key=lambda pair: pair[0])
    return [_request(number, start, _dict(entry)) for number, (start, entry) in enumerate(pairs, start=1)]


def _entries(content: bytes) -> list[Any]:
    try:
        document = _decoded(content.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError as error:
        raise NotHar("Its JSON is nested too deeply.") from error
    except ValueError as error:
        raise NotHar("It is not valid JSON, or it was cut short.") from error
    entries = _dict(_dict(document).get("log")).get("entries")
    if not isinstance(entries, list):
        raise NotHar("It is JSON, and not an HTTP archive: there are no log.entries in it.")
    return entries


def _decoded(content: bytes) -> Any:
    """Browsers write half surrogate pairs and NaN, which the fast decoder refuses and the standard one reads."""
    try:
        return msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return json.loads(content.decode("utf-8", "replace"))


def _request(number: int, start: float, entry: dict[str, Any]) -> Request:
    request, response = _dict(entry.get("request")), _dict(entry.get("response"))
    content = _dict(response.get("content"))
    time = _milliseconds(entry.get("time"))
    if time is None:
        # `connect` holds `ssl`, as the specification has it, so only the others make the whole.
        time = sum(length for phase, length in _phases(entry) if phase != "ssl")
    body_size = _size(response.get("bodySize"))
    transferred = _size(response.get("_transferSize"))
    return Request(
        number=number,
        method=_text(request.get("method"), 20).upper() or "?",
        url=_text(request.get("url"), LONGEST_URL),
        type=_type(_text(content.get("mimeType"), 200), _text(entry.get("_resourceType"), 50)),
        status=_status(response.get("status")),
        status_text=_text(response.get("statusText"), 200),
        error=_text(response.get("_failureText") or response.get("_error"), 500),
        start=start,
        time=time,
        transferred=body_size if transferred is None else transferred,
        size=_size(content.get("size")),
        server_ip=_text(entry.get("serverIPAddress"), 100),
        entry=entry,
    )


def _phases(entry: dict[str, Any]) -> list[tuple[str, float]]:
    timings = _dict(entry.get("timings"))
    return [(phase, time) for phase in PHASES if (time := _milliseconds(timings.get(phase))) is not None]


def _type(mime_type: str, resource_type: str) -> str:
    if resource_type in _TYPES:
        return resource_type
    for name, parts in _TYPES.items():
        if any(part in mime_type.lower() for part in parts):
            return name
    return "other"


def _headers(value: object) -> list[Header]:
    headers = [_dict(header) for header in value[:MOST_HEADERS]] if isinstance(value, list) else []
    return [Header(_text(header.get("name"), 200), _text(header.get("value"), 8_000)) for header in headers]


def _body(value: dict[str, Any]) -> Body:
    text = value.get("text")
    if not isinstance(text, str):
        return Body()
    return Body(
        text=_text(text, LONGEST_TEXT),
        mime_type=_text(value.get("mimeType"), 200),
        encoding="base64" if value.get("encoding") == "base64" else "",
        left_out=max(len(text) - LONGEST_TEXT, 0),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object, longest: int) -> str:
    """A string that HTML can hold: no NUL and no half surrogate pair, which could not be encoded."""
    if not isinstance(value, str):
        return ""
    return value[:longest].replace("\0", "\u2400").encode("utf-8", "replace").decode()


def _number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _milliseconds(value: object) -> float | None:
    """A HAR says -1 for what does not apply; a year is more than any request took."""
    return float(value) if _number(value) and 0 <= value < 366 * 24 * 3_600_000 else None


def _size(value: object) -> int | None:
    return int(value) if _number(value) and 0 <= value < 2**62 else None


def _status(value: object) -> int:
    return int(value) if _number(value) and 100 <= value <= 599 else 0


def _moment(value: object) -> float | None:
    """RFC 3339 as milliseconds since 1970; a time without a zone counts as UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())  # RFC 3339 has small letters as well
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
