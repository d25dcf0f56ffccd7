"""Reads a usage in one statement, so that no session moves meanwhile from the read ones to the counted ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sessions.models.dimensions import Kind
from sessions.models.keys import KIND_BITS
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.conditions import DURATION_MS
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.values import USER_VALUE, sql_device_values
from sessions.usage.queue_times import sql_bucket
from sessions.usage.rolled_up import HOLDS, Parts, parameters_of, sql_counts, sql_sessions

# The most sessions that are read, since they were not counted ahead. A million take PostgreSQL about two seconds.
MOST_SESSIONS = 1_000_000
TOP = 10
IDENT = (1 << KIND_BITS) - 1


class Row(NamedTuple):
    """A row of the answer, whose meaning depends on `kind`:

    - `read` and `counted`: the sessions of a day; `read` without a value is about all that were read
    - `app`, `device` and `user`: the sessions of one of these
    - `queue`: the queue times of a day, or of all days, as buckets and the sessions in each (`queue_times`)
    - `holding`: `sessions` is the number of counted days in use whose counts still hold

    `value` is the number of the day, or the value of the list's parameter for the app, device or user.
    """

    kind: Literal["holding", "read", "counted", "queue", "app", "device", "user"]
    value: str | None
    label: str
    sessions: int
    duration_ms: int
    queue_median_ms: int | None
    queue_p95_ms: int | None
    buckets: list[int]
    bucket_sessions: list[int]


def usage_rows(criteria: Criteria, chosen: Parts, midnights: Sequence[datetime], *, with_users: bool) -> list[Row]:
    """`midnights` are the moments at which the days begin."""
    rows = fetch_all(
        f"""
        WITH counted AS MATERIALIZED ({sql_counts()}), matching AS MATERIALIZED (
            SELECT * FROM ({sql_sessions(criteria, chosen, READ_COLUMNS)}) found LIMIT {MOST_SESSIONS + 1}
        ), named AS MATERIALIZED ({NAMED})
        {READ}
        {COUNTED if chosen.counts else ""}
        {BY_APP}
        {BY_DEVICE}
        {BY_USER if with_users else ""}
        """,
        criteria.parameters | parameters_of(chosen) | {"midnights": midnights, "by_day": len(chosen.keys) > 1},
    )
    return [Row(*row) for row in rows]


# The number of the day depends on the viewer's midnights, so it is right across clock changes.
READ_COLUMNS = f"""
    width_bucket(s.occurred_at, %(midnights)s::timestamptz[]) - 1 AS day, s.queue_ms, {DURATION_MS} AS duration_ms,
    s.app_id, s.device_id, s.user_id
"""
# A count of the organisation has the numbers of its apps, devices and users; a count of an app has those of its devices
# and users, and its own. The two million entries of a year are added up by themselves first, in 0.3 s: together with
# the rest it takes twice as long.
NAMED = f"""
    SELECT key, sum(sessions)::bigint AS sessions, COALESCE(sum(duration_ms), 0)::bigint AS duration_ms
    FROM (
        SELECT key, sum(sessions) AS sessions, sum(duration_ms) AS duration_ms
        FROM (
            SELECT unnest(others) AS key, unnest(other_sessions) AS sessions, unnest(other_duration_ms) AS duration_ms
            FROM counted
        ) other GROUP BY key
        UNION ALL SELECT key, sessions, duration_ms FROM counted
        UNION ALL SELECT {Kind.APP << KIND_BITS} | app_id, count(*), sum(duration_ms) FROM matching GROUP BY app_id
        UNION ALL SELECT {Kind.DEVICE << KIND_BITS} | device_id, count(*), sum(duration_ms)
        FROM matching GROUP BY device_id
        UNION ALL SELECT {Kind.USER << KIND_BITS} | user_id, count(*), sum(duration_ms) FROM matching GROUP BY user_id
    ) part GROUP BY key
"""
READ = """
    SELECT 'read', day::text, '', count(*), COALESCE(sum(duration_ms), 0)::bigint,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY queue_ms),
           percentile_disc(0.95) WITHIN GROUP (ORDER BY queue_ms), NULL::int[], NULL::bigint[]
    FROM matching GROUP BY GROUPING SETS ((day), ())
"""
COUNTED = f"""
    UNION ALL
    SELECT 'counted', day::text, '', sessions, duration_ms, queue_median_ms, queue_p95_ms, NULL, NULL FROM counted
    UNION ALL
    SELECT 'queue', day::text, '', 0, 0, NULL, NULL, array_agg(bucket), array_agg(sessions)
    FROM (
        SELECT CASE WHEN %(by_day)s THEN day END AS day, bucket, sum(sessions)::bigint AS sessions
        FROM (
            SELECT day, unnest(queue_buckets) AS bucket, unnest(queue_sessions) AS sessions FROM counted
            UNION ALL SELECT day, {sql_bucket("queue_ms")}, 1 FROM matching WHERE queue_ms IS NOT NULL
        ) part GROUP BY 1, 2
    ) bucketed GROUP BY day
    UNION ALL
    SELECT 'holding', NULL, '', count(*), 0, NULL, NULL, NULL, NULL
    FROM history_countedday d
    JOIN (SELECT DISTINCT * FROM unnest(%(counted_ids)s::bigint[], %(counted_versions)s::int[])) AS used (id, version)
      USING (id, version)
    WHERE {HOLDS}
"""
# Names are looked up for the few that are left. Devices are told apart by maker and model, as their values are.
BY_APP = f"""
    UNION ALL
    SELECT 'app', a.app_id, a.name, busiest.sessions, busiest.duration_ms, NULL, NULL, NULL, NULL
    FROM (
        SELECT * FROM named WHERE key >> {KIND_BITS} = {Kind.APP:d} ORDER BY sessions DESC, key LIMIT {TOP}
    ) busiest JOIN history_app a ON a.id = busiest.key & {IDENT}
"""
BUSIEST_DEVICES = f"""
    SELECT d.manufacturer, d.model, sum(named.sessions)::bigint AS sessions,
           sum(named.duration_ms)::bigint AS duration_ms
    FROM named JOIN history_device d ON d.id = named.key & {IDENT}
    WHERE named.key >> {KIND_BITS} = {Kind.DEVICE:d} AND d.model <> ''
    GROUP BY d.manufacturer, d.model ORDER BY sum(named.sessions) DESC, d.model, d.manufacturer LIMIT {TOP}
"""
BY_DEVICE = f"""
    UNION ALL
    SELECT 'device', value, '', sessions, duration_ms, NULL, NULL, NULL, NULL
    FROM ({sql_device_values(BUSIEST_DEVICES)}) busiest
"""
BY_USER = f"""
    UNION ALL
    SELECT 'user', {USER_VALUE}, '', busiest.sessions, busiest.duration_ms, NULL, NULL, NULL, NULL
    FROM (
        SELECT * FROM named WHERE key >> {KIND_BITS} = {Kind.USER:d} ORDER BY sessions DESC, key LIMIT {TOP}
    ) busiest JOIN history_user u ON u.id = busiest.key & {IDENT}
"""
