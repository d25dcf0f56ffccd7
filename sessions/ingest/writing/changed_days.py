"""Notes the days that were written to: what was counted of them ahead (`sessions.usage.roll_up`) no longer holds.

Each writer notes the UTC days of its sessions, and the days that these leave, in its own transaction, under the lock
that it shares with those who add facets. A roll-up takes the lock exclusively to read and remove the notes, and then
counts what is committed: so a write is either counted, or its day is noted again. The note is an INSERT, which finds an
existing note by the index and not by the writer's snapshot, which may be older than the lock.
"""

from collections.abc import Iterable
from datetime import UTC, date

from django.db import connection

from sessions.contract.schema import SessionLine
from sessions.ingest.writing.facets import HELD, facets_lock


def sql_day(moment: str) -> str:
    return f"({moment} AT TIME ZONE 'UTC')::date"


def day_of(line: SessionLine) -> date:
    """The UTC day on which a normalised session counts."""
    moment = line.started_at or line.requested_at
    assert moment is not None
    return moment.astimezone(UTC).date()


# Sorted, so that concurrent writers wait for each other and never deadlock. An existing note takes one index probe.
INSERT_CHANGED_DAYS = """
INSERT INTO history_changedday (organisation_id, day)
SELECT {organisation}::bigint, changed.day FROM held, ({days}) AS changed (day) WHERE changed.day IS NOT NULL ORDER BY 2
ON CONFLICT DO NOTHING
"""
HOLD_AND_INSERT_CHANGED_DAYS = HELD + INSERT_CHANGED_DAYS.format(organisation="%s", days="SELECT unnest(%s::date[])")


def note_changed(organisation_id: int, days: Iterable[date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD_AND_INSERT_CHANGED_DAYS, [facets_lock(organisation_id), organisation_id, sorted(set(days))])
