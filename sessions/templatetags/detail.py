"""How a session's page writes events, statuses and kinds of files."""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from uuid import UUID

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from sessions.contract.choices import Status
from sessions.contract.schema import Session
from sessions.files.media import Viewer, viewer_of
from sessions.presenters.table import Row
from sessions.presenters.times import duration
from sessions.replay.axis import clock as axis_clock
from sessions.templatetags.session_list import queue_time as listed_queue_time
from sessions.viewers.colours import Run
from sessions.viewers.log import Line

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


@register.filter
def status_icon(status: str) -> str:
    return STATUS_ICONS[status]


@register.filter
def status_label(status: str) -> str:
    return str(Status(status).label)


@register.simple_tag
def queue_time(record: Session) -> SafeString:
    """As the list shows it."""
    return SafeString(listed_queue_time(Row(record)))


@register.filter
def run_words(record: Session) -> str:
    """`after 49 s`, or nothing where it is not known."""
    if record.duration_ms is None:
        return ""
    return f"after {duration(record.duration_ms)}"


@register.filter
def kind_icon(kind: str) -> str:
    return KIND_ICONS[kind]


@register.filter
def elapsed(seconds: float) -> str:
    return duration(seconds * 1000)


@register.filter
def on_axis(t: float) -> str:
    """A moment of the session's axis: `0:12.480`."""
    return axis_clock(t)


@register.filter
def seconds(t: float) -> str:
    """The same moment for an address or a script: `12.480`."""
    return f"{t:.3f}"


@register.filter
def clock(t: float) -> str:
    """A place in a recording, cut to tenths: `1:02.4`, `1:00:02.4` after an hour."""
    tenths = int(t * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,}:{minutes:02}:{tenths // 10:02}.{tenths % 10}"
    return f"{minutes}:{tenths // 10:02}.{tenths % 10}"


@register.filter
def as_json(value: object) -> str:
    """For a `data-` attribute."""
    return json.dumps(value)


@register.filter
def since(t: float, start: float) -> float:
    """Seconds from the start of a file that begins at `start` on the axis; 0 before it."""
    return max(t - start, 0.0)


@register.filter
def on_tick(t: float, length: float) -> str:
    """`0:10`, or `0:00.5` where the axis is that short."""
    text = axis_clock(t)
    return text[:-4] if length >= 5 else text.rstrip("0").removesuffix(".")


@register.filter
def percent(share: float) -> str:
    """`41.27%`, for an attribute of an SVG."""
    return f"{share:.3f}%"


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
    return _marked(((line, ""),), line, text)


@register.filter
def log_text(line: Line, text: str) -> SafeString:
    """A line of a log in its colours, with every occurrence of the text marked."""
    return _marked(line.runs or ((line.text, ""),), line.text, text if line.matches else "")


def _marked(runs: Iterable[Run], line: str, text: str) -> SafeString:
    found = [match.span() for match in re.finditer(re.escape(text), line, re.IGNORECASE)] if text else []
    edges = [edge for span in found for edge in span]
    parts = []
    start = 0
    for run, classes in runs:
        end = start + len(run)
        inner = edges[bisect_right(edges, start) : bisect_left(edges, end)]
        for first, last in pairwise(dict.fromkeys([start, *inner, end])):
            part = conditional_escape(line[first:last])
            # Between an odd edge and the next one lies what was found.
            if bisect_right(edges, first) % 2:
                part = format_html("<mark>{}</mark>", part)
            parts.append(format_html('<span class="{}">{}</span>', classes, part) if classes else part)
        start = end
    return mark_safe("".join(parts))  # noqa: S308  every part is escaped


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
