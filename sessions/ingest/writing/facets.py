"""Facets: which values occur in whose sessions. Written with the sessions, they are what the filters' options read."""

from collections.abc import Iterable, Iterator

from django.db import connection

from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.rows import Row
from sessions.models.dimensions import FACETS, Kind
from sessions.models.keys import key, value_key
from sessions.postgresql.prepared import as_array

# The pairs come sorted, so that concurrent imports insert in one order and never deadlock.
INSERT_FACETS = """
INSERT INTO history_facet (owner, value)
SELECT given.owner, given.value FROM held, unnest({owners}::bigint[], {values}::bigint[]) AS given (owner, value)
ON CONFLICT DO NOTHING
"""
# Until this transaction ends, the lock keeps a purge from removing a facet that this statement found to exist.
HOLD = "SELECT pg_advisory_xact_lock_shared(%s)"
HELD = f"WITH held AS MATERIALIZED ({HOLD})"
HOLD_AND_INSERT_FACETS = HELD + INSERT_FACETS.format(owners="%s", values="%s")

REMOVALS = "SELECT facet_removals FROM history_organisation WHERE id = %s"
# Fewer facets than these are all written: to look up which are known takes more statements.
FEW_FACETS = 100

FACETS_LOCK = 7_305_115 << 32

Facets = set[tuple[int, int]]


def facets_lock(organisation_id: int) -> int:
    """The number of an advisory lock. Those who add facets of the organisation or note its changed days share it;
    whoever removes either holds it alone."""
    return FACETS_LOCK | organisation_id


def add_facets(catalogue: Catalogue, facets: Facets) -> None:
    """Write those that the catalogue does not know yet: from batch to batch, nearly all are the same."""
    lock = facets_lock(catalogue.organisation_id)
    with connection.cursor() as cursor:
        if len(facets) > FEW_FACETS:
            # Two statements: what a statement sees is from before it waits for the lock.
            cursor.execute(HOLD, [lock])
            cursor.execute(REMOVALS, [catalogue.organisation_id])
            facets = catalogue.learn_facets(facets, *cursor.fetchone())
        if facets:
            owners, values = zip(*sorted(facets), strict=True)
            cursor.execute(HOLD_AND_INSERT_FACETS, [lock, as_array(owners), as_array(values)])


def facets_of(organisation_id: int, sessions: Iterable[Row]) -> Facets:
    facets: Facets = set()
    for _ in noted(facets, organisation_id, sessions):
        pass
    return facets


def noted(facets: Facets, organisation_id: int, sessions: Iterable[Row]) -> Iterator[Row]:
    """Yields the rows, which have the column of each dimension with facets.

    Once all have been read, their (owner, value) pairs are among the `facets`.
    """
    words = {
        dimension.kind: {word: value_key(dimension.kind, organisation_id, word) for word in dimension.words}
        for dimension in FACETS
        if dimension.vocabulary
    }
    # Unpacked once: every row of an import passes here.
    columns = [(one.column, key(one.kind, 0), words.get(one.kind), one.is_owner) for one in FACETS]
    occurring: set[int] = set()
    for row in sessions:
        owners, values = [], []
        for column, first, numbers, is_owner in columns:
            if value := row[column]:
                values.append(numbers[value] if numbers else first | value)
                if is_owner:
                    owners.append(values[-1])
        occurring.update(values)
        for owner in owners:
            facets.update([(owner, value) for value in values])
        yield row
    organisation = key(Kind.ORGANISATION, organisation_id)
    facets.update([(organisation, value) for value in occurring])
