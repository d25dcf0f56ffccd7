"""Turns the names in a batch into ids of the small tables, and inserts the rows that are missing.

Apps, people and tokens are looked up for each batch, since other processes rename them: the name that was sent last
counts, whoever sent it. Devices and operating systems are nothing but their names, so their ids are remembered. The
tables are written in one order, so that concurrent imports wait for each other and never deadlock.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import connection

from sessions.contract.choices import Role
from sessions.contract.schema import SessionLine
from sessions.ingest.writing.small_tables import (
    INSERT_DEVICES,
    INSERT_SYSTEMS,
    INSERT_TOKENS,
    INSERT_USERS_BY_USERNAME,
    SELECT_APPS,
    SELECT_DEVICES,
    SELECT_SYSTEMS,
    SELECT_TOKENS,
    SELECT_USERS_BY_EMAIL,
    SELECT_USERS_BY_USERNAME,
    UPSERT_APPS,
    UPSERT_USERS_BY_EMAIL,
)

# How many facets an import remembers, at some 150 bytes each.
MOST_FACETS = 200_000


class Person(NamedTuple):
    """A stored person with an e-mail address. Somebody who `signs_in` has chosen the username."""

    email: str
    username: str
    signs_in: bool

    def takes(self, username: str | None) -> bool:
        """Whether this username, which was sent, is to replace the stored one."""
        return bool(username) and username != self.username and not (self.signs_in and self.username)


class Ids(NamedTuple):
    """The ids that a session's row refers to, None where the session names nothing."""

    app: int | None
    device: int | None
    os: int | None
    user: int | None
    token: int | None


