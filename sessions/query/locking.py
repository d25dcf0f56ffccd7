"""A session that is about to change: whether the viewer may change it, and a lock on its row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sessions.models import User
from sessions.query.criteria.visibility import visible_to

IS_VISIBLE = "SELECT FROM history_session s WHERE s.id = %(id)s AND {range} AND {matches}"
HOLD = """
SELECT s.status, s.external_id, s.label, s.token_id, s.started_at, s.ended_at FROM history_session s
WHERE s.id = %(id)s AND {range} AND {matches} FOR UPDATE OF s
"""


@dataclass(frozen=True)
class Held:
    """The columns of a session's row on which a change depends. `status` is the stored one."""

    status: str
    external_id: str | None
    label: str | None
    token_id: int | None
    started_at: datetime | None
    ended_at: datetime | None


def is_visible(viewer: User, session_id: UUID) -> bool:
    return bool(_ask(IS_VISIBLE, viewer, id=session_id))


def hold(viewer: User, session_id: UUID) -> Held | None:
    """Lock the row until the transaction ends. None if the session does not exist or is not visible."""
    rows = _ask(HOLD, viewer, id=session_id)
    return Held(*rows[0]) if rows else None


def _ask(statement: str, viewer: User, **parameters: object) -> list[tuple[Any, ...]]:
    criteria = visible_to(viewer)
    sql = statement.format(range=criteria.sql_range(), matches=criteria.sql_matches())
    with connection.cursor() as cursor:
        cursor.execute(sql, criteria.parameters | parameters)
        return list(cursor.fetchall())
