"""Names that filters offer, and that no session has any more.

A name goes with the first batch that has it, when no session that is kept has it: sessions that
are due no longer count. So each name is asked about once a purge, not once a batch.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from sessions.ingest.writing.facets import Facet, Facets, as_arrays, facets_lock, sql_value
from sessions.models import Organisation
from sessions.models.dimensions import OWNERS, Dimension, Kind
from sessions.models.keys import IDENT, KIND_BITS, PERIOD_BITS, PERIOD_SECONDS, period_of, sql_indexed_keys, sql_period

# Names a purge remembers, at some 80 bytes each: those that it meets first, which are the frequent ones.
MOST_REMEMBERED = 1_000_000


def _sql_some(*keys: str) -> str:
    """Whether a kept session of `period` has all of these keys.

    Materialised: for one row of many a planner would read the table from its beginning.
    """
    return f"""EXISTS (
        WITH holding AS MATERIALIZED (
            SELECT FROM history_session s
            WHERE {sql_indexed_keys()} @> ARRAY[{", ".join(f"period << {PERIOD_BITS} | {key}" for key in keys)}]
              AND s.occurred_at >= %(before)s
        )
        SELECT FROM holding
    )"""


def _sql_moments(condition: str) -> str:
    """When the last session of each period took place that has one, newest first: a probe of an index each."""
    newest = f"SELECT max(occurred_at) FROM history_session WHERE {condition} AND occurred_at >= %(before)s"
    period_start = f"to_timestamp(floor(extract(epoch FROM last.moment) / {PERIOD_SECONDS}) * {PERIOD_SECONDS})"
    return f"""
        WITH RECURSIVE last (moment) AS (
            SELECT ({newest})
            UNION ALL
            SELECT ({newest} AND occurred_at < {period_start}) FROM last WHERE last.moment IS NOT NULL
        )
        SELECT moment FROM last WHERE moment IS NOT NULL
    """


def _sql_lived(owner: Dimension) -> str:
    """In which periods owners of a kind have sessions, newest first, from their own index (session_user ...)."""
    return f"""
        SELECT owner, periods FROM owners CROSS JOIN LATERAL (
            SELECT array_agg({sql_period("moment")} ORDER BY moment DESC) AS periods
            FROM ({_sql_moments(f"{owner.column} = owner & {IDENT}")}) moments
        ) lived
        WHERE owner >> {KIND_BITS} = {owner.kind:d}
    """


# The facets that are asked about. The key of a text is computed, that of anything else is its value.
FACET = f"""
facet AS MATERIALIZED (
    SELECT *, {sql_value("%(organisation)s::bigint")} AS key
    FROM unnest(%(owners)s::bigint[], %(values)s::bigint[], %(texts)s::text[]) AS given (owner, value, text)
)
"""
PERIODS = _sql_moments("organisation_id = %(organisation)s")
# Index session_keys, a period at a time, newest first, of those in which the owner has sessions: most people are
# seldom there, and what is gone is looked for in every period.
KEPT = f"""
WITH {FACET}, owners AS MATERIALIZED (
    SELECT DISTINCT owner FROM facet
), lived AS MATERIALIZED (
    SELECT owner, %(periods)s::bigint[] AS periods FROM owners WHERE owner >> {KIND_BITS} = {Kind.ORGANISATION:d}
    UNION ALL {" UNION ALL ".join(map(_sql_lived, OWNERS))}
)
SELECT owner, value, text FROM facet JOIN lived USING (owner)
WHERE EXISTS (
    SELECT FROM unnest(periods) AS period
    WHERE {_sql_some("key", f"CASE owner >> {KIND_BITS} WHEN {Kind.ORGANISATION:d} THEN key ELSE owner END")}
)
"""
STORED = f"""
WITH {FACET}
SELECT facet.owner, facet.value, facet.text
FROM facet JOIN history_facet stored ON stored.owner = facet.owner AND stored.value = facet.key
"""
DELETE = f"""
WITH {FACET}
DELETE FROM history_facet stored USING facet WHERE stored.owner = facet.owner AND stored.value = facet.key
"""

# For imports, which remember what they have seen to be there.
COUNT_REMOVAL = "UPDATE history_organisation SET facet_removals = facet_removals + 1 WHERE id = %(organisation)s"


class Forgetting:
    """Of one organisation, while what took place before a moment is purged."""

    def __init__(self, organisation: Organisation, before: datetime) -> None:
        self._asked: dict[str, Any] = {"organisation": organisation.pk, "before": before}
        self._known_kept: set[int | Facet] = set()

    def forget(self, facets: Facets) -> None:
        """Remove those of these that no kept session has. Call it last in the transaction that deletes sessions.

        No import is half-way through adding one of them then. Those that come wait for the end of this
        transaction, and write the facet anew.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [facets_lock(self._asked["organisation"])])
            stored = self._facets(STORED, {facet for facet in facets if _packed(facet) not in self._known_kept})
            kept = self._kept(stored)
            if gone := stored - kept:
                cursor.execute(DELETE, self._asked | as_arrays(sorted(gone)))
                cursor.execute(COUNT_REMOVAL, self._asked)
        if len(self._known_kept) < MOST_REMEMBERED:
            self._known_kept.update(map(_packed, kept))

    def _kept(self, facets: Facets) -> Facets:
        if not facets:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(PERIODS, self._asked)
            periods = [period_of(moment) for (moment,) in cursor.fetchall()]
        return self._facets(KEPT, facets, periods=periods)

    def _facets(self, statement: str, facets: Facets, **parameters: Any) -> Facets:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._asked | as_arrays(sorted(facets)) | parameters)
            return set(cursor.fetchall())


def _packed(facet: Facet) -> int | Facet:
    """In half the memory, but for texts."""
    owner, value, text = facet
    return facet if text else owner << 64 | value
