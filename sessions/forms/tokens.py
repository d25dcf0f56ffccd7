"""Making a token, and paging through them."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from sessions.accounts.tokens import LONGEST_LIFE, label_is_taken
from sessions.contract.choices import Scope
from sessions.contract.names import clean
from sessions.models import ApiToken, User

ON_A_DATE = "date"
EXPIRIES = [
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    (ON_A_DATE, "At the end of a day"),
    ("never", "Never"),
]

SCOPES = [
    (Scope.WRITE.value, "Write: send sessions, events and files"),
    (Scope.READ.value, "Read: what you may see yourself"),
]


class TokenForm(forms.Form):
    label = forms.CharField(
        max_length=ApiToken.label.field.max_length,
        help_text="Sessions sent with the token are shown under it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "placeholder": "nightly-ci"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=SCOPES,
        initial=[Scope.WRITE.value],
        error_messages={"required": "Choose at least one."},
        widget=forms.CheckboxSelectMultiple,
    )
    expires = forms.ChoiceField(choices=EXPIRIES, initial="90")
    day = forms.DateField(
        label="Last day",
        help_text="With “At the end of a day”: a day of your time zone.",
        error_messages={"required": "Choose the day."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, creator: User, *args: Any, **kwargs: Any) -> None:
        self.creator = creator
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.fields["day"].required = self.data.get("expires") == ON_A_DATE

    def clean_label(self) -> str:
        label = clean(self.cleaned_data["label"])
        if label_is_taken(self.creator, label):
            raise ValidationError("Somebody else's token has this label. Choose another one.")
        return label

    def clean_day(self) -> date | None:
        today = timezone.localdate()
        day: date | None = self.cleaned_data["day"]
        if day is None or not self.fields["day"].required:
            return None
        if day < today:
            raise ValidationError("This day is over.")
        if day > today + LONGEST_LIFE:
            raise ValidationError(f"Choose a day up to {today + LONGEST_LIFE}.")
        return day

    def expires_at(self) -> datetime | None:
        """Of a valid form. A day is one of the creator's zone, to its end."""
        expires = self.cleaned_data["expires"]
        if expires == "never":
            return None
        if expires == ON_A_DATE:
            return end_of(self.cleaned_data["day"])
        return timezone.now().replace(microsecond=0) + timedelta(days=int(expires))


class TokenListForm(forms.Form):
    after = forms.IntegerField(required=False)


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), timezone.get_current_timezone())