class Catalogue:
    """Remembers what an import has seen of an organisation: ids, facets, and whether its last batch was all new.

    Call `forget` when a transaction was rolled back.
    """

    def __init__(self, organisation_id: int) -> None:
        self.organisation_id = organisation_id
        self.forget()

    def forget(self) -> None:
        self._apps: dict[str, tuple[int, str, str]] = {}
        self._devices: dict[tuple[str, str, str], int] = {}
        self._systems: dict[tuple[str, str], int] = {}
        self._emails: dict[str, int] = {}
        self._people: dict[int, Person] = {}
        self._usernames: dict[str, int] = {}
        self._tokens: dict[str, int] = {}
        self._facets: set[tuple[int, int, str]] = set()
        self._facet_removals = 0
        # Whether all sessions of the last batch were new. Those of the next batch are then taken to be new as well.
        self.was_new = False

    def __len__(self) -> int:
        return sum(len(known) for known in self._tables())

    def _tables(self) -> tuple[dict[Any, Any], ...]:
        return (self._apps, self._devices, self._systems, self._emails, self._usernames, self._tokens)

    def about(self, line: SessionLine) -> "Catalogue":
        """A copy that knows the names of this line alone, and can change by itself."""
        part = Catalogue(self.organisation_id)
        for known, own, name in zip(self._tables(), part._tables(), _names(line), strict=True):
            if (value := known.get(name)) is not None:
                own[name] = value
        part._people = {ident: self._people[ident] for ident in part._emails.values()}
        return part

    def learn(self, part: "Catalogue") -> None:
        """Take over what a transaction has made and committed. Other threads may be reading."""
        self._people |= part._people  # noqa: SLF001
        for known, new in zip(self._tables(), part._tables(), strict=True):  # noqa: SLF001
            known.update(new)

    def learn_facets(self, facets: set[tuple[int, int, str]], removals: int) -> set[tuple[int, int, str]]:
        """The facets that are not known to exist. From now on they are known, until a purge removes some."""
        if removals != self._facet_removals or len(self._facets) > MOST_FACETS:
            self._facets, self._facet_removals = set(), removals
        new = facets - self._facets
        self._facets |= new
        return new

    def ids(self, line: SessionLine) -> Ids:
        """The ids of a line that `resolve` has seen. Raises KeyError for a name that is not known."""
        device, system, initiator = _device(line), _system(line), line.initiator
        user = None
        if initiator.email:
            user = self._emails[initiator.email]
        elif initiator.username:
            user = self._usernames[initiator.username]
        return Ids(
            self._apps[line.app.app_id][0] if line.app.app_id is not None else None,
            self._devices[device] if any(device) else None,
            self._systems[system] if any(system) else None,
            user,
            self._tokens[initiator.label or ""] if initiator.type == "token" else None,
        )

    def knows(self, line: SessionLine) -> bool:
        """Whether `resolve` would write nothing, as far as is known here. The statement must check `believed`."""
        app, initiator = line.app, line.initiator
        try:
            self.ids(line)
        except KeyError:
            return False
        if app.app_id is not None and self._differs(app.app_id, app.name or "", app.group or ""):
            return False
        return not (initiator.email and self._person(initiator.email).takes(initiator.username))

    def believed(self, line: SessionLine) -> dict[str, object]:
        """The parameters of `NAMES_HOLD` for a line that is known: the stored names of its app and person."""
        ids = self.ids(line)
        _, app_name, app_group = self._apps[line.app.app_id] if line.app.app_id is not None else (None, None, None)
        person = Person("", "", signs_in=False)
        if ids.user is not None:
            person = self._people.get(ids.user) or Person("", line.initiator.username or "", signs_in=False)
        return {
            "app": ids.app,
            "app_name": app_name,
            "app_group": app_group,
            "person": ids.user,
            "email": person.email,
            "username": person.username,
            "signs_in": person.signs_in,
        }

    def put_names(self, line: SessionLine) -> None:
        """Replace the names of app and person in a line that `resolve` has seen by those in the tables."""
        if line.app.app_id is not None:
            _, line.app.name, line.app.group = self._apps[line.app.app_id]
        if line.initiator.email:
            line.initiator.email, line.initiator.username, _ = self._person(line.initiator.email)

    def _person(self, email: str) -> Person:
        return self._people[self._emails[email]]

    def resolve(self, lines: Iterable[SessionLine]) -> None:
        """Make sure that every name of these lines has an id. Call it in the transaction that writes them."""
        lines = list(lines)
        self._resolve_apps(lines)
        self._resolve_devices({device for line in lines if any(device := _device(line))} - self._devices.keys())
        self._resolve_systems({system for line in lines if any(system := _system(line))} - self._systems.keys())
        self._resolve_emails(lines)
        self._resolve_usernames(
            {line.initiator.username for line in lines if line.initiator.username and not line.initiator.email}
        )
        self._resolve_tokens({line.initiator.label or "" for line in lines if line.initiator.type == "token"})

    def _resolve_apps(self, lines: list[SessionLine]) -> None:
        """The latest name and group win; nothing is written while they stay the same."""
        named: dict[str, tuple[str, str]] = {}
        for line in lines:
            if line.app.app_id is not None:
                name, group = named.get(line.app.app_id, ("", ""))
                named[line.app.app_id] = (line.app.name or name, line.app.group or group)
        self._select_apps(list(named))
        changed = [(app_id, *names) for app_id, names in sorted(named.items()) if self._differs(app_id, *names)]
        if changed:
            _execute(UPSERT_APPS, [self.organisation_id, *_columns(changed)])
            self._select_apps([app_id for app_id, _, _ in changed])

    def _select_apps(self, app_ids: list[str]) -> None:
        if app_ids:
            rows = _fetch(SELECT_APPS, [self.organisation_id, app_ids])
            _replace(self._apps, app_ids, {app_id: (ident, name, group) for app_id, ident, name, group in rows})

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
        """The latest username wins, except for a member who can sign in and has one: members choose their own."""
        emails = list(dict.fromkeys(line.initiator.email for line in lines if line.initiator.email))

        def select(emails: list[str]) -> None:
            rows = _fetch(SELECT_USERS_BY_EMAIL, [emails, self.organisation_id])
            _replace(self._emails, emails, {email: ident for email, ident, *_ in rows})
            self._people |= {ident: Person(*person) for _, ident, *person in rows}

        if emails:
            select(emails)
        latest: dict[int | str, tuple[str, str]] = {}  # by id, since an address may be spelled in several ways
        for line in lines:
            if email := line.initiator.email:
                who = self._emails.get(email, email)
                if line.initiator.username:
                    latest.pop(who, None)
                latest.setdefault(who, (email, line.initiator.username or ""))
        changed = [
            (email, username)
            for email, username in latest.values()
            if email not in self._emails or self._person(email).takes(username)
        ]
        if changed:
            values = [self.organisation_id, make_password(None), Role.USER.value, *_columns(changed)]
            _execute(UPSERT_USERS_BY_EMAIL, values)
            select([email for email, _ in changed])

    def _resolve_usernames(self, names: set[str]) -> None:
        def select() -> None:
            found = dict(_fetch(SELECT_USERS_BY_USERNAME, [self.organisation_id, list(names)]))
            _replace(self._usernames, names, found)

        if names:
            select()
        if names := names - self._usernames.keys():
            values = [self.organisation_id, make_password(None), Role.USER.value, sorted(names)]
            _execute(INSERT_USERS_BY_USERNAME, values)
            select()

    def _resolve_tokens(self, labels: set[str]) -> None:
        def select() -> None:
            _replace(self._tokens, labels, dict(_fetch(SELECT_TOKENS, [self.organisation_id, list(labels)])))

        if labels:
            select()
        if labels := labels - self._tokens.keys():
            _execute(INSERT_TOKENS, [self.organisation_id, sorted(labels)])
            select()


def _names(line: SessionLine) -> tuple[Any, ...]:
    """The line's name in each table, in the order of `_tables`. No table contains None."""
    initiator = line.initiator
    return (
        line.app.app_id,
        _device(line),
        _system(line),
        initiator.email,
        None if initiator.email else initiator.username,
        initiator.label if initiator.type == "token" else None,
    )


def _device(line: SessionLine) -> tuple[str, str, str]:
    return (line.device.manufacturer or "", line.device.model or "", line.device.type or "")


def _system(line: SessionLine) -> tuple[str, str]:
    return (line.os.name or "", line.os.version or "")


def _replace(known: dict[str, Any], names: Iterable[str], found: dict[str, Any]) -> None:
    """Update `known` by what was looked up again. A name that was not found is forgotten."""
    for name in names:
        known.pop(name, None)
    known |= found


def _columns(rows: list[Any]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _execute(sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _fetch(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
