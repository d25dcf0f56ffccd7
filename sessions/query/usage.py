"""Numbers about sessions: per day, and by app, device and user. The same rows as the list, counted instead of shown.

Its cost grows with the sessions that match, so both the days and the sessions have a bound.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.http import QueryDict
from django.utils import timezone

from sessions.models import User
from sessions.query.filters import FIRST_DAY, INCLUSIVE, midnight
from sessions.query.rows import DURATION_MS
from sessions.query.search import fetch_all
from sessions.query.session_query import FieldError, SessionQuery

DAYS_UNLESS_ASKED = 28
MOST_DAYS = 92
# A million rows take PostgreSQL about two seconds.
MOST_SESSIONS = 1_000_000
TOP = 10


@dataclass(frozen=True)
class Numbers:
    """Of some sessions: how many, how long in all, and how long half and 95 % of them waited, in milliseconds.

    The waiting times are ones that occurred, None when none is known.
    """

    sessions: int = 0
    duration_ms: int = 0
    queue_median_ms: int | None = None
    queue_p95_ms: int | None = None


@dataclass(frozen=True)
class Named:
    """`value` is that of the list's parameter, `label` what people call it."""

    value: str
    label: str
    numbers: Numbers


@dataclass
class Usage:
    """`days` has every day of the range, oldest first. `too_many` means that nothing was counted."""

    total: Numbers = field(default_factory=Numbers)
    days: dict[date, Numbers] = field(default_factory=dict)
    apps: list[Named] = field(default_factory=list)
    devices: list[Named] = field(default_factory=list)
    users: list[Named] = field(default_factory=list)
    too_many: bool = False


class UsageQuery:
    """What was asked, with the range made whole and at most 92 days long: `is_cut` says that it was longer.

    `query` has the filters and the range that count; `errors` are those of what was asked.
    """

    def __init__(self, viewer: User, data: QueryDict) -> None:
        asked = SessionQuery(viewer, data)
        self.errors: list[FieldError] = asked.errors
        self.is_cut = False
        data = data.copy()
        start, end = asked.start, asked.end
        if start and end and start >= end:
            start = end = None
        first, last = self._days(viewer, start, end)
        if start is None or self.is_cut:
            data["start"] = str(first)
        if end is None:
            data["end"] = str(last)
        self.query = SessionQuery(viewer, data)
        self.days = [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def _days(self, viewer: User, start: datetime | None, end: datetime | None) -> tuple[date, date]:
        """The first and the last day of the range, in the viewer's zone."""
        zone = viewer.zone
        today = timezone.localdate(timezone=zone)
        first = start.astimezone(zone).date() if start else None
        last = (end - INCLUSIVE).astimezone(zone).date() if end else max(today, first or today)
        if first is None:
            first = max(last - timedelta(days=DAYS_UNLESS_ASKED - 1), FIRST_DAY)
        if (last - first).days >= MOST_DAYS:
            self.is_cut = True
            first = last - timedelta(days=MOST_DAYS - 1)
        return first, last


def usage(asked: UsageQuery) -> Usage:
    """One pass over the rows that match. Users are for admins: anybody else has one."""
    query = asked.query
    found = Usage(days={day: Numbers() for day in asked.days})
    criteria = query.criteria
    if criteria.is_empty:
        return found
    zone = query.viewer.zone
    rows = fetch_all(
        f"""
        WITH matching AS MATERIALIZED (
            -- The number of the day, by where the viewer's midnights are: right across clock changes.
            SELECT width_bucket(s.occurred_at, %(midnights)s::timestamptz[]) AS day, s.queue_ms,
                   {DURATION_MS} AS duration_ms, s.app_id, s.device_id, s.user_id
            FROM history_session s
            WHERE {criteria.sql_range()} AND {criteria.sql_matches()}
            LIMIT {MOST_SESSIONS + 1}
        )
        SELECT CASE GROUPING(day) WHEN 1 THEN 'total' ELSE 'day' END, day::text, '', count(*),
               COALESCE(sum(duration_ms), 0)::bigint,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY queue_ms),
               percentile_disc(0.95) WITHIN GROUP (ORDER BY queue_ms)
        FROM matching GROUP BY GROUPING SETS ((day), ())
        {BY_APP}
        {BY_DEVICE}
        {BY_USER if query.viewer.is_admin else ""}
        """,
        criteria.parameters | {"midnights": [midnight(day, zone) for day in asked.days]},
    )
    named = {"app": found.apps, "device": found.devices, "user": found.users}
    for kind, value, label, *numbers in rows:
        if kind == "total":
            found.total = Numbers(*numbers)
        elif kind == "day":
            found.days[asked.days[int(value) - 1]] = Numbers(*numbers)
        else:
            named[kind].append(Named(value, label or value, Numbers(*numbers)))
    for names in named.values():
        names.sort(key=lambda one: (-one.numbers.sessions, one.label))
    if found.total.sessions > MOST_SESSIONS:
        return Usage(days=dict.fromkeys(asked.days, Numbers()), too_many=True)
    return found


# Names are looked up for the few that are left. Devices are told apart by model, as the list's filter does.
BY_APP = f"""
    UNION ALL
    SELECT 'app', a.app_id, a.name, busiest.sessions, busiest.duration_ms, NULL::bigint, NULL::bigint
    FROM (
        SELECT app_id, count(*) AS sessions, COALESCE(sum(duration_ms), 0)::bigint AS duration_ms
        FROM matching WHERE app_id IS NOT NULL GROUP BY app_id ORDER BY count(*) DESC, app_id LIMIT {TOP}
    ) busiest JOIN history_app a ON a.id = busiest.app_id
"""
BY_DEVICE = f"""
    UNION ALL
    (SELECT 'device', d.model, '', sum(counted.sessions)::bigint, sum(counted.duration_ms)::bigint,
            NULL::bigint, NULL::bigint
    FROM (
        SELECT device_id, count(*) AS sessions, COALESCE(sum(duration_ms), 0)::bigint AS duration_ms
        FROM matching WHERE device_id IS NOT NULL GROUP BY device_id
    ) counted JOIN history_device d ON d.id = counted.device_id
    WHERE d.model <> '' GROUP BY d.model ORDER BY sum(counted.sessions) DESC, d.model LIMIT {TOP})
"""
BY_USER = f"""
    UNION ALL
    SELECT 'user', COALESCE(u.email, u.username), '', busiest.sessions, busiest.duration_ms, NULL::bigint, NULL::bigint
    FROM (
        SELECT user_id, count(*) AS sessions, COALESCE(sum(duration_ms), 0)::bigint AS duration_ms
        FROM matching WHERE user_id IS NOT NULL GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT {TOP}
    ) busiest JOIN history_user u ON u.id = busiest.user_id
"""
