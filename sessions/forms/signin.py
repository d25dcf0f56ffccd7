"""The forms of signing in and of passwords."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth_forms
from django.http import HttpRequest

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


class PasswordSetForm(auth_forms.SetPasswordForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    new_password1 = NEW_PASSWORD
    new_password2 = NEW_PASSWORD_AGAIN

    def save(self, commit: bool = True) -> User:
        return _save_password(self.user, self.cleaned_data["new_password1"])


class PasswordChangeForm(auth_forms.PasswordChangeForm):
    old_password = forms.CharField(
        label="Current password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new_password1 = NEW_PASSWORD
    new_password2 = NEW_PASSWORD_AGAIN

    def save(self, commit: bool = True) -> User:
        return _save_password(self.user, self.cleaned_data["new_password1"])


def _save_password(member: User, password: str) -> User:
    """Only the password: Django's own save would reactivate whoever was deactivated meanwhile."""
    member.set_password(password)
    member.save(update_fields=["password"])
    return member


class PasswordResetForm(auth_forms.PasswordResetForm):
    email = EmailField("username", autofocus=True)

    def get_users(self, email: str) -> Iterable[User]:
        """Those who may sign in; also the invited, whose first link may be lost."""
        return User.objects.with_email(email).filter(can_sign_in=True, is_active=True)
