"""What people set for themselves, and admins for their organisation."""

from datetime import timedelta
from typing import Any

from django import forms

from sessions.forms.time_zone import TimeZoneField
from sessions.models import Organisation, User

WEEK_IN_MINUTES = 7 * 24 * 60


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    username = forms.CharField(
        required=False, max_length=150, widget=forms.TextInput(attrs={"autocomplete": "nickname"})
    )
    time_zone = TimeZoneField(label="Time zone", required=False)

    class Meta:
        model = User
        fields = ["username", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.instance.organisation.time_zone
        self.fields["time_zone"].help_text = f"Every time is shown in it. Empty means the organisation's, {zone}."
        self.fields["time_zone"].widget.attrs["placeholder"] = zone

    def save(self, commit: bool = True) -> User:
        """Only these fields: whoever was deactivated meanwhile stays so."""
        member: User = self.instance
        member.save(update_fields=self.Meta.fields)
        return member


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    time_zone = TimeZoneField(
        label="Time zone", help_text="For everyone who has chosen none. Days in filters and charts are days of it."
    )
    lost_after_minutes = forms.IntegerField(
        label="Lost after, in minutes",
        min_value=1,
        max_value=WEEK_IN_MINUTES,
        help_text="An open session that has sent nothing for longer is shown as “Lost contact”.",
    )

    class Meta:
        model = Organisation
        fields = ["name", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["lost_after_minutes"] = max(1, round(self.instance.lost_after.total_seconds() / 60))

    def save(self, commit: bool = True) -> Organisation:
        organisation: Organisation = self.instance
        if "lost_after_minutes" in self.changed_data:  # else seconds set elsewhere would be rounded away
            organisation.lost_after = timedelta(minutes=self.cleaned_data["lost_after_minutes"])
        organisation.save(update_fields=[*self.Meta.fields, "lost_after"])
        return organisation
