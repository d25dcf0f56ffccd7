"""A username, asked for everywhere in the form in which it is stored."""

from typing import Any

from django import forms

from sessions.contract.names import clean


class UsernameField(forms.CharField):
    """`autocomplete` is what the browser may fill in: the signed-in person's own name, or nobody's."""

    def __init__(self, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": autocomplete})
        super().__init__(label="Username", required=False, max_length=150, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")
