import uuid

import msgspec

from sessions.contract import schema
from sessions.models import User
from sessions.postgresql.fetching import fetch_prepared
from sessions.query.criteria.visibility import visible_to
from sessions.query.rows import json_rows


def find_session(viewer: User, session_id: uuid.UUID) -> schema.Session | None:
    """One session, or None if there is none or the viewer may not see it."""
    text = find_session_json(viewer, session_id)
    return msgspec.json.decode(text, type=schema.Session) if text else None


def find_named(viewer: User, name: str) -> schema.Session | None:
    """One session by its id or by its producer's external id."""
    try:
        found = find_session(viewer, uuid.UUID(name))
    except ValueError:
        found = None
    return found or find_session(viewer, viewer.organisation.session_id(name))


def find_session_json(viewer: User, session_id: uuid.UUID) -> str | None:
    criteria = visible_to(viewer)
    rows = fetch_prepared(
        json_rows(f"s.id = %(id)s AND {criteria.sql_range()} AND {criteria.sql_matches()}"),
        criteria.parameters | {"id": session_id},
    )
    return rows[0][0] if rows else None
