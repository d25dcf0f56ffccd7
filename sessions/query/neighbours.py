"""The sessions before and after one in a list."""

from dataclasses import dataclass, replace
from uuid import UUID

from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.order import Position
from sessions.query.page import find_page
from sessions.query.request import ListRequest


@dataclass(frozen=True)
class Neighbours:
    """None where the list begins or ends."""

    previous: UUID | None
    next: UUID | None


def neighbours(request: ListRequest, session_id: UUID) -> Neighbours:
    """What stands around a session in the list that this request asks for, or would if the session met its filters.

    `session_id` is of a session that was found visible. Each side is found as a page of one row is.
    """
    rows = fetch_all(
        f"SELECT {request.order.sql_values()} FROM history_session s WHERE s.id = %(id)s", {"id": session_id}
    )
    if not rows:  # deleted since
        return Neighbours(None, None)
    one = replace(request, after=Position(tuple(rows[0]), session_id), limit=1)
    before = find_page(replace(one, is_backwards=True)).ids
    after = find_page(replace(one, is_backwards=False)).ids
    return Neighbours(before[0] if before else None, after[0] if after else None)
