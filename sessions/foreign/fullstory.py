"""`GET /v2/sessions/{session_id}/events`: FullStory's Get Session Events (its API reference of that name).

Every field of the documented event is there; what is unknown is null.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import QueryDict

from sessions.contract import schema
from sessions.contract.errors import Problem, refuse_unknown
from sessions.foreign.parameters import one, one_of
from sessions.foreign.streams import json_array
from sessions.foreign.times import rfc3339
from sessions.foreign.user_agent import read_user_agent

CACHE = "enable_event_cache"
# No browser sends a longer one.
LONGEST_URL = 65_536
CODES = {"not_found": "resource_not_found"}


def check(session_id: str, data: QueryDict) -> None:
    """Raises Problem. The cache may be asked for or not: every answer is made of what is stored right now."""
    if not session_id.strip():
        raise Problem("required_field", "session_id is required", field="session_id")
    refuse_unknown(data, (CACHE,))
    if (cache := one(data, CACHE)) is not None:
        one_of(CACHE, cache.lower(), ("true", "false"))


def answer(session_id: str, record: schema.Session, events: Iterable[schema.Event]) -> Iterator[bytes]:
    """`session_id` is the one that was asked for, which may be the producer's own."""
    return json_array((event_shape(session_id, record, event) for event in events), b'{"events":', b"}")


def event_shape(session_id: str, record: schema.Session, event: schema.Event) -> dict[str, Any]:
    return {
        "device_id": event.device_id or record.device.device_id,
        "session_id": session_id,
        "view_id": event.view_id,
        "event_time": rfc3339(event.event_time),
        "event_type": event.event_type,
        "event_properties": event.event_properties,
        "source_type": event.source_type,
        "source_properties": {
            **event.source_properties,
            "user_agent": _user_agent(event.source_properties.get("user_agent"), record),
            "url": _url(_url_stored(event)),
            "initial_referrer": event.source_properties.get("initial_referrer"),
        },
    }


def _user_agent(stored: object, record: schema.Session) -> dict[str, Any] | None:
    """What the event says, else what the session says, else what the user agent's text says."""
    said = dict(stored) if isinstance(stored, dict) else {}
    raw = stored if isinstance(stored, str) else said.get("raw_user_agent", record.network.user_agent)
    read = read_user_agent(raw) if isinstance(raw, str) else {}
    if not (said or raw):
        return None
    known = {
        "raw_user_agent": raw,
        "device": record.device.type or read.get("device"),
        "operating_system": record.os.name or read.get("operating_system"),
        "browser": read.get("browser"),
        "browser_version": read.get("browser_version"),
    }
    return known | said


def _url_stored(event: schema.Event) -> object:
    """The page's address. Of the events, only a navigation has it among its own properties."""
    stored = event.source_properties.get("url")
    if stored is None and event.event_type == "navigate":
        return event.event_properties.get("url")
    return stored


def _url(stored: object) -> dict[str, Any] | None:
    """Parts that were stored stand as they are; the others are read out of the whole address, if there is one."""
    said = dict(stored) if isinstance(stored, dict) else {}
    full = stored if isinstance(stored, str) else said.get("full_url")
    if not (said or full):
        return None
    known: dict[str, Any] = {"full_url": full, "host": None, "path": None, "query": None}
    if isinstance(full, str):
        known |= _parts(full)
    return known | said


def _parts(full_url: str) -> dict[str, Any]:
    if len(full_url) > LONGEST_URL:  # Python keeps the last hundred that it took apart
        return {}
    try:
        parts = urlsplit(full_url)
    except ValueError:  # such as an unfinished IPv6 address: kept whole, without parts
        return {}
    return {
        "host": parts.netloc.rpartition("@")[2] or None,
        "path": parts.path,
        "query": {name: {"values": values} for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
    }


def error(problem: Problem) -> tuple[int, dict[str, object]]:
    """`{message, code}`: nothing else, so the reference of a server error stands in its message."""
    message = problem.message
    if reference := problem.extra.get("reference_id"):
        message = f"{message} Reference: {reference}"
    return problem.status, {"message": message, "code": CODES.get(problem.code, problem.code)}
