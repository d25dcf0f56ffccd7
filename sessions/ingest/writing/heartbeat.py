"""Signs of life: every write to an open session is one.

A session was last seen when its producer says so, and otherwise now. A session that is over is not seen again: its
duration must not grow when a flag is set a week later.
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
    """The larger difference of a producer's clock, stored or sent. The next request may not say how far it is off."""
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
    """Whether a line that is not normalised yet says when the session was last seen.

    The duration of a session that still runs says until when it is known to run. A time in the future does not count.
    """
    seen = line.last_seen_at
    if seen is None and line.duration_ms is not None and line.started_at is not None:
        seen = line.started_at + timedelta(milliseconds=line.duration_ms)
    return seen is not None and is_heard(seen, now)


def seen_now(line: SessionLine, now: datetime, *, ends_now: bool = False) -> None:
    """Note that a normalised session was seen now, if it is open or `ends_now`. For a line that does not say when."""
    assert line.last_seen_at is not None
    if line.status in OPEN_STATUSES or (ends_now and line.ended_at is None):
        line.last_seen_at = max(line.last_seen_at, now)


def beat(session_id: UUID, now: datetime, clock_skew_ms: int | None = None) -> None:
    """Note that a session was seen. One that was lost is open again."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, {"id": session_id, "now": now, "skew": clock_skew_ms})
