"""The numbers of a usage in one statement, so that no session moves meanwhile from what is read to what was counted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sessions.models.keys import KIND_BITS, Kind
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.values import USER_VALUE, sql_device_values
from sessions.query.rows import DURATION_MS
from sessions.usage.queue_times import sql_bucket
from sessions.usage.rolled_up import HOLDS, Parts, parameters_of, sql_counts, sql_sessions

# What is read of sessions that were not counted ahead: a million rows take PostgreSQL about two seconds.
MOST_SESSIONS = 1_000_000
TOP = 10
IDENT = (1 << KIND_BITS) - 1


class Row(NamedTuple):
    """What sessions come to: those `read` or `counted` of a day, all that were read, or those of a name.

    `value` is the number of the day, None of all of them, or what the list's parameter calls the app, device or
    user. `queue` has buckets and how many sessions each holds (`queue_times`) of a day or of all; `holding` has as its
    sessions how many of the counted days that were used still hold.
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
    """`midnights` are where the asked days begin."""
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


# The number of the day, by where the viewer's midnights are: right across clock changes.
READ_COLUMNS = f"""
    width_bucket(s.occurred_at, %(midnights)s::timestamptz[]) - 1 AS day, s.queue_ms, {DURATION_MS} AS duration_ms,
    s.app_id, s.device_id, s.user_id
"""
# The rows of an organisation say what it comes to by app, device and user; those of an app so of devices and users,
# and of itself. Two million entries of a year are added up by themselves first, in 0.3 s: with the rest it takes twice
# as long.
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
