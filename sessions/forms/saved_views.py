"""The name of a saved view, and whom it is for."""

from typing import Any

from django import forms

from sessions.contract.names import clean
from sessions.models import SavedView, User


class SavedViewForm(forms.Form):
    name = forms.CharField(
        max_length=SavedView.name.field.max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "placeholder": "Failed checkouts"}),
    )
    is_shared = forms.BooleanField(
        required=False,
        label="Share it with the organisation",
        help_text="Everybody sees its name and its filters, and with it the sessions they may see anyway.",
    )

    def __init__(self, viewer: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not viewer.is_admin:
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        name = clean(self.cleaned_data["name"]).strip()
        if not name:
            raise forms.ValidationError("Give it a name.")
        longest = SavedView.name.field.max_length or 0
        if len(name) > longest:  # NFC writes some letters in two characters
            raise forms.ValidationError(f"A name has at most {longest} characters.")
        return name
