"""Who may sign in: active members, by e-mail, whatever its case."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest

from sessions.models import Organisation, User
from sessions.postgresql.joins import columns_of, next_of
from sessions.postgresql.prepared import prepared_cursor

FIND = f"""
SELECT {columns_of(User, Organisation)}, ARRAY(
    SELECT history_apitoken.id FROM history_apitoken WHERE history_apitoken.creator_id = history_user.id
)
FROM history_user JOIN history_organisation ON history_organisation.id = history_user.organisation_id
WHERE history_user.id = $1 AND history_user.is_active AND history_user.can_sign_in
"""


class EmailBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: object
    ) -> User | None:
        if not username or password is None:
            return None
        member = User.objects.with_email(username).filter(can_sign_in=True, is_active=True).first()
        if member is None:
            make_password(password)  # as slow as for a member, so that times do not tell who is one
            return None
        if check_password(password, member.password, setter=member.set_password):
            return member
        return None

    def get_user(self, user_id: int) -> User | None:
        """Asked at every request: whoever is deactivated is out at once."""
        with prepared_cursor() as cursor:
            cursor.execute(FIND, [user_id])
            row = cursor.fetchone()
        if row is None:
            return None
        values = iter(row)
        member = next_of(User, values)
        member.organisation = next_of(Organisation, values)
        member.token_ids = next(values)
        return member
