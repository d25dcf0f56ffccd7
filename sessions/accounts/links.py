"""The links under which somebody sets a password: of an invitation, and of a forgotten password."""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from sessions.models import User


class LinkTokens(PasswordResetTokenGenerator):
    """Django's, and a link dies when its person is deactivated, as cookies do."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.cookie_version}"


link_tokens = LinkTokens()


def password_set_path(member: User) -> str:
    """The path where `member` sets a password, once and for PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(member.pk))
    return reverse("password_set", kwargs={"uidb64": uid, "token": link_tokens.make_token(member)})


def password_set_url(member: User) -> str:
    """The whole link, for mails and commands: of SITE_URL alone, since a request's Host is whatever was sent."""
    return f"{settings.SITE_URL}{password_set_path(member)}"
