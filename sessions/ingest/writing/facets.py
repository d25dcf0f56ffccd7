"""Facets: which values occur in whose sessions. Written with the sessions, they are what the filters' options read."""

from collections.abc import Iterable, Iterator, Sequence

from django.db import connection

from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.rows import Row
from sessions.models.dimensions import FACETS, Kind
from sessions.models.keys import key, sql_text_ident, value_key
from sessions.postgresql.prepared import as_array, as_text_array

# An owner's key, a value's, and a text. The value of a text has the id 0 here, since PostgreSQL computes it.
Facet = tuple[int, int, str]
Facets = set[Facet]


def sql_value(organisation: str) -> str:
    """The key of a value that is given so, with the `text`."""
    return f"(CASE text WHEN '' THEN value ELSE value | {sql_text_ident('text', organisation)} END)"


# They come sorted, so that concurrent imports insert in one order and never deadlock.
INSERT_FACETS = f"""
INSERT INTO history_facet (owner, value, text)
SELECT owner, {sql_value("{organisation}::bigint")}, text
FROM held, unnest({{owners}}::bigint[], {{values}}::bigint[], {{texts}}::text[]) AS given (owner, value, text)
ON CONFLICT DO NOTHING
"""
# Until this transaction ends, the lock keeps a purge from removing a facet that this statement found to exist.
HOLD = "SELECT pg_advisory_xact_lock_shared(%s)"
HELD = f"WITH held AS MATERIALIZED ({HOLD})"
HOLD_AND_INSERT_FACETS = HELD + INSERT_FACETS.format(organisation="%s", owners="%s", values="%s", texts="%s")

REMOVALS = "SELECT facet_removals FROM history_organisation WHERE id = %s"
# Fewer facets than these are all written: to look up which are known takes more statements.
FEW_FACETS = 100

FACETS_LOCK = 7_305_115 << 32


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
            given = as_arrays(sorted(facets)).values()
            cursor.execute(HOLD_AND_INSERT_FACETS, [lock, catalogue.organisation_id, *given])


def as_arrays(facets: Sequence[Facet]) -> dict[str, str]:
    owners, values, texts = zip(*facets, strict=True) if facets else ((), (), ())
    return {"owners": as_array(owners), "values": as_array(values), "texts": as_text_array(texts)}


def facets_of(organisation_id: int, sessions: Iterable[Row]) -> Facets:
    facets: Facets = set()
    for _ in noted(facets, organisation_id, sessions):
        pass
    return facets


def noted(facets: Facets, organisation_id: int, sessions: Iterable[Row]) -> Iterator[Row]:
    """Yields the rows, which have the column of each dimension with facets.

    Once all have been read, their facets are among the `facets`.
    """
    # Unpacked once: every row of an import passes here.
    columns = [
        (one, one.column, key(one.kind, 0), {word: value_key(one.kind, organisation_id, word) for word in one.words})
        for one in FACETS
    ]
    occurring: set[tuple[int, str]] = set()
    for row in sessions:
        owners: list[int] = []
        values: list[tuple[int, str]] = []
        for dimension, column, first, words in columns:
            if not (value := row[column]):
                continue
            if dimension.table:
                values.append((first | value, ""))
            else:
                values.append((words[value], "") if words else (first, value))
            if dimension.is_owner:
                owners.append(first | value)
        occurring.update(values)
        for owner in owners:
            facets.update([(owner, value, text) for value, text in values])
        yield row
    organisation = key(Kind.ORGANISATION, organisation_id)
    facets.update([(organisation, value, text) for value, text in occurring])
