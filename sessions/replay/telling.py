"""What an event says about itself in one line, and whether it tells of trouble."""

import re
from collections.abc import Mapping
from typing import Any

from sessions.contract.schema import Event

TROUBLE = re.compile(r"exception|crash|fatal|anr\b|error|fail", re.IGNORECASE)
ANNOYANCE = re.compile(r"rage|warn|slow|frustrat", re.IGNORECASE)
# The properties by which an event is known, best first.
TELLING = ("message", "error", "url", "element_text", "title", "name", "text", "screen", "path", "query",
           "navigate_reason", "href", "selector", "element", "key", "value")  # fmt: skip
METHODS = ("method", "http_method")
STATUSES = ("status", "status_code", "http_status")
DURATIONS = ("duration_ms", "duration", "elapsed_ms")
VALUES = tuple(f"{kind}{number}" for kind in ("str", "int") for number in range(1, 6))
LONGEST = 300


def tone(event_type: str) -> str:
    """`bad` for what broke, `warn` for what annoyed, else nothing."""
    if TROUBLE.search(event_type):
        return "bad"
    return "warn" if ANNOYANCE.search(event_type) else ""


def summary(event: Event) -> str:
    """A line of at most LONGEST characters; nothing where an event has no properties, view or values."""
    for properties in (event.event_properties, event.source_properties):
        if text := _of_properties(properties):
            return text[:LONGEST]
    values = [str(value) for name in VALUES if (value := getattr(event, name)) is not None]
    if values:
        return ", ".join(values)[:LONGEST]
    return event.view_id or ""


def _of_properties(properties: Mapping[str, Any]) -> str:
    said = next((text for name in TELLING if (text := _text(properties.get(name)))), "")
    method, status = _first(properties, METHODS), _first(properties, STATUSES)
    if method or status:
        length = _first(properties, DURATIONS)
        said = " ".join(filter(None, [method, said, status, length and f"{length} ms"]))
    if not said:
        # Nothing known by its name: the first plain values, by theirs.
        plain = [f"{name}: {text}" for name, value in properties.items() if (text := _plain(value))]
        said = ", ".join(plain[:4])
    return said


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _plain(properties.get(name)))), "")


def _text(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("full_url")
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    return str(value).strip()[:LONGEST] if isinstance(value, str | int | float) else ""
