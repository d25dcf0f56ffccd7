"""How a session's page writes events, statuses and kinds of files."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from sessions.contract.schema import Event
from sessions.files.media import Viewer, viewer_of
from sessions.viewers.har.archive import Summary

register = template.Library()

STATUS_ICONS = {
    "queued": "clock",
    "active": "play-circle",
    "ended": "check-circle",
    "failed": "exclamation-triangle",
    "lost": "signal-slash",
}
KIND_ICONS = {
    "log": "document-text",
    "network_log": "arrows-right-left",
    "video": "film",
    "screenshot": "photo",
    "recording": "play",
    "crash_report": "bug-ant",
    "other": "paper-clip",
}
TROUBLE = re.compile(r"exception|crash|fatal|anr\b|error|fail", re.IGNORECASE)
ANNOYANCE = re.compile(r"rage|warn|slow|frustrat", re.IGNORECASE)
# What an event says about itself, best first.
TELLING = ("message", "url", "element_text", "title", "name", "text", "screen", "navigate_reason", "href")
SHOWN_ELSEWHERE = frozenset({"event_type", "event_time", "event_properties", "source_properties"})


@register.filter
def status_icon(status: str) -> str:
    return STATUS_ICONS[status]


@register.filter
def kind_icon(kind: str) -> str:
    return KIND_ICONS[kind]


@register.filter
def offset(moment: datetime, origin: datetime | None) -> str:
    """`+0:12.480` after the origin, `−0:03.200` before it, `+1:02:03.004` after an hour; cut to milliseconds."""
    if origin is None:
        return ""
    sign = "−" if moment < origin else "+"
    milliseconds = abs(moment - origin) // timedelta(milliseconds=1)
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours:,}:{minutes:02}:{seconds:02}.{fraction:03}"
    return f"{sign}{minutes}:{seconds:02}.{fraction:03}"


@register.filter
def tone(event_type: str) -> str:
    """`bad` for what broke, `warn` for what annoyed, else nothing."""
    if TROUBLE.search(event_type):
        return "bad"
    return "warn" if ANNOYANCE.search(event_type) else ""


@register.filter
def summary(event: Event) -> str:
    """What an event says about itself in a line of at most 300 characters."""
    for properties in (event.event_properties, event.source_properties):
        for name in TELLING:
            value = properties.get(name)
            if isinstance(value, dict):
                value = value.get("full_url")
            if isinstance(value, str) and value.strip():
                return value.strip()[:300]
    return event.view_id or ""


@register.filter
def other_fields(event: Event) -> list[tuple[str, Any]]:
    """What else is known of an event, by its name in JSON."""
    return [
        (name, value)
        for name in event.__struct_fields__
        if name not in SHOWN_ELSEWHERE and (value := getattr(event, name)) is not None
    ]


@register.filter
def indented(properties: dict[str, Any]) -> str:
    return json.dumps(properties, indent=2, ensure_ascii=False)


@register.filter
def has_viewer(file: Any) -> bool:
    return viewer_of(file.kind, file.content_type) is not Viewer.NONE


@register.filter
def is_picture(file: Any) -> bool:
    return viewer_of(file.kind, file.content_type) is Viewer.IMAGE


@register.filter
def kind_label(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


@register.simple_tag
def file_url(session_id: UUID, name: str, route: str = "attachment") -> str:
    """Empty for a name that no address can hold."""
    try:
        return reverse(route, args=[session_id, name])
    except NoReverseMatch:
        return ""


@register.filter
def share(part: float | None, whole: float | None) -> str:
    """A part of a whole in percent, for an SVG: at least 0.5, so that the shortest is seen."""
    if not part or not whole:
        return "0"
    return f"{min(max(part / whole * 100, 0.5), 100):.2f}"


@register.filter
def marked(line: str, text: str) -> SafeString:
    """The line with every occurrence of the text marked, in whatever case."""
    if not text:
        return conditional_escape(line)
    parts = re.split(f"({re.escape(text)})", line, flags=re.IGNORECASE)
    return mark_safe(  # noqa: S308  every part is escaped
        "".join(
            format_html("<mark>{}</mark>", part) if number % 2 else conditional_escape(part)
            for number, part in enumerate(parts)
        )
    )


@register.filter
def without(chosen: list[str], value: str) -> list[str]:
    """The list with a value taken out, or put in where it was not: what a filter's link leads to."""
    return [one for one in chosen if one != value] if value in chosen else [*chosen, value]


@register.filter
def grouped(number: int) -> str:
    """`512,330`."""
    return f"{number:,}"


@register.filter
def total_size(total: tuple[int | None, int]) -> str:
    """`2.5 MB`, with how many are unknown beside those that are known."""
    known, unknown = total
    if known is None:
        return "unknown size"
    return f"{filesizeformat(known)} (unknown of {unknown:,})" if unknown else filesizeformat(known)


@register.filter
def bar_start(request: Summary, span: float) -> str:
    """Where a request's bar begins in percent, with room left for the shortest bar."""
    return f"{min(max(request.start / span * 100, 0), 99.5):.2f}"
