"""Signs of life: every write to an open session is one.

A session whose producer says when it was last seen was seen then; otherwise it is now. One that is over
is seen no more: its duration must not grow when a flag is set a week later.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from sessions.contract.choices import OPEN_STATUSES
from sessions.contract.schema import SessionLine
from sessions.ingest.writing.changed_days import INSERT_CHANGED_DAYS, sql_day
from sessions.ingest.writing.facets import FACETS_LOCK

BEAT = f"""
WITH beaten AS (
    UPDATE history_session SET
        last_seen_at = greatest(last_seen_at, %(now)s),
        status = CASE WHEN status <> 'lost' THEN status WHEN started_at IS NULL THEN 'queued' ELSE 'active' END,
        updated_at = statement_timestamp()
    WHERE id = %(id)s AND status IN ('queued', 'active', 'lost') AND ended_at IS NULL
    RETURNING organisation_id, occurred_at
), held AS MATERIALIZED (
    SELECT organisation_id, pg_advisory_xact_lock_shared({FACETS_LOCK} | organisation_id) FROM beaten
)
{INSERT_CHANGED_DAYS.format(organisation="organisation_id", days=f"SELECT {sql_day('occurred_at')} FROM beaten")}
"""


def says_when_seen(line: SessionLine) -> bool:
    """Before it is normalised. A duration of what still runs says up to when it is known to run."""
    return line.last_seen_at is not None or line.duration_ms is not None


def seen_now(line: SessionLine, *, ends_now: bool = False) -> None:
    """A normalised session that says nothing of when it was last seen, and is open or `ends_now`."""
    assert line.last_seen_at is not None
    if line.status in OPEN_STATUSES or (ends_now and line.ended_at is None):
        line.last_seen_at = max(line.last_seen_at, timezone.now())


def beat(session_id: UUID, now: datetime) -> None:
    """What has been lost is back."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, {"id": session_id, "now": now})
