"""Any number of sessions, made by PostgreSQL: the same for the same number, on the same day.

One organisation with 90 % of them and one with the rest; 400 days; apps and users by
Zipf's law (1/rank); an app with a twentieth of all sessions that died 300 days ago.
"""

import time
from typing import Any

from django.db import connection

from sessions.choices import Role
from sessions.keys import KIND_BITS, Kind
from sessions.models import Organisation, User

LARGE, SMALL = "large", "small"
ADMIN = "admin@large.example"
PASSWORD = "session-history-bench"
USERS, APPS, DEVICES = 5_000, 2_000, 300
SMALL_SHARE = 10  # one in ten rows
TABLES = ("history_session", "history_attachment")

# Uniform in [0, 1), the same for the same row and seed.
UNIFORM = "((hashint8extended({row}, {seed}) & 4503599627370495) / 4503599627370496.0::float8)"


def uniform(seed: int) -> str:
    return UNIFORM.format(row="n", seed=seed)


def zipf(count: int, seed: int) -> str:
    """A rank from 1 to `count`, of which each is drawn about 1/rank as often as the first."""
    return f"(floor(power({count + 1}::float8, {uniform(seed)}))::int)"


NAMES = """
INSERT INTO history_user (
    organisation_id, email, username, role, time_zone, is_active, can_sign_in, created_at, password
)
SELECT %(organisation)s, 'person' || n || '@' || %(slug)s || '.example', 'person' || n, 'user', '', true, false,
       now(), ''
FROM generate_series(1, %(users)s) n;
INSERT INTO history_app (organisation_id, app_id, name, "group")
SELECT %(organisation)s, 'com.example.app' || n, 'App ' || n, 'Group ' || n %% 7 FROM generate_series(1, %(apps)s) n;
INSERT INTO history_app (organisation_id, app_id, name, "group")
VALUES (%(organisation)s, 'com.example.retired', 'Retired', '');
INSERT INTO history_device (organisation_id, manufacturer, model, type)
SELECT %(organisation)s, 'Maker ' || n %% 9, 'Model ' || n, 'phone' FROM generate_series(1, %(devices)s) n;
INSERT INTO history_operatingsystem (organisation_id, name, version)
SELECT %(organisation)s, CASE n %% 2 WHEN 0 THEN 'iOS' ELSE 'Android' END, (n / 2 + 10)::text
FROM generate_series(1, 20) n;
"""

SESSIONS = f"""
WITH drawn AS (
    SELECT n,
           n %% {SMALL_SHARE} = 0 AS is_small,
           %(now)s::timestamptz - make_interval(secs => {uniform(1)} * 400 * 86400) AS started_at,
           {zipf(USERS, 2)} AS user_rank, {zipf(APPS, 3)} AS app_rank, {zipf(DEVICES, 4)} AS device_rank,
           {uniform(5)} AS queue, {uniform(6)} AS length, {uniform(7)} AS outcome, {uniform(8)} AS retired
    FROM generate_series(1, %(rows)s::bigint) n
), placed AS (
    SELECT *, CASE WHEN is_small THEN %(small)s ELSE %(large)s END AS organisation_id,
           CASE WHEN is_small THEN 1 ELSE 0 END AS which,
           -- A fifth of the sessions of the first 100 of 400 days.
           retired < 0.2 AND started_at < %(now)s::timestamptz - interval '300 days' AS is_retired
    FROM drawn
)
INSERT INTO history_session (
    id, organisation_id, external_id, status, initiator_type, user_id, app_id, platform, app_version, app_build,
    device_id, os_id, requested_at, started_at, ended_at, last_seen_at, exception, crash, anr, rage_tap,
    country, environment, attributes
)
SELECT md5('session ' || n)::uuid, organisation_id, 'bench-' || n,
       CASE WHEN outcome < 0.03 THEN 'failed' ELSE 'ended' END, 'user', (%(users)s::bigint[])[which + 1] + user_rank,
       (%(apps)s::bigint[])[which + 1] + CASE WHEN is_retired THEN {APPS + 1} ELSE app_rank END,
       CASE device_rank %% 2 WHEN 0 THEN 'ios' ELSE 'android' END, '2.' || n %% 30, (n %% 900)::text,
       (%(devices)s::bigint[])[which + 1] + device_rank, (%(systems)s::bigint[])[which + 1] + 1 + device_rank %% 20,
       started_at - make_interval(secs => power(queue, 6) * 120), started_at,
       started_at + make_interval(secs => power(length, 3) * 3600),
       started_at + make_interval(secs => power(length, 3) * 3600),
       outcome < 0.02, outcome < 0.01, false, outcome > 0.99, 'DE', 'production', '{{}}'
FROM placed
"""

