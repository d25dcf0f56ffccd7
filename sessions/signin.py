"""Who may sign in: active members, by e-mail, whatever its case."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest

from sessions.models import ApiToken, User


class EmailBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: object
    ) -> User | None:
        if not username or password is None:
            return None
        member = User.objects.filter(email__iexact=username, can_sign_in=True, is_active=True).first()
        if member is None:
            make_password(password)  # as slow as for a member, so that times do not tell who is one
            return None
        if check_password(password, member.password, setter=member.set_password):
            return member
        return None

    def get_user(self, user_id: int) -> User | None:
        """Asked at every request: whoever is deactivated is out at once."""
        tokens = ApiToken.objects.filter(creator=OuterRef("pk")).order_by().values("pk")
        members = User.objects.select_related("organisation").annotate(made=ArraySubquery(tokens))
        try:
            member = members.get(pk=user_id, is_active=True, can_sign_in=True)
        except User.DoesNotExist:
            return None
        member.token_ids = member.made
        return member
