"""Any number of sessions, made by PostgreSQL: the same for the same number, on the same day.

One organisation with 90 % of them and nine with the rest; 400 days; apps, people and
devices by Zipf's law (1/rank); a twentieth of all sessions within fifty bursts of ten
minutes. In the first 100 days there were an app with a fifth of the sessions, a person, a
device and its system that have not been seen since; a device came in the last three days;
a device, its system and a person were seen once. The rows stand in the table in no order.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from benchmarks.database import FILLED
from benchmarks.names import LARGE, SMALL, VIEWERS, ids_before_the_first, make_names, make_viewers
from sessions.models import ApiToken, Organisation, User
from sessions.models.dimensions import Kind
from sessions.models.keys import KIND_BITS, NUMBERS, VALUES_PER_ORGANISATION

SMALL_ORGANISATIONS = 9
TABLES = ("history_session", "history_attachment")
WRITERS = 2

# Uniform in [0, 1), the same for the same row and seed.
UNIFORM = "((hashint8extended(n, {seed}) & 4503599627370495) / 4503599627370496.0::float8)"


def uniform(seed: int) -> str:
    return UNIFORM.format(seed=seed)


def zipf(large: int, small: int, seed: int) -> str:
    """A rank from 1 to as many as the organisation has, of which each is drawn about 1/rank as often as the first."""
    return f"floor(power(CASE which WHEN 0 THEN {large + 1} ELSE {small + 1} END::float8, {uniform(seed)}))::int"


SESSIONS = f"""
WITH drawn AS (
    SELECT n, CASE n %% 10 WHEN 0 THEN 1 + n / 10 %% {SMALL_ORGANISATIONS} ELSE 0 END AS which,
           -- Thirty run or wait right now.
           n BETWEEN 101 AND 130 AND n %% 10 > 0 AS is_open,
           %(now)s::timestamptz - make_interval(secs => CASE
               WHEN n BETWEEN 101 AND 130 THEN n * 60
               WHEN {uniform(9)} < 0.05 THEN floor({uniform(1)} * 50) * 8 * 86400 + 43200 + {uniform(10)} * 600
               ELSE {uniform(1)} * 400 * 86400
           END) AS at,
           {uniform(5)} AS queue, {uniform(6)} AS length, {uniform(7)} AS outcome
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
), timed AS (
    SELECT *, which = 0 AND at < %(now)s::timestamptz - interval '300 days' AS is_early,
           which = 0 AND at > %(now)s::timestamptz - interval '3 days' AS is_late,
           which = 0 AND n > 2 AND {uniform(13)} < 0.01 AS is_by_token
    FROM drawn
), placed AS (
    SELECT *,
           CASE WHEN n = 2 THEN {LARGE.users + 2}
                WHEN is_early AND {uniform(11)} < 0.05 THEN {LARGE.users + 1}
                ELSE {zipf(LARGE.users, SMALL.users, 2)} END AS user_rank,
           CASE WHEN is_early AND {uniform(8)} < 0.2 THEN {LARGE.apps + 1}
                ELSE {zipf(LARGE.apps, SMALL.apps, 3)} END AS app_rank,
           CASE WHEN n = 1 THEN {LARGE.devices + 3}
                WHEN is_early AND {uniform(12)} < 0.1 THEN {LARGE.devices + 1}
                WHEN is_late AND {uniform(12)} < 0.3 THEN {LARGE.devices + 2}
                ELSE {zipf(LARGE.devices, SMALL.devices, 4)} END AS device_rank,
           CASE WHEN is_open AND n %% 3 = 0 THEN 'queued' WHEN is_open THEN 'active'
                WHEN outcome < 0.03 THEN 'failed'
                WHEN is_early AND outcome > 0.995 THEN 'lost' ELSE 'ended' END AS status
    FROM timed
)
INSERT INTO history_session (
    id, organisation_id, external_id, status, initiator_type, user_id, token_id, app_id, platform, app_version,
    app_build, device_id, os_id, requested_at, started_at, ended_at, last_seen_at, exception, crash, anr, rage_tap,
    country, environment, attributes
)
SELECT md5('session ' || n)::uuid, (%(organisations)s::bigint[])[which + 1], 'bench-' || n, status,
       CASE WHEN is_by_token THEN 'token' ELSE 'user' END,
       CASE WHEN NOT is_by_token THEN (%(users)s::bigint[])[which + 1] + user_rank END,
       CASE WHEN is_by_token THEN %(token)s END,
       (%(apps)s::bigint[])[which + 1] + app_rank,
       CASE WHEN device_rank = {LARGE.devices + 1} THEN 'kiosk' WHEN device_rank = {LARGE.devices + 3} THEN 'web'
            WHEN device_rank %% 2 = 0 THEN 'ios' ELSE 'android' END,
       '2.' || n %% 30, (n %% 900)::text,
       (%(devices)s::bigint[])[which + 1] + device_rank,
       (%(systems)s::bigint[])[which + 1] + CASE device_rank
            WHEN {LARGE.devices + 1} THEN {LARGE.systems + 1} WHEN {LARGE.devices + 3} THEN {LARGE.systems + 2}
            ELSE 1 + device_rank %% {LARGE.systems} END,
       at - make_interval(secs => power(queue, 6) * 120),
       CASE WHEN status <> 'queued' THEN at END,
       CASE WHEN NOT is_open THEN at + make_interval(secs => power(length, 3) * 3600) END,
       CASE WHEN is_open THEN at ELSE at + make_interval(secs => power(length, 3) * 3600) END,
       outcome < 0.02, outcome < 0.01, is_early AND outcome BETWEEN 0.5 AND 0.505, outcome > 0.99,
       'DE', 'production',
       CASE WHEN n %% 3 = 0 THEN '{{"branch": "main"}}'::jsonb
            WHEN n %% 50 = 1 THEN jsonb_build_object('branch', 'feature-' || n %% 5000) ELSE '{{}}' END
