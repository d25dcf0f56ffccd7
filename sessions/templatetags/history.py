"""What every page shows alike: times, durations, sizes of queues, and an app's icon."""

import zlib
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

APP_COLOURS = 12


@register.filter
def duration(milliseconds: int | None) -> str:
    """Two units at most, as people say them: 480 ms, 6.4 s, 1m 04s, 2h 05m, 3d 4h."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 10_000:
        return f"{milliseconds // 100 / 10:.1f} s"
    seconds = milliseconds // 1000
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60}m {seconds % 60:02}s"
    if seconds < 86_400:
        return f"{seconds // 3600}h {seconds % 3600 // 60:02}m"
    return f"{seconds // 86_400}d {seconds % 86_400 // 3600}h"


@register.filter
def relative(moment: datetime | None) -> str:
    """How long ago, or the day and time in the viewer's zone once that says more."""
    if moment is None:
        return ""
    now, local = timezone.localtime(), timezone.localtime(moment)
    ago = now - local
    if timedelta(0) <= ago < timedelta(minutes=1):
        return "just now"
    if timedelta(0) <= ago < timedelta(hours=1):
        return f"{ago.seconds // 60} min ago"
    if local.date() == now.date():
        return f"Today {local:%H:%M}"
    if local.date() == now.date() - timedelta(days=1):
        return f"Yesterday {local:%H:%M}"
    if local.year == now.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y %H:%M}"


@register.filter
def exact(moment: datetime | None) -> str:
    """To the millisecond, with the zone it is shown in: 2026-11-20 21:27:11.899 CET (UTC+01:00)."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03} {local:%Z} (UTC{offset[:3]}:{offset[3:]})"


@register.simple_tag
def when(moment: datetime | None) -> SafeString | str:
    """A moment at a glance, the exact one on hover and for screen readers."""
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span></time>',
        moment.isoformat(),
        exact(moment),
        relative(moment),
        exact(moment),
    )


@register.simple_tag
def app_icon(name: str | None, app_id: str | None = None) -> SafeString:
    """A letter on a colour that belongs to the app, the same on every page."""
    label = name or app_id or "?"
    colour = zlib.crc32((app_id or label).encode()) % APP_COLOURS
    return format_html('<span class="app-icon app-icon-{}" aria-hidden="true">{}</span>', colour, label[0].upper())
