"""What is drawn in the lanes, put together in Python: there may be hundreds of marks, and a template takes ten times as
long."""

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from sessions.replay.axis import clock
from sessions.replay.file_lanes import Drawn
from sessions.replay.lanes import Mark

register = template.Library()


@register.simple_tag
def event_marks(marks: Iterable[Mark], moments: str) -> SafeString:
    """`moments` is the address of a moment but for the moment itself."""
    moments = escape(moments)
    return SafeString("".join(_mark(mark, moments) for mark in marks))


def _mark(mark: Mark, moments: str) -> str:
    tone = f" mark-{mark.tone}" if mark.tone else ""
    bad = " data-bad" if mark.tone == "bad" else ""
    return (
        f'<a href="{moments}{max(mark.t, 0.0):.3f}" tabindex="-1">'
        f'<rect class="mark{tone}" data-mark="{mark.t:.3f}"{bad} x="{mark.x:.3f}%">'
        f"<title>{clock(mark.t)} {escape(mark.label)}</title></rect></a>"
    )


@register.simple_tag
def log_boxes(boxes: Iterable[Drawn]) -> SafeString:
    return SafeString(
        "".join(
            f'<rect class="density{" density-bad" if box.is_bad else ""}" data-activity="{box.t:.3f}" x="{box.x:.3f}%"'
            f' y="{100 - box.height:.3f}%" width="{box.width:.3f}%" height="{box.height:.3f}%"/>'
            for box in boxes
        )
    )


@register.simple_tag
def request_boxes(boxes: Iterable[Drawn]) -> SafeString:
    """Those that failed are marks as well, which one can go on to."""
    return SafeString("".join(_request(box) for box in boxes))


def _request(box: Drawn) -> str:
    place = f'data-activity="{box.t:.3f}" x="{box.x:.3f}%" width="{box.width:.3f}%"'
    if box.is_bad:
        return f'<rect class="bar-bad" {place} data-mark="{box.t:.3f}" data-bad y="8" height="16"/>'
    return f'<rect class="bar" {place} y="14" height="8"/>'