FROM placed
"""

# A log with two in nine sessions of the large organisation.
ATTACHMENTS = """
INSERT INTO history_attachment (
    session_id, name, organisation_id, kind, content_type, size, sha256, available, storage_name
)
SELECT md5('session ' || n)::uuid, 'console.log', %(large)s, 'log', 'text/plain', 4096, repeat('0', 64), true, ''
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n WHERE n %% 10 IN (1, 4)
"""

PLATFORM = (
    f"organisation_id * {VALUES_PER_ORGANISATION} + CASE platform "
    + " ".join(f"WHEN '{value}' THEN {number}" for value, number in NUMBERS[Kind.PLATFORM].items())
    + " END"
)
OWNERS = {
    Kind.ORGANISATION: ("organisation_id", "TRUE"),
    Kind.USER: ("user_id", "user_id = ANY(%(viewers)s)"),
    Kind.TOKEN: ("token_id", "token_id = %(token)s"),
}
VALUES = {Kind.USER: "user_id", Kind.APP: "app_id", Kind.DEVICE: "device_id", Kind.OS: "os_id", Kind.PLATFORM: PLATFORM}

# What the filters of those who sign in offer.
FACETS = " UNION ".join(
    f"SELECT DISTINCT {owner << KIND_BITS} | {owned}, {kind << KIND_BITS} | ({value}) "
    f"FROM history_session WHERE {condition} AND {value} IS NOT NULL"
    for owner, (owned, condition) in OWNERS.items()
    for kind, value in VALUES.items()
)


def make_organisations() -> None:
    """The large one first; its open sessions are silent for three days before they count as lost."""
    large = Organisation.objects.create(slug="large", name="Large", lost_after=timedelta(days=3))
    make_names(large, LARGE)
    make_viewers(large)
    for number in range(1, SMALL_ORGANISATIONS + 1):
        make_names(Organisation.objects.create(slug=f"small-{number}", name=f"Small {number}"), SMALL)


def fill(first: int, last: int) -> float:
    """Rows number `first` to `last`, and the seconds it took. Indexes and constraints are made after the rows."""
    started = time.monotonic()
    organisations = list(Organisation.objects.order_by("pk"))
    viewers = User.objects.filter(username__in=VIEWERS).values_list("pk", flat=True)
    parameters: dict[str, Any] = {
        **ids_before_the_first(organisations),
        "organisations": [organisation.pk for organisation in organisations],
        "large": organisations[0].pk,
        "viewers": list(viewers),
        "token": ApiToken.objects.get().pk,
    }
    with connection.cursor() as cursor:
        say(cursor, "being filled")
        restore = strip(cursor)
        cursor.execute("SELECT date_trunc('day', now())")
        parameters["now"] = cursor.fetchone()[0]
        insert(first, last, parameters)
        # Or the foreign keys below are checked row by row, by a planner that believes the tables empty.
        cursor.execute("ANALYZE history_session, history_attachment")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in restore:
            cursor.execute(statement)
        cursor.execute(f"INSERT INTO history_facet (owner, value) {FACETS} ON CONFLICT DO NOTHING", parameters)
        cursor.execute("VACUUM ANALYZE")
        say(cursor, FILLED)
    return time.monotonic() - started


def say(cursor: Any, comment: str) -> None:
    """To `benchmarks.database`, which keeps no database that is half filled."""
    cursor.execute(f"COMMENT ON DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} IS '{comment}'")


def insert(first: int, last: int, parameters: dict[str, Any]) -> None:
    """Each writer its part of the rows, on a connection of its own."""
    count = last - first + 1
    edges = [first + count * number // WRITERS for number in range(WRITERS + 1)]

    def write(start: int, end: int) -> None:
        with connection.cursor() as cursor:
            for statement in (SESSIONS, ATTACHMENTS):
                cursor.execute(statement, parameters | {"first": start, "last": end - 1})
        connection.close()

    with ThreadPoolExecutor(WRITERS) as writers:
        for done in [writers.submit(write, start, end) for start, end in pairwise(edges)]:
            done.result()


def strip(cursor: Any) -> list[str]:
    """Drop foreign keys, indexes and primary keys; the statements that make them anew, foreign keys last."""
    cursor.execute(
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
               format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
               contype = 'f' AS is_made_last
        FROM pg_constraint
        WHERE contype IN ('f', 'p') AND conrelid::regclass::text = ANY(%(tables)s)
           OR contype = 'f' AND confrelid::regclass::text = ANY(%(tables)s)
        UNION ALL
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid), false
        FROM pg_index WHERE indrelid::regclass::text = ANY(%(tables)s) AND NOT indisunique
        ORDER BY is_made_last DESC
        """,
        {"tables": list(TABLES)},
    )
    found = cursor.fetchall()
    for drop, _, _ in found:
        cursor.execute(drop)
    return [make for _, make, _ in reversed(found)]
