"""Durations and times, and the icon of an app. Built in: no template loads it."""

from datetime import UTC, datetime
from hashlib import sha256

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sessions.contract.schema import App
from sessions.presenters.times import day_and_time, duration, exact, in_utc, relative

register = template.Library()
for _filter in (day_and_time, duration, exact, in_utc, relative):
    register.filter(_filter)
register.filter("ms", duration)

# White letters have a contrast of at least 5:1 on each of these.
APP_COLOURS = ("#3451b2", "#0b6b7a", "#24733a", "#7a2e91", "#a01f4b", "#8a4b08", "#4f5563", "#5b3fb0")


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """A <time>: how long ago for the eye, exactly when for the pointer, the screen reader and the machine."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}<span class="visually-hidden"> ({})</span></time>',
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
