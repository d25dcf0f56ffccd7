"""Tags of the layout: links of the sidebar, and long names cut in the middle."""

from functools import cache

from django import template
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse

from sessions.accounts.saved_views import pinned_views

register = template.Library()

# Enough to tell two file names or two addresses of one domain apart.
KEPT_AT_THE_END = 12
# There is room for as many nearly everywhere; in two parts a screen reader takes a name for two words.
SHORT = 24


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: template.Context, url_name: str, icon: str, label: str) -> dict[str, str]:
    """A link of the navigation, marked when the page is it (`page`) or below it (`true`)."""
    url = address(url_name, get_script_prefix())
    request: HttpRequest | None = context.get("request")
    path = request.path if request else ""
    current = "page" if path == url else "true" if path.startswith(url) else ""
    return {"url": url, "icon": icon, "label": label, "current": current}


@register.inclusion_tag("components/pinned_views.html", takes_context=True)
def pinned_view_links(context: template.Context) -> dict[str, object]:
    """The views that the person has pinned; the one that the list shows is marked."""
    request: HttpRequest | None = context.get("request")
    url = address("session_list", get_script_prefix())
    asked = context.get("asked")
    open_view = getattr(asked, "view", None) if request and request.path == url else None
    return {"pinned": pinned_views(context["user"]), "url": url, "current": open_view.pk if open_view else None}


@cache
def address(url_name: str, prefix: str) -> str:
    """Looked up once: `reverse` takes 30 µs, and puts `prefix` before it."""
    return reverse(url_name)


@register.inclusion_tag("components/middle.html")
def middle(text: object) -> dict[str, str]:
    """`text`, cut in the middle by CSS when it is long and there is no room. What is copied or hovered is the whole."""
    whole = str(text)
    start, end = cut(whole)
    return {"text": whole, "start": start, "end": end}


def cut(name: str) -> tuple[str, str]:
    """A name in two parts, of which the second stays in sight. A short one has no second part."""
    if len(name) <= SHORT:
        return name, ""
    place = len(name) - min(KEPT_AT_THE_END, len(name) // 2)
    return name[:place], name[place:]
