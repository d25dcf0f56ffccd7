"""Finding, inviting and changing members."""

from django import forms
from django.http import QueryDict

from sessions.accounts.members import MemberState
from sessions.contract.choices import Role
from sessions.forms.email import EmailField
from sessions.forms.username import UsernameField
from sessions.models import User

ROLE_HELP = (
    "An admin sees every session and manages the organisation; a developer sees the own sessions and may make "
    "tokens; a user sees the own sessions."
)


class MemberSearchForm(forms.Form):
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=254,
        widget=forms.SearchInput(attrs={"class": "input", "placeholder": "E-mail or username"}),
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any state"), *MemberState.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)


class InvitationForm(forms.Form):
    email = EmailField("off", autofocus=True)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.USER, help_text=ROLE_HELP)

    def clean_email(self) -> str:
        """The domain in lower case, so that it is stored the way it is shown elsewhere."""
        name, _, domain = self.cleaned_data["email"].rpartition("@")
        return f"{name}@{domain.lower()}"


class UsernameForm(forms.Form):
    username = UsernameField("off")

    def __init__(self, member: User, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"username": member.username})
        self.fields["username"].help_text = (
            "Sessions do not change it; the member can, in the profile."
            if member.can_sign_in
            else "The next session by this e-mail that names another username changes it again."
        )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices, help_text=ROLE_HELP)
