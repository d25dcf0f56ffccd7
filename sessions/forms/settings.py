"""What people set for themselves, and admins for their organisation."""

from copy import copy
from datetime import timedelta
from typing import Any

from django import forms

from sessions.forms.time_zone import TimeZoneField
from sessions.forms.username import UsernameField
from sessions.models import Organisation, User
from sessions.models.organisation import LONGEST_RETENTION_DAYS
from sessions.retention.policy import Due, due

WEEK_IN_MINUTES = 7 * 24 * 60


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    username = UsernameField("nickname")
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

    retention_days = forms.IntegerField(
        label="Keep sessions for, in days",
        required=False,
        min_value=1,
        max_value=LONGEST_RETENTION_DAYS,
        help_text="Older ones are deleted for good, with their events and files, also those still open. "
        "Empty keeps them for ever.",
    )
    # The days to which the admin has agreed, having read how many sessions go.
    agreed_days = forms.IntegerField(required=False)

    class Meta:
        model = Organisation
        fields = ["name", "time_zone", "retention_days"]

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._viewer = viewer
        self.initial["lost_after_minutes"] = max(1, round(self.instance.lost_after.total_seconds() / 60))
        self.due = due(viewer, self.instance)
        self.asked: Due | None = None

    def clean(self) -> dict[str, Any] | None:
        """Who shortens the retention is told first what that deletes."""
        cleaned = super().clean()
        days, before = self.cleaned_data.get("retention_days"), self.initial["retention_days"]
        is_shorter = days is not None and (before is None or days < before)
        if is_shorter and not self.errors and days != self.cleaned_data.get("agreed_days"):
            changed = copy(self.instance)
            changed.retention_days, changed.time_zone = days, self.cleaned_data["time_zone"]
            would_go = due(self._viewer, changed)
            if would_go and would_go.count.value:
                self.asked = would_go
                self.add_error("retention_days", "Read below what this deletes, and agree to it.")
        return cleaned

    def save(self, commit: bool = True) -> Organisation:
        organisation: Organisation = self.instance
        if "lost_after_minutes" in self.changed_data:  # else seconds set elsewhere would be rounded away
            organisation.lost_after = timedelta(minutes=self.cleaned_data["lost_after_minutes"])
        organisation.save(update_fields=[*self.Meta.fields, "lost_after"])
        return organisation
