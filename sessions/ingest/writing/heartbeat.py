"""Signs of life: every write to an open session is one.

A session whose producer says when it was last seen was seen then; otherwise it is now. One that is over
is seen no more: its duration must not grow when a flag is set a week later.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from sessions.contract.choices import OPEN_STATUSES
from sessions.contract.schema import SessionLine
from sessions.ingest.reading.clocks import is_heard
from sessions.ingest.writing.changed_days import INSERT_CHANGED_DAYS, sql_day
from sessions.ingest.writing.facets import FACETS_LOCK


def larger_skew(stored: str, sent: str) -> str:
    """Of a producer's clock, the largest difference that was noticed: the next request may say nothing of it."""
    return f"CASE WHEN abs({stored}) >= coalesce(abs({sent}), 0) THEN {stored} ELSE {sent} END"


BEAT = f"""
WITH beaten AS (
    UPDATE history_session SET
        last_seen_at = greatest(last_seen_at, %(now)s),
        clock_skew_ms = {larger_skew("clock_skew_ms", "%(skew)s::bigint")},
        status = CASE WHEN status <> 'lost' THEN status WHEN started_at IS NULL THEN 'queued' ELSE 'active' END,
        updated_at = statement_timestamp()
    WHERE id = %(id)s AND status IN ('queued', 'active', 'lost') AND ended_at IS NULL
    RETURNING organisation_id, occurred_at
), held AS MATERIALIZED (
    SELECT organisation_id, pg_advisory_xact_lock_shared({FACETS_LOCK} | organisation_id) FROM beaten
)
{INSERT_CHANGED_DAYS.format(organisation="organisation_id", days=f"SELECT {sql_day('occurred_at')} FROM beaten")}
"""


def says_when_seen(line: SessionLine, now: datetime) -> bool:
    """Before it is normalised. A duration of what still runs says up to when it is known to run.

    What says that it was seen when that has not come yet, says nothing.
    """
    seen = line.last_seen_at
    if seen is None and line.duration_ms is not None and line.started_at is not None:
        seen = line.started_at + timedelta(milliseconds=line.duration_ms)
    return seen is not None and is_heard(seen, now)


def seen_now(line: SessionLine, now: datetime, *, ends_now: bool = False) -> None:
    """A normalised session that says nothing of when it was last seen, and is open or `ends_now`."""
    assert line.last_seen_at is not None
    if line.status in OPEN_STATUSES or (ends_now and line.ended_at is None):
        line.last_seen_at = max(line.last_seen_at, now)


def beat(session_id: UUID, now: datetime, clock_skew_ms: int | None = None) -> None:
    """What has been lost is back."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, {"id": session_id, "now": now, "skew": clock_skew_ms})
