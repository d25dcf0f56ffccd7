"""The sessions before and after one that are of the same person, device or app."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sessions.models import User
from sessions.models.dimensions import Kind
from sessions.models.keys import key
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.clauses import Clauses
from sessions.query.criteria.groups import COLUMNS
from sessions.query.criteria.order import NEWEST_FIRST, Position
from sessions.query.criteria.visibility import visible_to
from sessions.query.plans.find import find
from sessions.query.plans.search import Search

EACH_SIDE = 2
# How many sessions of the person, device or app are checked for ones that the viewer may see.
LOOK_ROWS = 250

Relation = Literal["user", "device", "app"]
KINDS: dict[Relation, Kind] = {"user": Kind.USER, "device": Kind.DEVICE, "app": Kind.APP}


class Row(NamedTuple):
    """A session of the same person, device model or app, whose id is `shared_id`. `number` counts from the session."""

    relation: Relation
    is_later: bool
    number: int
    is_visible: bool
    id: UUID
    shared_id: int
    occurred_at: datetime


def related_ids(viewer: User, session_id: UUID) -> dict[Relation, list[UUID]]:
    """The sessions around one that the viewer may see: up to EACH_SIDE later and earlier ones, newest first.

    It takes one statement, by the indexes session_user, session_device and session_app. A side is searched as a list is
    only if most of its sessions are hidden from the viewer.
    """
    criteria = visible_to(viewer)
    rows = 1 + (EACH_SIDE if criteria.visibility.own is None else LOOK_ROWS)
    sides = " UNION ALL ".join(
        f"({_sql_side(relation, is_later, criteria.sql_matches(), rows)})"
        for relation in KINDS
        for is_later in (True, False)
    )
    found = [Row(*row) for row in fetch_all(f"{SHARED} {sides}", criteria.parameters | {"id": session_id})]
    related: dict[Relation, list[UUID]] = {}
    for relation in KINDS:
        later, earlier = (
            _side(viewer, session_id, [row for row in found if (row.relation, row.is_later) == (relation, side)], rows)
            for side in (True, False)
        )
        related[relation] = [*reversed(later), session_id, *earlier]
    return related


# A model of a device can have several rows, which differ by its type.
SHARED = """
WITH shared AS MATERIALIZED (
    SELECT s.occurred_at, s.id, ARRAY[s.user_id] AS users, ARRAY[s.app_id] AS apps, ARRAY(
        SELECT same.id FROM history_device one JOIN history_device same USING (organisation_id, manufacturer, model)
        WHERE one.id = s.device_id
    ) AS devices
    FROM history_session s WHERE s.id = %(id)s
)
"""


def _sql_side(relation: Relation, is_later: bool, sql_matches: str, rows: int) -> str:
    """The session itself, if it is one of them, and its neighbours on one side."""
    column = COLUMNS[KINDS[relation]]
    sign, way = (">=", "ASC") if is_later else ("<=", "DESC")
    return f"""
        SELECT '{relation}', {is_later}, number, matches, looked.id, shared_id, looked.occurred_at
        FROM shared CROSS JOIN LATERAL unnest(shared.{relation}s) AS shared_id CROSS JOIN LATERAL (
            SELECT row_number() OVER () AS number, ({sql_matches}) AS matches, s.id, s.occurred_at
            FROM (
                SELECT * FROM history_session s
                WHERE {column} = shared_id AND (s.occurred_at, s.id) {sign} (shared.occurred_at, shared.id)
                ORDER BY s.occurred_at {way}, s.id {way} LIMIT {rows}
            ) s
        ) looked
        WHERE matches OR number = {rows}
    """


def _side(viewer: User, session_id: UUID, looked: list[Row], rows: int) -> list[UUID]:
    """The ids next to the session, the nearest first."""
    itself = next((row for row in looked if row.id == session_id), None)
    others = [row for row in looked if row.is_visible and row.id != session_id]
    others.sort(key=lambda row: (row.occurred_at, row.id), reverse=not (looked and looked[0].is_later))
    if itself is None or len(others) >= EACH_SIDE or all(row.number < rows for row in looked):
        return [row.id for row in others[:EACH_SIDE]]
    keys = [key(KINDS[row.relation], row.shared_id) for row in looked]
    order = NEWEST_FIRST.reversed() if itself.is_later else NEWEST_FIRST
    position = Position((itself.occurred_at,), session_id)
    search = Search(visible_to(viewer).asking(Clauses().having(keys)), order, position, EACH_SIDE)
    return [one.id for one in find(search)]
