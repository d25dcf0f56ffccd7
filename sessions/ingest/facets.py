"""Which values occur among whose sessions: written beside the sessions, read by the filters' options."""

from collections.abc import Iterable

from django.db import connection

from sessions.ingest.rows import Row
from sessions.keys import Kind, key, value_key

INSERT_FACETS = """
INSERT INTO history_facet (owner, value)
SELECT given.owner, given.value FROM held, unnest({owners}::bigint[], {values}::bigint[]) AS given (owner, value)
ON CONFLICT DO NOTHING
"""
# The lock keeps a purge from removing, until this transaction ends, a facet that it has found to be there.
HELD = "WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%s))"
HOLD_AND_INSERT_FACETS = HELD + INSERT_FACETS.format(owners="%s", values="%s")

FACETS_LOCK = 7_305_115 << 32

Facets = set[tuple[int, int]]


def facets_lock(organisation_id: int) -> int:
    """The advisory lock: shared by those who add facets of the organisation or note its changed days, exclusive to
    whoever removes some."""
    return FACETS_LOCK | organisation_id


def add_facets(organisation_id: int, sessions: Iterable[Row]) -> None:
    """Sorted, so that concurrent imports insert in one order and never deadlock."""
    facets = facets_of(organisation_id, sessions)
    if facets:
        owners, values = zip(*sorted(facets), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(HOLD_AND_INSERT_FACETS, [facets_lock(organisation_id), list(owners), list(values)])


def facets_of(organisation_id: int, sessions: Iterable[Row]) -> Facets:
    """The (owner, value) pairs of rows that have the ids of a user, token, app, device and system, and a platform."""
    organisation = key(Kind.ORGANISATION, organisation_id)
    facets: Facets = set()
    for row in sessions:
        user = key(Kind.USER, row["user_id"]) if row["user_id"] else None
        token = key(Kind.TOKEN, row["token_id"]) if row["token_id"] else None
        values = [user, token]
        values += [
            key(kind, row[column]) if row[column] else None
            for kind, column in ((Kind.APP, "app_id"), (Kind.DEVICE, "device_id"), (Kind.OS, "os_id"))
        ]
        if row["platform"]:
            values.append(value_key(Kind.PLATFORM, organisation_id, row["platform"]))
        facets |= {(owner, value) for owner in (organisation, user, token) if owner for value in values if value}
    return facets
