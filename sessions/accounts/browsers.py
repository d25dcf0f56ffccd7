"""Where Django keeps who is signed in with which browser: its own table, read at every request."""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from sessions.postgresql.prepared import prepared_cursor

FIND = "SELECT session_data FROM django_session WHERE session_key = $1 AND expire_date > $2"


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        with prepared_cursor() as cursor:
            cursor.execute(FIND, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        # What is to be done without one, Django knows.
        return self.decode(row[0]) if row else super().load()
