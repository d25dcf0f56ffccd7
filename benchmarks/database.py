"""The benchmark's own database, on whichever server the product would use."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

NAME = "session_history_bench"
FILLED = "filled"


@contextmanager
def set_up(name: str = NAME, *, keep: bool = False) -> Iterator[None]:
    """Django on that database, with folders of its own. Import what needs Django inside the block."""
    with made(name, keep=keep) as url, tempfile.TemporaryDirectory(prefix="session-history-bench-") as folder:
        (Path(folder) / "static").mkdir()
        # gunicorn's workers are told apart by nothing but their settings, so those come before Django is loaded.
        os.environ.update(
            DATABASE_URL=url,
            SECRET_KEY="only for the benchmark: its database and servers end with it",
            ALLOWED_HOSTS="127.0.0.1,testserver",
            HTTPS="false",
            ATTACHMENTS_DIR=str(Path(folder) / "attachments"),
            BENCHMARK_STATIC_ROOT=str(Path(folder) / "static"),
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
        )
        import django

        django.setup()
        yield


@contextmanager
def made(name: str, *, keep: bool) -> Iterator[str]:
    """The URL of the database: empty, or filled by a run before that kept it. Dropped at the end, or kept if filled."""
    server = os.environ.get("DATABASE_URL") or embedded_url()
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(conninfo(server), autocommit=True) as connection:
        if not (keep and is_filled(connection, name)):
            connection.execute(drop)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            parts = urlsplit(server)
            yield urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}"))
        finally:
            if not (keep and is_filled(connection, name)):
                connection.execute(drop)


def is_filled(connection: psycopg.Connection, name: str) -> bool:
    """Whether `benchmarks.data` has done all it does, indexes included, and said so."""
    asked = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    return connection.execute(asked, [name]).fetchone() == (FILLED,)


def conninfo(url: str) -> str:
    """For libpq, which writes the folder of a socket in another way than django-environ."""
    entry = environ.Env.db_url_config(url)
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return make_conninfo(**{name: entry[key] for name, key in names.items() if entry.get(key)})


def embedded_url() -> str:
    from sessionhistory import embedded

    # The data directory as settings.py reads it, which cannot be loaded before DATABASE_URL is known.
    folder = Path(os.environ.get("DATA_DIR") or ".data").expanduser().resolve()
    entry = embedded.database(folder)
    return f"postgres://{entry['USER']}@:{entry['PORT']}/{entry['HOST']}/{entry['NAME']}"
