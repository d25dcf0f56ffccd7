"""The names of a batch -> ids of the small tables, making what is missing.

A handful of statements a batch, and none once an import has seen all names. Every
insert is sorted, and the tables come in one order, so that concurrent imports wait
for each other and never deadlock. E-mail addresses are compared as PostgreSQL
lowers them, since its unique index does.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import connection

from sessions.choices import Role
from sessions.models import Organisation
from sessions.schema import SessionLine

SELECT_APPS = """
SELECT app_id, id, name, "group" FROM history_app WHERE organisation_id = %s AND app_id = ANY(%s)
"""
UPSERT_APPS = """
INSERT INTO history_app AS stored (organisation_id, app_id, name, "group")
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (app_id, name, "group") ORDER BY app_id
ON CONFLICT (organisation_id, app_id) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), stored.name),
    "group" = coalesce(nullif(excluded."group", ''), stored."group")
"""
SELECT_DEVICES = """
SELECT manufacturer, model, type, id FROM history_device
JOIN unnest(%s::text[], %s::text[], %s::text[]) AS given (manufacturer, model, type) USING (manufacturer, model, type)
WHERE organisation_id = %s
"""
INSERT_DEVICES = """
INSERT INTO history_device (organisation_id, manufacturer, model, type)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[]) ORDER BY 2, 3, 4
ON CONFLICT DO NOTHING
"""
SELECT_SYSTEMS = """
SELECT name, version, id FROM history_operatingsystem
JOIN unnest(%s::text[], %s::text[]) AS given (name, version) USING (name, version)
WHERE organisation_id = %s
"""
INSERT_SYSTEMS = """
INSERT INTO history_operatingsystem (organisation_id, name, version)
SELECT %s, * FROM unnest(%s::text[], %s::text[]) ORDER BY 2, 3
ON CONFLICT DO NOTHING
"""
SELECT_USERS_BY_EMAIL = """
SELECT given.email, member.id, member.username = '' FROM unnest(%s::text[]) AS given (email)
JOIN history_user AS member ON member.organisation_id = %s AND lower(member.email) = lower(given.email)
"""
UPSERT_USERS_BY_EMAIL = """
INSERT INTO history_user AS stored
    (organisation_id, email, username, password, role, time_zone, is_active, can_sign_in, created_at)
SELECT DISTINCT ON (lower(email)) %s, email, username, %s, %s, '', true, false, now()
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS given (email, username, position)
ORDER BY lower(email), username = '', position DESC
ON CONFLICT (organisation_id, lower(email)) DO UPDATE SET username = excluded.username WHERE stored.username = ''
"""
SELECT_USERS_BY_USERNAME = """
SELECT username, id FROM history_user WHERE organisation_id = %s AND email IS NULL AND username = ANY(%s)
"""
INSERT_USERS_BY_USERNAME = """
INSERT INTO history_user (organisation_id, username, password, role, time_zone, is_active, can_sign_in, created_at)
SELECT %s, username, %s, %s, '', true, false, now() FROM unnest(%s::text[]) AS given (username) ORDER BY username
ON CONFLICT (organisation_id, username) WHERE email IS NULL DO NOTHING
"""
SELECT_TOKENS = """
SELECT DISTINCT ON (label) label, id FROM history_apitoken
WHERE organisation_id = %s AND label = ANY(%s) ORDER BY label, created_at DESC, id DESC
"""
INSERT_TOKENS = """
INSERT INTO history_apitoken (organisation_id, label, scopes, prefix, created_at)
SELECT %s, label, '{}', '', now() FROM unnest(%s::text[]) AS given (label) ORDER BY label
ON CONFLICT (organisation_id, label) WHERE digest IS NULL DO NOTHING
"""


class Ids(NamedTuple):
    """What a session's row refers to; None where it names nothing."""

    app: int | None
    device: int | None
    os: int | None
    user: int | None
    token: int | None


