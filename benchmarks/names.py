"""Who and what the sessions name in each organisation: people, apps, devices and systems."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from sessions.contract.choices import Role
from sessions.models import ApiToken, Organisation, User

PASSWORD = "session-history-bench"


@dataclass(frozen=True)
class Counts:
    """How many of each an organisation has, drawn by rank: the first of each is the most frequent."""

    users: int
    apps: int
    devices: int = 300
    systems: int = 20


LARGE, SMALL = Counts(users=5_000, apps=2_000), Counts(users=200, apps=50)

# The large organisation's ranks of those who sign in: an admin without sessions, three with fewer and fewer.
VIEWERS = {"developer": (7, Role.DEVELOPER), "user": (40, Role.USER), "seldom": (4_000, Role.USER)}

# After the ranks come, in this order, those whose sessions lie at one time or are but one.
PEOPLE = ("leaver", "guest-once")
APPS = ("com.example.retired",)
DEVICES = (("Discontinued", "kiosk"), ("Latecomer", "phone"), ("Prototype", "tablet"))
SYSTEMS = (("Symbian", "3"), ("iOS", "99"))

# Searches: “guest” is in 300 names of people, “qa” in 2,000; “checkout” in 300 names of apps.
NAMES = """
INSERT INTO history_user (
    organisation_id, email, username, role, time_zone, is_active, can_sign_in, created_at, password
)
SELECT %(organisation)s, name || '@' || %(slug)s || '.example', name, 'user', '', true, false, now(), ''
FROM (
    SELECT n, CASE WHEN n %% 50 < 3 THEN 'guest' WHEN n %% 50 < 23 THEN 'qa' ELSE 'person' END || n AS name
    FROM generate_series(1, %(users)s) n
    UNION ALL
    SELECT %(users)s + number, name FROM unnest(%(people)s::text[]) WITH ORDINALITY AS others (name, number)
) named ORDER BY n;

INSERT INTO history_app (organisation_id, app_id, name, "group")
SELECT %(organisation)s, app_id, name, "group"
FROM (
    SELECT n, 'com.example.app' || n AS app_id, CASE WHEN n %% 20 < 3 THEN 'Checkout ' ELSE 'App ' END || n AS name,
           'Group ' || n %% 7 AS "group"
    FROM generate_series(1, %(apps)s) n
    UNION ALL
    SELECT %(apps)s + number, app_id, '', ''
    FROM unnest(%(other_apps)s::text[]) WITH ORDINALITY AS others (app_id, number)
) named ORDER BY n;

INSERT INTO history_device (organisation_id, manufacturer, model, type)
SELECT %(organisation)s, manufacturer, model, type
FROM (
    SELECT n, 'Maker ' || n %% 9 AS manufacturer, 'Model ' || n AS model, 'phone' AS type
    FROM generate_series(1, %(devices)s) n
    UNION ALL
    SELECT %(devices)s + number, '', model, type
    FROM unnest(%(other_devices)s::text[], %(device_types)s::text[]) WITH ORDINALITY AS others (model, type, number)
) named ORDER BY n;

INSERT INTO history_operatingsystem (organisation_id, name, version)
SELECT %(organisation)s, name, version
FROM (
    SELECT n, CASE n %% 2 WHEN 0 THEN 'iOS' ELSE 'Android' END AS name, (n / 2 + 10)::text AS version
    FROM generate_series(1, %(systems)s) n
    UNION ALL
    SELECT %(systems)s + number, name, version
    FROM unnest(%(other_systems)s::text[], %(versions)s::text[]) WITH ORDINALITY AS others (name, version, number)
) named ORDER BY n;
"""
TABLES = {"users": "user", "apps": "app", "devices": "device", "systems": "operatingsystem"}


def make_names(organisation: Organisation, counts: Counts) -> None:
    parameters: dict[str, Any] = {
        "organisation": organisation.pk,
        "slug": organisation.slug,
        "users": counts.users,
        "apps": counts.apps,
        "devices": counts.devices,
        "systems": counts.systems,
        "people": list(PEOPLE),
        "other_apps": list(APPS),
        "other_devices": [model for model, _ in DEVICES],
        "device_types": [kind for _, kind in DEVICES],
        "other_systems": [name for name, _ in SYSTEMS],
        "versions": [version for _, version in SYSTEMS],
    }
    with connection.cursor() as cursor:
        cursor.execute(NAMES, parameters)


def ids_before_the_first(organisations: list[Organisation]) -> dict[str, list[int]]:
    """For people, apps, devices and systems: each organisation's id before its first one's. They are consecutive."""
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        for name, table in TABLES.items():
            cursor.execute(f"SELECT organisation_id, min(id) - 1 FROM history_{table} GROUP BY 1")
            first: dict[int, int] = dict(cursor.fetchall())
            found[name] = [first[organisation.pk] for organisation in organisations]
    return found


def make_viewers(organisation: Organisation) -> None:
    """Those who sign in, all with the same password; the developer has a token."""
    viewer: dict[str, Any] = {"password": make_password(PASSWORD), "can_sign_in": True}
    User.objects.create(
        organisation=organisation,
        email=f"admin@{organisation.slug}.example",
        username="admin",
        role=Role.ADMIN,
        **viewer,
    )
    first = User.objects.filter(organisation=organisation).order_by("pk")[0].pk
    for name, (rank, role) in VIEWERS.items():
        email = f"{name}@{organisation.slug}.example"
        User.objects.filter(pk=first + rank - 1).update(email=email, username=name, role=role, **viewer)
    developer = User.objects.get(organisation=organisation, username="developer")
    ApiToken.objects.create(organisation=organisation, creator=developer, label="Nightly tests", scopes=["write"])
