"""Names that filters offer, and that no session has any more.

A name goes with the first batch that has it, when no session that is kept has it: sessions that
are due no longer count. So each name is asked about once a purge, not once a batch.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from sessions.ingest.facets import Facets, facets_lock
from sessions.keys import KIND_BITS, PERIOD_BITS, PERIOD_SECONDS, Kind, period_of
from sessions.models import Organisation

# Names a purge remembers, at some 200 bytes each.
MOST_REMEMBERED = 200_000


def _sql_some(*keys: str) -> str:
    """Whether a kept session of `period` has all of these keys.

    Materialised: for one row of many a planner would read the table from its beginning.
    """
    return f"""EXISTS (
        WITH holding AS MATERIALIZED (
            SELECT FROM history_session s
            WHERE s.keys @> ARRAY[{", ".join(f"period << {PERIOD_BITS} | {key}" for key in keys)}]
              AND s.occurred_at >= %(before)s
        )
        SELECT FROM holding
    )"""


# When the last session of each period took place that has one, newest first: a probe of session_newest each.
PERIODS = f"""
WITH RECURSIVE last (moment) AS (
    SELECT max(occurred_at) FROM history_session
    WHERE organisation_id = %(organisation)s AND occurred_at >= %(before)s
    UNION ALL
    SELECT (
        SELECT max(occurred_at) FROM history_session
        WHERE organisation_id = %(organisation)s AND occurred_at >= %(before)s
          AND occurred_at < to_timestamp(floor(extract(epoch FROM last.moment) / {PERIOD_SECONDS}) * {PERIOD_SECONDS})
    )
    FROM last WHERE last.moment IS NOT NULL
)
SELECT moment FROM last WHERE moment IS NOT NULL
"""
# Index session_keys, a period at a time. First in which periods an owner has sessions, then in those of them, newest
# first, whether one has the value: most people are seldom there, and what is gone is looked for in every period.
KEPT = f"""
WITH facet AS (
    SELECT * FROM unnest(%(owners)s::bigint[], %(values)s::bigint[]) AS facet (owner, value)
), lived AS MATERIALIZED (
    SELECT owner, array_agg(period ORDER BY period DESC) AS periods
    FROM (SELECT DISTINCT owner FROM facet) AS owners, unnest(%(periods)s::bigint[]) AS period
    WHERE owner >> {KIND_BITS} = {Kind.ORGANISATION:d} OR {_sql_some("owner")}
    GROUP BY owner
)
SELECT owner, value FROM facet JOIN lived USING (owner)
WHERE EXISTS (
    SELECT FROM unnest(periods) AS period
    WHERE {_sql_some("value", f"CASE owner >> {KIND_BITS} WHEN {Kind.ORGANISATION:d} THEN value ELSE owner END")}
)
"""
THESE = "(owner, value) IN (SELECT * FROM unnest(%(owners)s::bigint[], %(values)s::bigint[]))"
STORED = f"SELECT owner, value FROM history_facet WHERE {THESE}"
DELETE = f"DELETE FROM history_facet WHERE {THESE}"

# For imports, which remember what they have seen to be there.
COUNT_REMOVAL = "UPDATE history_organisation SET facet_removals = facet_removals + 1 WHERE id = %(organisation)s"


class Forgetting:
    """Of one organisation, while what took place before a moment is purged."""

    def __init__(self, organisation: Organisation, before: datetime) -> None:
        self._asked: dict[str, Any] = {"organisation": organisation.pk, "before": before}
        self._known_kept: Facets = set()

    def forget(self, facets: Facets) -> None:
        """Remove those of these that no kept session has. Call it last in the transaction that deletes sessions.

        No import is half-way through adding one of them then. Those that come wait for the end of this
        transaction, and write the facet anew.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [facets_lock(self._asked["organisation"])])
            stored = _facets(STORED, facets - self._known_kept)
            kept = self._kept(stored)
            if gone := stored - kept:
                cursor.execute(DELETE, _arrays(gone))
                cursor.execute(COUNT_REMOVAL, self._asked)
        if len(self._known_kept) + len(kept) > MOST_REMEMBERED:
            self._known_kept.clear()
        self._known_kept |= kept

    def _kept(self, facets: Facets) -> Facets:
        if not facets:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(PERIODS, self._asked)
            periods = [period_of(moment) for (moment,) in cursor.fetchall()]
        return _facets(KEPT, facets, **self._asked, periods=periods)


def _facets(statement: str, facets: Facets, **parameters: Any) -> Facets:
    with connection.cursor() as cursor:
        cursor.execute(statement, _arrays(facets) | parameters)
        return set(cursor.fetchall())


def _arrays(facets: Facets) -> dict[str, Any]:
    ordered = sorted(facets)
    return {"owners": [owner for owner, _ in ordered], "values": [value for _, value in ordered]}
