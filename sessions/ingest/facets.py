"""Which values occur among whose sessions: written beside the sessions, read by the filters' options."""

from collections.abc import Iterable

from django.db import connection

from sessions.ingest.rows import Row
from sessions.keys import Kind, key, value_key

INSERT_FACETS = """
INSERT INTO history_facet (owner, value) SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING
"""


def add_facets(organisation_id: int, sessions: Iterable[Row]) -> None:
    """Sorted, so that concurrent imports insert in one order and never deadlock."""
    organisation = key(Kind.ORGANISATION, organisation_id)
    facets: set[tuple[int, int]] = set()
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
    if facets:
        owners, values_ = zip(*sorted(facets), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(INSERT_FACETS, [list(owners), list(values_)])
