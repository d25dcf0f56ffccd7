"""The product as it is served: gunicorn as it is configured, and nginx before it as docs/operators.md has it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings, settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from sessions.models import User

ROOT = Path(__file__).parent.parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@dataclass
class Server:
    """`said` grows with every line that the server writes."""

    port: int
    data_dir: Path
    said: list[str]

    @property
    def log(self) -> str:
        return "".join(self.said)


@contextmanager
def serving(data_dir: Path, workers: int = 1, **environment: str) -> Iterator[Server]:
    """gunicorn on this test's database."""
    database = connection.settings_dict
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        # The rest in libpq's own variables: a URL has no good place for a socket's folder.
        "DATABASE_URL": f"postgres:///{database['NAME']}",
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database.get("PASSWORD") or ""),
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "DATA_DIR": str(data_dir),
        # A busy machine is no reason to refuse anything.
        "DATABASE_POOL_SECONDS": "60",
        "DATABASE_LOCK_SECONDS": "60",
        "DATABASE_STATEMENT_SECONDS": "60",
    } | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", str(workers), "sessionhistory.wsgi"],
        cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    try:
        server = Server(port_of(process), data_dir, [])
        # A server that has much to say waits for somebody to read it.
        threading.Thread(target=server.said.extend, args=[process.stderr], daemon=True).start()
        wait_for_workers(server, workers)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_workers(server: Server, workers: int) -> None:
    """They listen from the beginning, and answer when they have loaded the product."""
    while server.log.count("Worker is ready") < workers:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            connection.recv(1)


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


@pytest.fixture(scope="module")
def module_server(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One for all tests of a module, since loading the product takes longer than most of them. `SERVED` of the module
    is its environment, if it is to have one."""
    with serving(tmp_path_factory.mktemp("served"), **getattr(request.module, "SERVED", {})) as started:
        yield started


@pytest.fixture
def shared_server(module_server: Server, transactional_db: None, settings: LazySettings) -> Iterator[Server]:
    """The module's, whose files are this test's storage. It comes to rest before the tables are emptied."""
    settings.MEDIA_ROOT = str(module_server.data_dir / "attachments")
    yield module_server
    deadline = time.monotonic() + 60
    while transactions_of_others():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def transactions_of_others() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def server(request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """Its port. The parameter is its workers, one unless given."""
    with serving(tmp_path, getattr(request, "param", 1)) as started:
        yield started.port


def documented(beginning: str) -> str:
    """The part of nginx's configuration in docs/operators.md that begins so."""
    guide = (ROOT / "docs" / "operators.md").read_text()
    found = re.search(rf"```nginx\n({re.escape(beginning)}.+?)```", guide, re.DOTALL)
    assert found
    return found[1]


def documented_servers(upstream: int, port: int) -> str:
    """nginx's `server` blocks of docs/operators.md, without TLS and on loopback."""
    servers = documented("server {").replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    servers = re.sub(r"ssl_certificate.*;", "", servers)
    servers = servers.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} default_server;")
    return servers.replace("listen 80;", f"listen unix:{port}.sock;")


@contextmanager
def nginx(folder: Path, servers: str) -> Iterator[None]:
    """nginx with these `server` blocks, whose files are in `folder`. Comes back once it listens."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder.mkdir(exist_ok=True)
    temporary = "".join(f"{of}_temp_path {folder}/{of};" for of in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = folder / "nginx.conf"
    configuration.write_text(f"""
        {"user root;" if os.getuid() == 0 else ""}
        pid {folder}/nginx.pid;
        error_log {folder}/nginx.log;
        events {{}}
        http {{
            access_log off;
            {temporary}
            {servers.replace("listen unix:", f"listen unix:{folder}/")}
        }}""")
    command = [NGINX, "-e", str(folder / "nginx.log"), "-c", str(configuration)]
    subprocess.run(command, check=True)
    try:
        yield
    finally:
        subprocess.run([*command, "-s", "stop"], check=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def cookie_of(user: User) -> str:
    """The header of somebody who is signed in."""
    signed_in = SessionStore()
    signed_in[SESSION_KEY] = str(user.pk)
    signed_in[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    signed_in[HASH_SESSION_KEY] = user.get_session_auth_hash()
    signed_in.create()
    return f"{settings.SESSION_COOKIE_NAME}={signed_in.session_key}"


def fill(organisation_id: int, rows: int) -> None:
    """So many sessions, each a line of some 4,200 bytes in an export: few rows are soon inserted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (
                id, organisation_id, status, initiator_type, started_at, last_seen_at,
                exception, crash, anr, rage_tap, user_agent, attributes)
            SELECT gen_random_uuid(), %s, 'ended', 'anonymous', now(), now(), false, false, false, false,
                   repeat('x', 1000), jsonb_build_object('x', repeat('x', 3000))
            FROM generate_series(1, %s)
            """,
            [organisation_id, rows],
        )


def end_copy() -> int:
    """Ends the server's connections that write an export, as an administrator or a failing machine would: how many."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        ended = other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() "
            "AND state = 'active' AND query LIKE '%COPY (%' AND pid <> pg_backend_pid()"
        )
        return len(ended.fetchall())
