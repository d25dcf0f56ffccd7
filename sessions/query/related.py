"""The sessions around one in time, of the same person, device or app."""

from datetime import datetime
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from sessions.models import User
from sessions.models.keys import Kind, key
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.clauses import Clauses
from sessions.query.criteria.groups import COLUMNS
from sessions.query.criteria.order import NEWEST_FIRST, Position
from sessions.query.criteria.visibility import visible_to
from sessions.query.plans.find import find
from sessions.query.plans.search import Search

EACH_SIDE = 2
# So many sessions of the person, device or app are looked at for ones that the viewer may see.
LOOK_ROWS = 250

Relation = Literal["user", "device", "app"]
KINDS: dict[Relation, Kind] = {"user": Kind.USER, "device": Kind.DEVICE, "app": Kind.APP}


class Row(NamedTuple):
    """`number` counts the rows of this side, the session itself is 1; `shared_id` the person's, device's or app's."""

    relation: Relation
    is_later: bool
    number: int
    is_visible: bool
    id: UUID
    shared_id: int
    occurred_at: datetime


def related_ids(viewer: User, session_id: UUID) -> dict[Relation, list[UUID]]:
    """The sessions around one that the viewer may see: up to EACH_SIDE later and earlier ones, newest first.

    One statement, by the indexes session_user, session_device and session_app. Only where most of the sessions around
    are hidden from the viewer is a side looked for as a list is.
    """
    criteria = visible_to(viewer)
    rows = 1 + (EACH_SIDE if criteria.visibility.own is None else LOOK_ROWS)
    sides = " UNION ALL ".join(
        f"({_sql_side(relation, is_later, criteria.sql_matches(), rows)})"
        for relation in KINDS
        for is_later in (True, False)
    )
    found = [Row(*row) for row in fetch_all(f"{SHARED} {sides}", criteria.parameters | {"id": session_id})]
    return {
        relation: [
            *reversed(_side(viewer, [row for row in found if row.relation == relation and row.is_later], rows)),
            session_id,
            *_side(viewer, [row for row in found if row.relation == relation and not row.is_later], rows),
        ]
        for relation in get_args(Relation)
    }


SHARED = """
WITH shared AS MATERIALIZED (SELECT user_id, device_id, app_id, occurred_at, id FROM history_session WHERE id = %(id)s)
"""


def _sql_side(relation: Relation, is_later: bool, sql_matches: str, rows: int) -> str:
    """The session itself as number 1, so that a side has its id and time, then those next to it."""
    column = COLUMNS[KINDS[relation]]
    sign, way = (">=", "ASC") if is_later else ("<=", "DESC")
    return f"""
        SELECT '{relation}', {is_later}, number, matches, looked.id, shared_id, looked.occurred_at
        FROM shared CROSS JOIN LATERAL (
            SELECT row_number() OVER () AS number, ({sql_matches}) AS matches, s.id, {column} AS shared_id,
                   s.occurred_at
            FROM (
                SELECT * FROM history_session s
                WHERE {column} = shared.{column.removeprefix("s.")}
                  AND (s.occurred_at, s.id) {sign} (shared.occurred_at, shared.id)
                ORDER BY s.occurred_at {way}, s.id {way} LIMIT {rows}
            ) s
        ) looked
        WHERE matches OR number = {rows}
    """


def _side(viewer: User, looked: list[Row], rows: int) -> list[UUID]:
    """The ids next to the session, from it on."""
    found = [row.id for row in looked if row.is_visible and row.number > 1][:EACH_SIDE]
    if not looked or len(found) == EACH_SIDE or looked[-1].number < rows:
        return found
    first = looked[0]
    clauses = Clauses().having([key(KINDS[first.relation], first.shared_id)])
    order = NEWEST_FIRST.reversed() if first.is_later else NEWEST_FIRST
    position = Position((first.occurred_at,), first.id)
    return [one.id for one in find(Search(visible_to(viewer).asking(clauses), order, position, EACH_SIDE))]