# A log with every fourth session.
ATTACHMENTS = """
INSERT INTO history_attachment (
    session_id, name, organisation_id, kind, content_type, size, sha256, available, storage_name
)
SELECT id, 'console.log', organisation_id, 'log', 'text/plain', 4096, repeat('0', 64), true, ''
FROM history_session WHERE external_id LIKE 'bench-%%' AND right(external_id, 1) IN ('1', '4')
"""

# Of the organisations alone: the benchmark signs in as an admin, whose options are the organisation's.
FACETS = " UNION ".join(
    f"SELECT DISTINCT {Kind.ORGANISATION << KIND_BITS} | organisation_id, {kind << KIND_BITS} | {column} "
    f"FROM history_session WHERE organisation_id IN (%(large)s, %(small)s)"
    for kind, column in (
        (Kind.USER, "user_id"),
        (Kind.APP, "app_id"),
        (Kind.DEVICE, "device_id"),
        (Kind.OS, "os_id"),
    )
)


def fill(rows: int) -> tuple[User, float]:
    """The large organisation's admin, and the seconds it took. Indexes and constraints are made after the rows."""
    started = time.monotonic()
    large, small = (
        Organisation.objects.create(slug=slug, name=slug.capitalize(), namespace=namespace)
        for slug, namespace in (
            (LARGE, "00000000-0000-4000-8000-000000000001"),
            (SMALL, "00000000-0000-4000-8000-000000000002"),
        )
    )
    bases = [names(large), names(small)]
    with connection.cursor() as cursor:
        restore = strip(cursor)
        parameters: dict[str, Any] = {"rows": rows, "large": large.pk, "small": small.pk}
        parameters |= {name: [base[name] for base in bases] for name in bases[0]}
        cursor.execute("SELECT date_trunc('day', now())")
        parameters["now"] = cursor.fetchone()[0]
        cursor.execute(SESSIONS, parameters)
        cursor.execute(ATTACHMENTS)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("ANALYZE")  # or the check of a foreign key may be planned for an empty table, and take hours
        for statement in restore:
            cursor.execute(statement)
        cursor.execute(f"INSERT INTO history_facet (owner, value) {FACETS}", parameters)
        cursor.execute("VACUUM ANALYZE")
    admin = User(organisation=large, email=ADMIN, username="admin", role=Role.ADMIN, can_sign_in=True)
    admin.set_password(PASSWORD)
    admin.save()
    return admin, time.monotonic() - started


def names(organisation: Organisation) -> dict[str, int]:
    """People, apps, devices and systems. Returns, for each, the id before the first one's: they are consecutive."""
    with connection.cursor() as cursor:
        cursor.execute(
            NAMES,
            {
                "organisation": organisation.pk,
                "slug": organisation.slug,
                "users": USERS,
                "apps": APPS,
                "devices": DEVICES,
            },
        )
        tables = {"users": "user", "apps": "app", "devices": "device", "systems": "operatingsystem"}
        found = {}
        for name, table in tables.items():
            cursor.execute(f"SELECT min(id) - 1 FROM history_{table} WHERE organisation_id = %s", [organisation.pk])
            found[name] = cursor.fetchone()[0]
    return found


def strip(cursor: Any) -> list[str]:
    """Drop secondary indexes and foreign keys; what makes them anew."""
    cursor.execute(
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
               format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%(tables)s)
        UNION ALL
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
        FROM pg_index WHERE indrelid::regclass::text = ANY(%(tables)s) AND NOT indisunique
        """,
        {"tables": list(TABLES)},
    )
    found = cursor.fetchall()
    for drop, _ in found:
        cursor.execute(drop)
    return [make for _, make in found]
