"""A time zone, typed or picked out of all of them."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


@cache
def time_zones() -> dict[str, str]:
    """Every zone by its name in lower case. Read once: Python looks through all the files of the zones."""
    return {name.lower(): name for name in sorted(zoneinfo.available_timezones())}


class TimeZoneField(forms.CharField):
    """Takes a zone's name however it is capitalised, and with spaces for underscores."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"list": "time_zones", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(max_length=60, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        if not typed:
            return ""
        name = time_zones().get(typed.lower().replace(" ", "_"))
        if name is None:
            raise ValidationError(f"“{typed}” is not a time zone. Use a name such as Europe/Berlin.")
        return name