class Catalogue:
    """An organisation's names as one import has seen them. `forget` what a rolled back transaction made."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation_id = organisation.pk
        self.forget()

    def forget(self) -> None:
        self._apps: dict[str, tuple[int, str, str]] = {}
        self._devices: dict[tuple[str, str, str], int] = {}
        self._systems: dict[tuple[str, str], int] = {}
        self._emails: dict[str, tuple[int, bool]] = {}
        self._usernames: dict[str, int] = {}
        self._tokens: dict[str, int] = {}

    def __len__(self) -> int:
        names = (self._apps, self._devices, self._systems, self._emails, self._usernames, self._tokens)
        return sum(len(known) for known in names)

    def ids(self, line: SessionLine) -> Ids:
        """Of a line that `resolve` has seen."""
        device, system, initiator = _device(line), _system(line), line.initiator
        user = None
        if initiator.email:
            user = self._emails[initiator.email][0]
        elif initiator.username:
            user = self._usernames[initiator.username]
        return Ids(
            self._apps[line.app.app_id][0] if line.app.app_id is not None else None,
            self._devices[device] if any(device) else None,
            self._systems[system] if any(system) else None,
            user,
            self._tokens[initiator.label or ""] if initiator.type == "token" else None,
        )

    def resolve(self, lines: Iterable[SessionLine]) -> None:
        """Make sure that every name of these lines has an id. Call it in the transaction that writes them."""
        lines = list(lines)
        self._resolve_apps(lines)
        self._resolve_devices({device for line in lines if any(device := _device(line))} - self._devices.keys())
        self._resolve_systems({system for line in lines if any(system := _system(line))} - self._systems.keys())
        self._resolve_emails(lines)
        self._resolve_usernames(
            {line.initiator.username for line in lines if line.initiator.username and not line.initiator.email}
            - self._usernames.keys()
        )
        self._resolve_tokens(
            {line.initiator.label or "" for line in lines if line.initiator.type == "token"} - self._tokens.keys()
        )

    def _resolve_apps(self, lines: list[SessionLine]) -> None:
        """The latest name and group win; nothing is written while they stay the same."""
        named: dict[str, tuple[str, str]] = {}
        for line in lines:
            if line.app.app_id is not None:
                name, group = named.get(line.app.app_id, ("", ""))
                named[line.app.app_id] = (line.app.name or name, line.app.group or group)
        self._select_apps(list(named.keys() - self._apps.keys()))
        changed = [(app_id, *names) for app_id, names in sorted(named.items()) if self._differs(app_id, *names)]
        if changed:
            _execute(UPSERT_APPS, [self.organisation_id, *_columns(changed)])
            self._select_apps([app_id for app_id, _, _ in changed])

    def _select_apps(self, app_ids: list[str]) -> None:
        if app_ids:
            for app_id, *row in _fetch(SELECT_APPS, [self.organisation_id, app_ids]):
                self._apps[app_id] = (row[0], row[1], row[2])

    def _differs(self, app_id: str, name: str, group: str) -> bool:
        if app_id not in self._apps:
            return True
        _, known_name, known_group = self._apps[app_id]
        return bool((name and name != known_name) or (group and group != known_group))

    def _resolve_devices(self, names: set[tuple[str, str, str]]) -> None:
        def select() -> None:
            rows = _fetch(SELECT_DEVICES, [*_columns(list(names)), self.organisation_id])
            self._devices |= {(manufacturer, model, kind): ident for manufacturer, model, kind, ident in rows}

        if names:
            select()
        if names := names - self._devices.keys():
            _execute(INSERT_DEVICES, [self.organisation_id, *_columns(sorted(names))])
            select()

    def _resolve_systems(self, names: set[tuple[str, str]]) -> None:
        def select() -> None:
            rows = _fetch(SELECT_SYSTEMS, [*_columns(list(names)), self.organisation_id])
            self._systems |= {(name, version): ident for name, version, ident in rows}

        if names:
            select()
        if names := names - self._systems.keys():
            _execute(INSERT_SYSTEMS, [self.organisation_id, *_columns(sorted(names))])
            select()

    def _resolve_emails(self, lines: list[SessionLine]) -> None:
        """A username is taken over by a member who has none yet."""
        named: dict[str, str] = {}
        for line in lines:
            if line.initiator.email:
                named[line.initiator.email] = line.initiator.username or named.get(line.initiator.email, "")

        def select(emails: list[str]) -> None:
            rows = _fetch(SELECT_USERS_BY_EMAIL, [emails, self.organisation_id])
            self._emails |= {email: (ident, nameless) for email, ident, nameless in rows}

        if unseen := list(named.keys() - self._emails.keys()):
            select(unseen)
        known = self._emails
        changed = [
            (email, username)
            for email, username in named.items()
            if email not in known or (known[email][1] and username)
        ]
        if changed:
            values = [self.organisation_id, make_password(None), Role.USER.value, *_columns(changed)]
            _execute(UPSERT_USERS_BY_EMAIL, values)
            select([email for email, _ in changed])

    def _resolve_usernames(self, names: set[str]) -> None:
        def select() -> None:
            self._usernames |= dict(_fetch(SELECT_USERS_BY_USERNAME, [self.organisation_id, list(names)]))

        if names:
            select()
        if names := names - self._usernames.keys():
            values = [self.organisation_id, make_password(None), Role.USER.value, sorted(names)]
            _execute(INSERT_USERS_BY_USERNAME, values)
            select()

    def _resolve_tokens(self, labels: set[str]) -> None:
        def select() -> None:
            self._tokens |= dict(_fetch(SELECT_TOKENS, [self.organisation_id, list(labels)]))

        if labels:
            select()
        if labels := labels - self._tokens.keys():
            _execute(INSERT_TOKENS, [self.organisation_id, sorted(labels)])
            select()


def _device(line: SessionLine) -> tuple[str, str, str]:
    return (line.device.manufacturer or "", line.device.model or "", line.device.type or "")


def _system(line: SessionLine) -> tuple[str, str]:
    return (line.os.name or "", line.os.version or "")


def _columns(rows: list[Any]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _execute(sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _fetch(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
