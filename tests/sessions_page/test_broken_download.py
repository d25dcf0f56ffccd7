"""A real server, a real download: one that fails in the middle is seen to have failed."""

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from sessions.models import Organisation, User

ROOT = Path(__file__).parent.parent.parent
# Some 45 MB of CSV: more than what sockets and buffers between the two hold.
ROWS = 40_000


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """gunicorn as it is configured for the product, on this test's database. Its port."""
    database = connection.settings_dict
    environment = os.environ | {
        # The rest in libpq's own variables: a URL has no good place for a socket's folder.
        "DATABASE_URL": f"postgres:///{database['NAME']}",
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database.get("PASSWORD") or ""),
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "DATA_DIR": str(tmp_path),
        # A busy machine is no reason to refuse anything.
        "DATABASE_POOL_SECONDS": "60",
        "DATABASE_LOCK_SECONDS": "60",
        "DATABASE_STATEMENT_SECONDS": "60",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1", "sessionhistory.wsgi"],
        cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    try:
        port = port_of(process)
        # A server that has much to say waits for somebody to read it.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def port_of(process: "subprocess.Popen[str]") -> int:
    """As the server says it. Fails with what it said when it does not start.

    No select here: of two lines that come at once it would not see the second, which Python has buffered.
    """
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise AssertionError(f"gunicorn did not start:\n{said}")


@pytest.fixture
def cookie(transactional_db: None, acme: Organisation, alice: User) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (
                id, organisation_id, status, initiator_type, started_at, last_seen_at,
                exception, crash, anr, rage_tap, user_agent, attributes)
            SELECT gen_random_uuid(), %s, 'ended', 'anonymous', now(), now(), false, false, false, false,
                   repeat('x', 1000), '{}'
            FROM generate_series(1, %s)
            """,
            [acme.pk, ROWS],
        )
    return cookie_of(alice)


def cookie_of(user: User) -> str:
    """The header of somebody who is signed in."""
    signed_in = SessionStore()
    signed_in[SESSION_KEY] = str(user.pk)
    signed_in[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    signed_in[HASH_SESSION_KEY] = user.get_session_auth_hash()
    signed_in.create()
    return f"{settings.SESSION_COOKIE_NAME}={signed_in.session_key}"


def test_a_download_whose_database_goes_away_breaks_off(server: int, cookie: str) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    client.request("GET", "/sessions/export.csv", headers={"Cookie": cookie})
    response = client.getresponse()
    assert response.status == 200
    assert response.read(1_000_000).startswith(b"\xef\xbb\xbfUser,")

    assert end_copy() == 1
    with pytest.raises(http.client.IncompleteRead):
        response.read()

    # The server is none the worse for it, and a download that is left alone is whole.
    client = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    client.request("GET", "/sessions/export.csv?app=none", headers={"Cookie": cookie})
    assert client.getresponse().read().endswith(b"Attributes\r\n")


def end_copy() -> int:
    """Ends the server's connection that writes the export, as an administrator or a failing machine would."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        ended = other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() "
            "AND state = 'active' AND query LIKE '%COPY (%' AND pid <> pg_backend_pid()"
        )
        return len(ended.fetchall())
