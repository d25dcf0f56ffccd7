"""An e-mail address, asked for everywhere with the same words."""

from typing import Any

from django import forms

from sessions.contract.names import clean


class EmailField(forms.EmailField):
    """`autocomplete` is what the browser may fill in: the signed-in person's own address, or nobody's."""

    default_error_messages = {"invalid": "Enter an e-mail such as name@example.com."}

    def __init__(self, autocomplete: str, *, autofocus: bool = False) -> None:
        attributes = {"autocomplete": autocomplete, "autofocus": autofocus}
        super().__init__(label="E-mail", max_length=254, widget=forms.EmailInput(attrs=attributes))

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")
