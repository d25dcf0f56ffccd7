"""30,000 sessions over 400 days of one organisation, 3,000 of another."""

from typing import Any

from django.db import connection

from sessions.contract.choices import Role
from sessions.models import App, Device, OperatingSystem, Organisation, User
from tests.conftest import member

ROWS, DAYS = 30_000, 400
DEATHS = (100, 200, 300)  # days ago

# Row 1 is the newest. Half of all is the busy person's, on a device that nobody else has; an app
# that died had every fifth session while it lived; the ten oldest rows have an app of their own.
INSERT = """
INSERT INTO history_session (
    id, organisation_id, status, initiator_type, user_id, app_id, device_id, os_id, platform, requested_at,
    started_at, ended_at, last_seen_at, exception, crash, anr, rage_tap, attributes)
SELECT gen_random_uuid(), %(organisation)s,
    CASE WHEN n <= 5 THEN 'active' WHEN n %% 50 = 7 THEN 'failed' ELSE 'ended' END, 'user',
    CASE WHEN n %% 2 = 0 THEN %(busy)s WHEN n %% 3001 = 1 THEN %(seldom)s ELSE (%(people)s::bigint[])[n %% 20 + 1] END,
    CASE WHEN n > %(rows)s - 10 THEN %(rare)s
         WHEN n %% 5 = 1 AND days_ago >= 300 THEN %(dead_300)s
         WHEN n %% 5 = 2 AND days_ago >= 200 THEN %(dead_200)s
         WHEN n %% 5 = 3 AND days_ago >= 100 THEN %(dead_100)s
         ELSE (%(apps)s::bigint[])[n %% 10 + 1] END,
    CASE WHEN n %% 2 = 0 THEN %(private)s WHEN days_ago >= 300 THEN %(old)s ELSE %(new)s END,
    (%(systems)s::bigint[])[n %% 7 %% 2 + 1],
    (ARRAY['ios', 'android', 'web'])[n %% 3 + 1],
    at - n %% 100 * interval '1 second', at,
    CASE WHEN n > 5 THEN at + n %% 1000 * interval '1 second' END,
    CASE WHEN n > 5 THEN at + n %% 1000 * interval '1 second' ELSE now() END,
    n %% 11 = 0, n %% 5000 = 4999, false, false, '{}'
FROM (SELECT n, n * %(days)s / %(rows)s::float AS days_ago,
             now() - n * %(days)s / %(rows)s::float * interval '1 day' AS at
      FROM generate_series(1, %(rows)s) n) numbered
"""


def fill_both(acme: Organisation, globex: Organisation, dave: User) -> None:
    _fill(acme, dave, ROWS)
    _fill(globex, member(globex, "gus", Role.USER), ROWS // 10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE history_session")


def _fill(to: Organisation, busy: User, rows: int) -> None:
    def app(app_id: str) -> int:
        return App.objects.create(organisation=to, app_id=app_id).pk

    def device(model: str) -> int:
        return Device.objects.create(organisation=to, model=model).pk

    people = [User(organisation=to, username=f"person-{number}", email=f"p{number}@x.example") for number in range(20)]
    parameters: dict[str, Any] = {
        "organisation": to.pk,
        "rows": rows,
        "days": DAYS,
        "busy": busy.pk,
        "seldom": member(to, "seldom", Role.USER).pk,
        "people": [person.pk for person in User.objects.bulk_create(people)],
        "apps": [app(f"live-{number}") for number in range(10)],
        "rare": app("rare"),
        "systems": [
            OperatingSystem.objects.create(organisation=to, name="iOS", version=version).pk
            for version in ("17.5", "18.0")
        ],
    }
    parameters |= {f"dead_{days}": app(f"dead-{days}") for days in DEATHS}
    parameters |= {name: device(name) for name in ("private", "old", "new")}
    device("unused")
    with connection.cursor() as cursor:
        cursor.execute(INSERT, parameters)
