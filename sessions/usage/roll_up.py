"""Counts days that are over, ahead of `sessions.usage.numbers`: once for each set of midnights that members live by.

First, every writer of the organisation waits for a moment. The counts of days that have changed are given up, and days
that are to be counted get a row. This is committed. Then each day is counted in a transaction of its own. Its snapshot
includes all writes but those that note the day as changed again, and nothing is stored if another run has given the
day up meanwhile. A run that is killed leaves days that are not counted. Two runs at once share the work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from sessions.contract.choices import OPEN_STATUSES
from sessions.ingest.writing.facets import facets_lock
from sessions.models import ChangedDay, CountedDay, Organisation, User
from sessions.models.dimensions import ROLLED_UP, Kind
from sessions.models.keys import KIND_BITS, key
from sessions.postgresql.bounded import bounded
from sessions.query.parameters import FIRST_DAY, midnight
from sessions.usage.queue_times import sql_bucket

# Users, tokens, apps and devices with fewer sessions on a day are not counted. Their sessions, some 18,000 for a year,
# are read when somebody asks.
BUSY = 50
COUNT_LOCK = 7_305_117 << 32

LAST_BEFORE = """
SELECT max(occurred_at) FROM history_session
WHERE organisation_id = %s AND occurred_at >= %s AND occurred_at < %s
"""
ADD_DAYS = """
INSERT INTO history_countedday (organisation_id, start_at, end_at, version)
SELECT %s, day.start_at, day.end_at, 0 FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS day (start_at, end_at)
ON CONFLICT DO NOTHING
"""
GIVE_UP = """
WITH changed AS (
    DELETE FROM history_changedday WHERE organisation_id = %(organisation)s AND day < %(today)s RETURNING day
)
UPDATE history_countedday d SET counted_at = NULL, version = version + 1
WHERE d.organisation_id = %(organisation)s AND EXISTS (
    SELECT FROM changed WHERE d.end_at > day AT TIME ZONE 'UTC' AND d.start_at < (day + 1) AT TIME ZONE 'UTC'
)
"""
KEYS = ", ".join(f"{dimension.kind << KIND_BITS} | s.{dimension.column}" for dimension in ROLLED_UP)
# Among `other`, tokens are counted for users alone, to tell a user's own sessions from those of the tokens.
COUNT = f"""
WITH session AS MATERIALIZED (
    SELECT s.queue_ms, greatest(s.duration_ms, 0) AS duration_ms, ARRAY[{KEYS}] AS keys,
           CASE WHEN s.status = ANY(%(open)s) THEN s.last_seen_at END AS silent_since
    FROM history_session s
    WHERE s.organisation_id = %(organisation)s AND s.occurred_at >= %(start)s AND s.occurred_at < %(end)s
), keyed AS MATERIALIZED (
    SELECT key, queue_ms, duration_ms, keys FROM session, unnest(%(own_key)s::bigint || keys) AS key
    WHERE key IS NOT NULL
), total AS MATERIALIZED (
    SELECT key, count(*) AS sessions, COALESCE(sum(duration_ms), 0)::bigint AS duration_ms,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY queue_ms) AS median,
           percentile_disc(0.95) WITHIN GROUP (ORDER BY queue_ms) AS p95
    FROM keyed GROUP BY key HAVING count(*) >= %(busy)s OR key = %(own_key)s
), queue AS (
    SELECT key, array_agg(bucket) AS buckets, array_agg(sessions) AS sessions
    FROM (
        SELECT key, {sql_bucket("queue_ms")} AS bucket, count(*)::int AS sessions
        FROM keyed JOIN total USING (key) WHERE queue_ms IS NOT NULL GROUP BY 1, 2
    ) bucketed GROUP BY key
), other AS (
    SELECT key, array_agg(other) AS keys, array_agg(sessions) AS sessions, array_agg(duration_ms) AS duration_ms
    FROM (
        SELECT key, other, count(*)::int AS sessions, COALESCE(sum(keyed.duration_ms), 0)::bigint AS duration_ms
        FROM keyed JOIN total USING (key), unnest(keys) AS other
        WHERE other >> {KIND_BITS} <> key >> {KIND_BITS}
          AND (other >> {KIND_BITS} <> {Kind.TOKEN:d} OR key >> {KIND_BITS} = {Kind.USER:d})
        GROUP BY key, other
    ) paired GROUP BY key
), stored AS (
    INSERT INTO history_daycount (
        counted_day_id, key, sessions, duration_ms, queue_median_ms, queue_p95_ms, queue_buckets, queue_sessions,
        others, other_sessions, other_duration_ms
    )
    SELECT %(id)s, key, total.sessions, total.duration_ms, median, p95, COALESCE(buckets, '{{}}'),
           COALESCE(queue.sessions, '{{}}'), COALESCE(other.keys, '{{}}'), COALESCE(other.sessions, '{{}}'),
           COALESCE(other.duration_ms, '{{}}')
    FROM total LEFT JOIN queue USING (key) LEFT JOIN other USING (key)
)
UPDATE history_countedday SET counted_at = now(), silent_since = (SELECT max(silent_since) FROM session)
WHERE id = %(id)s AND version = %(version)s
"""


@dataclass(frozen=True)
class Days:
    """How many days of an organisation are to be counted, and how many of them were, so far."""

    due: int
    counted: int


class _GivenUpError(Exception):
    """Sessions of the day were written while it was counted."""


def count_days(organisation: Organisation) -> Iterator[Days]:
    """Counts the newest day first and yields its progress. Raises OperationalError; what was counted stays."""
    today = timezone.now().astimezone(UTC).date()
    bounded(partial(_prepare, organisation, today))
    due = CountedDay.objects.filter(organisation=organisation, counted_at=None).order_by("-start_at")
    days = list(due)
    counted = 0
    for day in days:
        counted += _count(day)
        yield Days(len(days), counted)


def zones(organisation: Organisation) -> set[ZoneInfo]:
    """The time zones of the organisation, and of its members who can sign in to look at their usage."""
    members = User.objects.filter(organisation=organisation, is_active=True, can_sign_in=True).exclude(time_zone="")
    names = {organisation.time_zone, *members.values_list("time_zone", flat=True)}
    return {ZoneInfo(name) for name in names}


def _prepare(organisation: Organisation, today: date) -> None:
    known = set(CountedDay.objects.filter(organisation=organisation).values_list("start_at", "end_at"))
    found = {day for zone in zones(organisation) for day in _days_with_sessions(organisation, zone, today)}
    missing = sorted(found - known)
    if not missing and not ChangedDay.objects.filter(organisation=organisation, day__lt=today).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [facets_lock(organisation.pk)])
        cursor.execute(GIVE_UP, {"organisation": organisation.pk, "today": today})
        starts, ends = [start for start, _ in missing], [end for _, end in missing]
        cursor.execute(ADD_DAYS, [organisation.pk, starts, ends])


def _days_with_sessions(organisation: Organisation, zone: ZoneInfo, today: date) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of each day of the zone that has sessions and ends before today in UTC. Each takes a probe of
    session_newest."""
    first, end = midnight(FIRST_DAY, zone), midnight(today, UTC)
    before = end
    with connection.cursor() as cursor:
        while True:
            cursor.execute(LAST_BEFORE, [organisation.pk, first, before])
            [last] = cursor.fetchone()
            if last is None:
                return
            day = last.astimezone(zone).date()
            start, following = midnight(day, zone), midnight(day + timedelta(days=1), zone)
            if following <= end:
                yield start, following
            before = min(start, last)  # where clocks skip midnight, a day may begin before it


def _count(day: CountedDay) -> bool:
    """Whether its counts were stored. They are not if another run counts the day, or has given it up meanwhile."""
    try:
        return bounded(partial(_count_at_once, day))
    except _GivenUpError:
        return False


def _count_at_once(day: CountedDay) -> bool:
    asked: dict[str, Any] = {
        "id": day.pk,
        "version": day.version,
        "organisation": day.organisation_id,
        "own_key": key(Kind.ORGANISATION, day.organisation_id),
        "start": day.start_at,
        "end": day.end_at,
        "busy": BUSY,
        "open": list(OPEN_STATUSES),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [COUNT_LOCK | day.pk])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("DELETE FROM history_daycount WHERE counted_day_id = %s", [day.pk])
        cursor.execute(COUNT, asked)
        if not cursor.rowcount:
            raise _GivenUpError
    return True
