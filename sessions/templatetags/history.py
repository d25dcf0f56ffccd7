"""How the product writes durations and times, and the icon it makes for an app. Built in: no template loads it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sessions.schema import App

register = template.Library()

# White letters have a contrast of at least 5:1 on each of these.
APP_COLOURS = ("#3451b2", "#0b6b7a", "#24733a", "#7a2e91", "#a01f4b", "#8a4b08", "#4f5563", "#5b3fb0")


@register.filter
def duration(milliseconds: float | None) -> str:
    """`480 ms`, `3.5 s`, `42 s`, `1m 04s`, `2h 05m`, `3d 04h`; nothing for None. Cut, never rounded up."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{int(milliseconds)} ms"
    if milliseconds < 10_000:
        return f"{int(milliseconds / 100) / 10:.1f} s"
    seconds = int(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return f"{minutes}m {seconds % 60:02}s"
    if days < 1:
        return f"{hours}h {minutes % 60:02}m"
    return f"{days:,}d {hours % 24:02}h"


register.filter("ms", duration)


@register.filter
def exact(moment: datetime | None) -> str:
    """The moment as precisely as it is stored, in the viewer's zone, which it names: `2026-11-20 21:27:15.797 CET`."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    text = local.replace(tzinfo=None).isoformat(" ")
    return f"{text.rstrip('0') if local.microsecond else text} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """`CET` where the zone has a name, else its offset: `+03` alone would read as part of the time."""
    name = local.tzname() or "UTC"
    return name if name.isalpha() else f"UTC{name}"


@register.filter
def relative(moment: datetime | None) -> str:
    """`just now`, `5 minutes ago`, `in 3 hours`, `yesterday`, and a date when it is longer ago than a month."""
    if moment is None:
        return ""
    ago = timezone.now() - moment
    if abs(ago) < timedelta(seconds=10):
        return "just now"
    if abs(ago) >= timedelta(days=31):
        local = timezone.localtime(moment)
        return f"{local.day} {local:%b %Y}"
    text = _counted(abs(ago))
    return f"{text} ago" if ago > timedelta() else f"in {text}"


def _counted(span: timedelta) -> str:
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count = int(span.total_seconds() // seconds)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "0 seconds"


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """A <time>: how long ago for the eye, exactly when for the pointer, the screen reader and the machine."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}">{}<span class="visually-hidden"> ({})</span></time>',
        moment.astimezone(UTC).isoformat(),
        exact(moment),
        relative(moment),
        exact(moment),
    )


@register.inclusion_tag("components/app_icon.html")
def app_icon(app: App, size: int = 24) -> dict[str, object]:
    """Two letters on a colour, the same for an app ID wherever it is shown."""
    name = app.name or (app.app_id or "").rpartition(".")[2] or "?"
    words = [word for word in name.replace("-", " ").replace("_", " ").split() if word[0].isalnum()] or [name]
    letters = words[0][0] + words[1][0] if len(words) > 1 else words[0][:2]
    number = sha256((app.app_id or name).encode()).digest()[0] % len(APP_COLOURS)
    return {"letters": letters, "colour": APP_COLOURS[number], "size": size}
