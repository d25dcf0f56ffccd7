"""The cast: two organisations, people with known rights, and one way to give them sessions."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import msgspec
import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from sessions.contract.choices import Role, Scope
from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import ApiToken, Organisation, User
from tests.bucket import bucket, s3_server, signed

__all__ = ["bucket", "s3_server", "signed"]

# A busy machine is no reason to fail.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

PASSWORD = "a long password 42"
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

Send = Callable[..., UUID]
ClientOf = Callable[[User], Client]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgresql", action="store_true", help="only the tests that ask PostgreSQL")


@pytest.hookimpl(trylast=True)  # when all markers are there
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("postgresql"):
        config.hook.pytest_deselected(items=[item for item in items if not asks_postgresql(item)])
        items[:] = [item for item in items if asks_postgresql(item)]


def asks_postgresql(item: pytest.Item) -> bool:
    """Whether it may: pytest-django refuses a connection to any other test. A database of its own has a marker."""
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    markers = (item.get_closest_marker(name) for name in ("django_db", "own_database"))
    return any(markers) or not {"db", "transactional_db", "django_db_setup"}.isdisjoint(fixtures)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Commits do not wait for the disk, here and in the servers that tests start: no test's data outlives a crash."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        # The first holds for connections that are made from now on.
        cursor.execute("SET synchronous_commit = off")


@pytest.fixture(autouse=True)
def _plain_settings(settings: LazySettings, tmp_path: Path) -> None:
    """Static files without a manifest, attachments in a folder of the test's own, a quick hash, no memory."""
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.STATIC_ROOT = str(tmp_path)
    settings.MEDIA_ROOT = str(tmp_path / "attachments")
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    # Tests that do not read an answer to its end keep it.
    settings.LONG_TRANSFERS = settings.LONG_TRANSFERS_PER_PERSON = 0


def organisation(slug: str, zone: str = "Europe/Berlin") -> Organisation:
    return Organisation.objects.create(slug=slug, name=slug.capitalize(), time_zone=zone)


def member(of: Organisation, name: str, role: Role) -> User:
    user = User(organisation=of, email=f"{name}@{of.slug}.example", username=name, role=role, can_sign_in=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def acme(db: None) -> Organisation:
    return organisation("acme")


@pytest.fixture
def globex(db: None) -> Organisation:
    return organisation("globex", "America/New_York")


@pytest.fixture
def alice(acme: Organisation) -> User:
    """An admin of acme."""
    return member(acme, "alice", Role.ADMIN)


@pytest.fixture
def dave(acme: Organisation) -> User:
    """A developer of acme, with a token."""
    return member(acme, "dave", Role.DEVELOPER)


@pytest.fixture
def uma(acme: Organisation) -> User:
    """A user of acme."""
    return member(acme, "uma", Role.USER)


@pytest.fixture
def globex_admin(globex: Organisation) -> User:
    return member(globex, "gina", Role.ADMIN)


@pytest.fixture
def nightly(dave: User) -> ApiToken:
    """A token of dave's."""
    return ApiToken.objects.create(
        organisation=dave.organisation, creator=dave, label="nightly-ci", scopes=[Scope.WRITE], digest="0" * 64
    )


@pytest.fixture
def client_of() -> ClientOf:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def send(tmp_path: Path) -> Send:
    """Send a session in as an import does: `send(acme, user="uma@acme.example", app={"app_id": "a"}, ...)`."""

    def send_one(to: Organisation, **fields: Any) -> UUID:
        session: dict[str, Any] = {"status": "ended", "initiator": {"type": "anonymous"}}
        if "user" in fields:
            session["initiator"] = {"type": "user", "email": fields.pop("user")}
        if "token" in fields:
            session["initiator"] = {"type": "token", "label": fields.pop("token")}
        session |= fields
        if not {"started_at", "requested_at"} & session.keys():
            session["started_at"] = NOON
        item = prepare(to, msgspec.json.encode(session), 1, tmp_path)
        report = load(to, [item])
        assert not report.refused, report.refused
        return item.id

    return send_one
