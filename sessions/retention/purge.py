"""Sessions that are due, oldest first, batch by batch: each batch is a transaction of its own, with all that is theirs.

Stopped at any moment, what was committed is gone and the rest is as it was. Files stay in the storage for now
(`files`). A session that somebody writes to just now is left to the next purge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from sessions.ingest.writing.changed_days import note_changed
from sessions.ingest.writing.facets import facets_of
from sessions.models import Organisation
from sessions.models.dimensions import FACETS
from sessions.postgresql.bounded import bounded
from sessions.retention.facets import Forgetting

BATCH_SESSIONS = 300
# Index session_newest backwards, from the place of the batch before on: the entries of what is deleted already
# are not read again. An open session is due like any other.
BATCH = f"""
SELECT s.occurred_at, s.id, {", ".join(f"s.{dimension.column}" for dimension in FACETS)}
FROM history_session s
WHERE s.organisation_id = %(organisation)s AND s.occurred_at < %(before)s
  AND (s.occurred_at, s.id) > (%(place_value)s, %(place_id)s)
ORDER BY s.occurred_at, s.id LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""
# All by the leading column of their primary keys.
DELETE_ATTACHMENTS = """
WITH deleted AS (
    DELETE FROM history_attachment WHERE session_id = ANY(%(ids)s) RETURNING storage_name
), removed AS (
    INSERT INTO history_removedfile (storage_name) SELECT DISTINCT storage_name FROM deleted WHERE storage_name <> ''
    ON CONFLICT (storage_name) DO UPDATE SET removed_at = excluded.removed_at
    RETURNING 1
)
SELECT (SELECT count(*) FROM deleted), (SELECT count(*) FROM removed)
"""
DELETE_EVENTS = "DELETE FROM history_event WHERE session_id = ANY(%(ids)s)"
DELETE_SESSIONS = "DELETE FROM history_session WHERE id = ANY(%(ids)s)"
COUNT = """
SELECT count(*), min(occurred_at) FROM history_session WHERE organisation_id = %(organisation)s
AND occurred_at < %(before)s
"""

Place = tuple[datetime | str, UUID]
BEGINNING: Place = ("-infinity", UUID(int=0))


@dataclass
class Purged:
    """How much is gone. `files` counts those of the storage, which `clean_storage` deletes some time later."""

    sessions: int = 0
    events: int = 0
    attachments: int = 0
    files: int = 0

    def add(self, other: "Purged") -> None:
        self.sessions += other.sessions
        self.events += other.events
        self.attachments += other.attachments
        self.files += other.files


def count_all(organisation: Organisation, before: datetime) -> tuple[int, datetime | None]:
    """How many sessions are due, and when the oldest took place. Reads all their index entries: not for a page."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"organisation": organisation.pk, "before": before})
        number, oldest = cursor.fetchone()
    return number, oldest


def purge(organisation: Organisation, before: datetime, batch_sessions: int = BATCH_SESSIONS) -> Iterator[Purged]:
    """After each batch what is gone. Raises OperationalError."""
    forgetting = Forgetting(organisation, before)
    place = BEGINNING
    while True:
        batch = bounded(partial(_batch, organisation, before, place, batch_sessions, forgetting))
        if batch.purged.sessions:
            yield batch.purged
        if batch.purged.sessions < batch_sessions:
            return
        place = batch.last


@dataclass(frozen=True)
class _Batch:
    purged: Purged
    last: Place


def _batch(organisation: Organisation, before: datetime, place: Place, limit: int, forgetting: Forgetting) -> _Batch:
    """Delete the next sessions after the place, and note their files as removed."""
    asked: dict[str, Any] = {"organisation": organisation.pk, "before": before, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(BATCH, asked | {"place_value": place[0], "place_id": place[1]})
        columns = [column.name for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        if not rows:
            return _Batch(Purged(), place)
        ids = {"ids": [row["id"] for row in rows]}
        cursor.execute(DELETE_ATTACHMENTS, ids)
        attachments, files = cursor.fetchone()
        cursor.execute(DELETE_EVENTS, ids)
        events = cursor.rowcount
        cursor.execute(DELETE_SESSIONS, ids)
    forgetting.forget(facets_of(organisation.pk, rows))
    note_changed(organisation.pk, (row["occurred_at"].astimezone(UTC).date() for row in rows))
    last = rows[-1]["occurred_at"], rows[-1]["id"]
    return _Batch(Purged(len(rows), events, attachments, files), last)
