"""The tags of `heroicons`, kept: it copies and writes an icon's tree each time. Built in: no template loads them."""

from functools import cache

from django import template
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

register = template.Library()


@register.simple_tag
@cache
def heroicon_outline(name: str, *, size: int = 24, **attributes: str) -> SafeString:
    return SafeString(heroicons.heroicon_outline(name, size=size, **attributes))


@register.simple_tag
@cache
def heroicon_mini(name: str, *, size: int = 20, **attributes: str) -> SafeString:
    return SafeString(heroicons.heroicon_mini(name, size=size, **attributes))
