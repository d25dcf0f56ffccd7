"""Empty databases of their own, and `migrate` in processes that can be killed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).parent.parent.parent
KILLED = -9

# All that a migration can have made, without what numbers PostgreSQL gave it.
SCHEMA = """
SELECT 'column', attrelid::regclass::text, attname,
       concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attgenerated, pg_get_expr(adbin, adrelid))
FROM pg_attribute LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
JOIN pg_class ON pg_class.oid = attrelid WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r' AND relnamespace = 'public'::regnamespace
UNION ALL SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text,
       concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, indislive)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, concat_ws(' ', pg_get_constraintdef(oid), convalidated)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'table', relname, relpersistence::text, reloptions::text
FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'migration', app, name, '' FROM django_migrations
"""
WAITS = "SELECT true FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
APPLIED = "SELECT false FROM django_migrations WHERE app = %s AND name = %s"

Process = Callable[[], "subprocess.Popen[str]"]


def url_of(name: str) -> str:
    """What DATABASE_URL is for another database of the tests' server."""
    database = settings.DATABASES["default"]
    password = f":{quote(database['PASSWORD'])}" if database.get("PASSWORD") else ""
    where = urlencode({"host": database["HOST"], "port": database["PORT"] or 5432})
    return f"postgres://{quote(database['USER'])}{password}@/{name}?{where}"


class Database:
    """An empty one. Call it to ask something; `connect` for another connection."""

    def __init__(self, name: str) -> None:
        database = settings.DATABASES["default"]
        self._where = {key: database[key.upper()] for key in ("host", "port", "user", "password") if database.get(key.upper())}
        self.name = name
        self.url = url_of(name)
        with self.connect(database["NAME"]) as maintenance:
            maintenance.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            # What is killed is `migrate` and never PostgreSQL, so that commits need not wait for the disk.
            maintenance.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")

    def drop(self) -> None:
        with self.connect(settings.DATABASES["default"]["NAME"]) as maintenance:
            maintenance.execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def connect(self, name: str = "") -> "psycopg.Connection[Any]":
        return psycopg.connect(dbname=name or self.name, autocommit=True, **self._where)

    def __call__(self, question: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(question, parameters or None).fetchall()

    @property
    def schema(self) -> set[tuple[Any, ...]]:
        return set(self(SCHEMA))

    @contextmanager
    def dump(self) -> "Iterator[psycopg.Connection[Any]]":
        """What pg_dump does to a database for as long as it runs."""
        with self.connect() as connection, connection.transaction():
            connection.execute("SET application_name = 'pg_dump'; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            tables = connection.execute("SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r' "
                                        "AND relnamespace = 'public'::regnamespace").fetchone()
            assert tables
            connection.execute(f"LOCK TABLE {tables[0]} IN ACCESS SHARE MODE")
            yield connection

    def waits_before_it_is_applied(self, migration: str) -> bool:
        """Wait until a statement waits for a lock, or the migration is through without."""
        app, name = migration.split(".")
        return bool(self.wait_for(lambda: self(WAITS) or self(APPLIED, app, name))[0][0])

    @staticmethod
    def wait_for(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.02)
        raise AssertionError("it did not come to that")


class Runner:
    """The process of runner.py, and what its forks have said."""

    def __init__(self, process: "subprocess.Popen[str]", said: IO[str]) -> None:
        self._process = process
        self._said = said

    def start(self, target: str = "-", migration: str = "-", place: str = "-") -> int:
        """The id of the process that migrates."""
        assert self._process.stdin
        print(target, migration, place, file=self._process.stdin, flush=True)
        return self._answer()

    def end(self) -> int:
        """Wait for it; its exit status."""
        return self._answer()

    def run(self, target: str = "-", migration: str = "-", place: str = "-") -> int:
        self.start(target, migration, place)
        return self.end()

    def said(self) -> str:
        self._said.seek(0)
        return self._said.read()

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


@contextmanager
def a_database(name: str) -> Iterator[Database]:
    made = Database(f"{name}_{os.getpid()}")
    try:
        yield made
    finally:
        made.drop()


@pytest.fixture
def database(worker_id: str) -> Iterator[Database]:
    with a_database(f"migrated_{worker_id}") as made:
        yield made


@pytest.fixture
def migrating(database: Database) -> Iterator[Runner]:
    with runner(database) as made:
        yield made


@pytest.fixture
def migrate(database: Database) -> Process:
    return lambda: process(database, "manage.py", "migrate")


@contextmanager
def runner(database: Database) -> Iterator[Runner]:
    with tempfile.TemporaryFile("w+") as said, process(database, "-m", "tests.migrations.runner", stderr=said) as made:
        yield Runner(made, said)
        assert made.stdin
        made.stdin.close()


def process(database: Database, *arguments: str, stderr: Any = subprocess.PIPE) -> "subprocess.Popen[str]":
    """Python with the settings of a deployment that has this database."""
    own = {"DATABASE_URL": database.url, "SECRET_KEY": "x", "ALLOWED_HOSTS": "localhost"}
    own |= {"DJANGO_SETTINGS_MODULE": "sessionhistory.settings", "DATABASE_POOL_SIZE": "0"}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT, env=os.environ | own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
    )  # fmt: skip


def plan() -> list[tuple[str, bool]]:
    """Every migration, of Django's apps as well, in the order in which an empty database gets them; whether atomic."""
    loader = MigrationLoader(None)
    ordered: dict[tuple[str, str], None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        ordered |= dict.fromkeys(loader.graph.forwards_plan(leaf))
    return [(".".join(key), loader.graph.nodes[key].atomic) for key in ordered]


@pytest.fixture(scope="session")
def whole(worker_id: str) -> set[tuple[Any, ...]]:
    """The schema that migrations make when nobody disturbs them."""
    with a_database(f"undisturbed_{worker_id}") as made:
        with runner(made) as undisturbed:
            assert undisturbed.run() == 0, undisturbed.said()
        return made.schema


OURS = [(name, atomic) for name, atomic in plan() if name.startswith("history.")]
