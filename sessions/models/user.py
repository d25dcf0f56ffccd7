import zoneinfo
from collections.abc import Iterator
from functools import cached_property

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from sessions.contract.choices import Role
from sessions.contract.names import clean
from sessions.models.organisation import Organisation, validate_time_zone
from sessions.models.search_text import search_text

# Django marks a password that nobody has set by its first character.
HAS_PASSWORD = ~models.Q(password__startswith="!")  # noqa: S106  a mark, not a password


class UserManager(BaseUserManager["User"]):
    def with_email(self, email: str) -> "models.QuerySet[User]":
        """Whose address this is, whatever its case: as the unique indexes compare, and by them."""
        return self.alias(address=Lower("email")).filter(address=Lower(models.Value(clean(email))))

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.signing_in(username or "").get()

    def signing_in(self, email: str) -> "models.QuerySet[User]":
        """Whoever has set a password for this address, in whichever organisation: one at most."""
        return self.with_email(email).filter(HAS_PASSWORD, can_sign_in=True)


class User(AbstractBaseUser):
    """A member of one organisation. One known only from sessions cannot sign in until invited."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="members", db_index=False)
    email = models.EmailField(max_length=254, null=True, blank=True)
    username = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.USER)
    # Empty means the organisation's.
    time_zone = models.CharField(max_length=60, blank=True, validators=[validate_time_zone])
    is_active = models.BooleanField(default=True)
    can_sign_in = models.BooleanField(default=False)
    # Part of every cookie and link of this person: counted up, all that were given out before are void.
    cookie_version = models.IntegerField(db_default=0, default=0)
    # How this person sees the list: see `sessions.presenters.display`.
    list_display = models.JSONField(default=dict, blank=True, db_default={})
    # Ids of saved views. One that is gone, or no longer shared, is passed over. They stand here, and not in a table, so
    # that a page of somebody who uses none asks nothing.
    default_view = models.BigIntegerField(null=True, blank=True)
    pinned_views = ArrayField(models.BigIntegerField(), default=list, blank=True, db_default=[])
    created_at = models.DateTimeField(auto_now_add=True)
    search_text = search_text("email", "username")

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        indexes = [
            # A filter by person takes an e-mail or a username: with an index for each it reads those it names.
            models.Index("organisation", Lower("username"), name="user_username"),
        ]
        constraints = [
            models.UniqueConstraint("organisation", Lower("email"), name="user_email_per_organisation"),
            # Several organisations may invite an address; the first invitation that is accepted has it.
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(can_sign_in=True) & HAS_PASSWORD,
                name="user_email_of_those_with_password",
            ),
            models.UniqueConstraint(
                fields=["organisation", "username"], condition=models.Q(email=None), name="user_username_without_email"
            ),
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | ~models.Q(username=""), name="user_has_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(can_sign_in=False), name="user_signs_in_by_email"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role"),
            models.UniqueConstraint(fields=["organisation", "id"], name="user_organisation_id"),
        ]

    def __str__(self) -> str:
        return self.email or self.username

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    def get_session_auth_hash(self) -> str:
        return self._cookie_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._cookie_hash(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _cookie_hash(self, secret: str | bytes | None = None) -> str:
        """What a cookie must hold: it changes with the password, and when the person is deactivated."""
        value = f"{self.cookie_version}:{self.password}"
        return salted_hmac("sessions.cookie", value, secret=secret, algorithm="sha256").hexdigest()

    @cached_property
    def token_ids(self) -> list[int]:
        """The tokens this person made, whether they still work or not."""
        return list(self.tokens.values_list("pk", flat=True))

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone this person's times are shown in."""
        return zoneinfo.ZoneInfo(self.time_zone or self.organisation.time_zone)
