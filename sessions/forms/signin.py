"""The forms of signing in and of passwords."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth_forms
from django.db import transaction
from django.http import HttpRequest

from sessions.accounts.mail import ask_for_reset
from sessions.accounts.tokens import revoke_all, working_tokens
from sessions.forms.email import EmailField
from sessions.models import User


class SignInForm(forms.Form):
    email = EmailField("username", autofocus=True)
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user: User | None = None
        super().__init__(*args, **kwargs)

    def clean(self) -> None:
        """Says that one of the two is wrong, not which: addresses are not to be tried out."""
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if not email or not password:
            return
        user = authenticate(self.request, username=email, password=password)
        if not isinstance(user, User):
            self.add_error("password", "The e-mail or the password is wrong.")
            return
        self.user = user


# Of tokens that a new password may end.
LABELS_NAMED = 5

# By AUTH_PASSWORD_VALIDATORS, in one sentence instead of Django's three.
WHAT_IS_DEMANDED = "At least 10 characters; not one that many people use, and not like your e-mail."

NEW_PASSWORD = forms.CharField(
    label="New password",
    strip=False,
    max_length=1000,
    help_text=WHAT_IS_DEMANDED,
    widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
)
NEW_PASSWORD_AGAIN = forms.CharField(
    label="New password again",
    strip=False,
    max_length=1000,
    widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
)


class RevokeTokensField(forms.BooleanField):
    """Whoever knew the old password may have made a token, or read one. Left out for those who have none."""

    def __init__(self) -> None:
        super().__init__(required=False)

    @staticmethod
    def offer(form: forms.BaseForm, member: User) -> None:
        labels = [token.label for token in working_tokens(member)]
        if not labels:
            del form.fields["revoke_tokens"]
            return
        field = form.fields["revoke_tokens"]
        field.label = f"Also revoke {'the token' if len(labels) == 1 else f'all {len(labels)} tokens'}"
        more = f" and {len(labels) - LABELS_NAMED} more" if len(labels) > LABELS_NAMED else ""
        field.help_text = f"{', '.join(labels[:LABELS_NAMED])}{more}. Otherwise programs that have one go on as before."


class PasswordSetForm(auth_forms.SetPasswordForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    new_password1 = NEW_PASSWORD
    new_password2 = NEW_PASSWORD_AGAIN
    revoke_tokens = RevokeTokensField()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        RevokeTokensField.offer(self, user)

    def save(self, commit: bool = True) -> User:
        return _save_password(self.user, self.cleaned_data)


class PasswordChangeForm(auth_forms.PasswordChangeForm):
    old_password = forms.CharField(
        label="Current password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new_password1 = NEW_PASSWORD
    new_password2 = NEW_PASSWORD_AGAIN
    revoke_tokens = RevokeTokensField()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        RevokeTokensField.offer(self, user)

    def save(self, commit: bool = True) -> User:
        return _save_password(self.user, self.cleaned_data)


def _save_password(member: User, said: dict[str, Any]) -> User:
    """Only the password: Django's own save would reactivate whoever was deactivated meanwhile.

    Raises IntegrityError if the address has come to sign in to another organisation.
    """
    with transaction.atomic():
        member.set_password(said["new_password1"])
        member.save(update_fields=["password"])
        if said.get("revoke_tokens"):
            revoke_all(member)
    return member


class PasswordResetForm(auth_forms.PasswordResetForm):
    email = EmailField("username", autofocus=True)

    def save(self, *args: Any, **options: Any) -> None:
        """Ask for the mail, whoever has the address or nobody: the same work for each."""
        ask_for_reset(self.cleaned_data["email"])
