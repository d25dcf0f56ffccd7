"""Which days were written to: what was counted of them ahead (`sessions.usage.roll_up`) holds no longer.

Each writer notes the UTC days of its sessions, and those that they leave, in its own transaction, under the lock that
it shares with those who add facets. Whoever counts takes that lock alone to read and remove the notes, and counts what
is committed from then on: so a write is either counted, or its day is noted again. The note is an INSERT that finds one
that is there already by the index, and not by the writer's snapshot, which may be older than the lock.
"""

from collections.abc import Iterable
from datetime import UTC, date

from django.db import connection

from sessions.contract.schema import SessionLine
from sessions.ingest.writing.facets import HELD, facets_lock


def sql_day(moment: str) -> str:
    return f"({moment} AT TIME ZONE 'UTC')::date"


def day_of(line: SessionLine) -> date:
    """The UTC day that a session counts on; it is normalised."""
    moment = line.started_at or line.requested_at
    assert moment is not None
    return moment.astimezone(UTC).date()


# Sorted, so that concurrent writers wait for each other and never deadlock. One index probe where the note is there.
INSERT_CHANGED_DAYS = """
INSERT INTO history_changedday (organisation_id, day)
SELECT {organisation}::bigint, changed.day FROM held, ({days}) AS changed (day) WHERE changed.day IS NOT NULL ORDER BY 2
ON CONFLICT DO NOTHING
"""
HOLD_AND_INSERT_CHANGED_DAYS = HELD + INSERT_CHANGED_DAYS.format(organisation="%s", days="SELECT unnest(%s::date[])")


def note_changed(organisation_id: int, days: Iterable[date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD_AND_INSERT_CHANGED_DAYS, [facets_lock(organisation_id), organisation_id, sorted(set(days))])
