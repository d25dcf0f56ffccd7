"""A PostgreSQL of the tests' own, to stop, freeze and lock, and the product on it as it is served."""

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
import pytest

from sessionhistory import embedded, keeper
from tests.web_server import port_of

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60.0
STATEMENT_SECONDS = 4.0

SET_UP = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from sessions.accounts.tokens import make_token
from sessions.models import Organisation, User
from tests.conftest import member
from tests.ingest.lines import a_line, send_lines
acme = Organisation.objects.create(slug="acme", name="Acme", time_zone="Europe/Berlin")
alice = member(acme, "alice", "admin")
app = {"app_id": "shop", "platform": "android"}
send_lines(acme, *(a_line(external_id=str(number), app=app) for number in range(50)))
store = SessionStore()
store[SESSION_KEY] = str(alice.pk)
store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
store[HASH_SESSION_KEY] = alice.get_session_auth_hash()
store.create()
_, secret = make_token(alice, "tests", ["read", "write"])
ident = str(acme.session_id("7"))
print(json.dumps([f"{settings.SESSION_COOKIE_NAME}={store.session_key}", secret, ident]))
"""


class PostgreSQL:
    """Started as the embedded one is, and without its keeper: nobody starts it again."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        (data_dir / "locks").mkdir(parents=True)
        self.start()

    def start(self) -> None:
        server = embedded.open_lock(self.data_dir / "locks/server")
        self.process = keeper._launch(self.data_dir, server)
        os.close(server)
        eventually(lambda: embedded.answers(self.data_dir))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # a fast shutdown
        self.process.wait(SECONDS)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    @contextmanager
    def locked(self, table: str = "history_session") -> Iterator[None]:
        with self.connect() as other:
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host=str(embedded.socket_dir(self.data_dir)), port=embedded.PORT, user=embedded.ROLE, dbname="postgres",
            **options,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": "postgres:///postgres",
            "PGHOST": str(embedded.socket_dir(self.data_dir)),
            "PGPORT": embedded.PORT,
            "PGUSER": embedded.ROLE,
        }


@dataclass(frozen=True)
class Answer:
    path: str
    status: int
    headers: "http.client.HTTPMessage"
    body: bytes
    seconds: float


@dataclass
class Product:
    """gunicorn as it is configured, with a session, a cookie and a token of an admin."""

    port: int
    pid: int
    cookie: str
    secret: str
    ident: str

    @property
    def paths(self) -> list[tuple[str, str, Any]]:
        """What people and programs ask: pages, the API and the other products' paths."""
        return [
            ("GET", "/sessions/", None),
            ("GET", f"/sessions/{self.ident}/", None),
            ("GET", "/sessions/export.csv", None),
            ("GET", "/usage/", None),
            ("GET", "/api/v1/sessions", None),
            ("GET", "/api/v1/sessions?limit=100000&count=exact", None),
            ("GET", f"/api/v1/sessions/{self.ident}", None),
            ("POST", "/api/v1/sessions", {"status": "ended", "initiator": {"type": "anonymous"},
                                          "started_at": "2026-11-20T10:00:00Z"}),
            ("GET", "/observability.sessions.list?platform=android&version_key=shop", None),
            ("GET", f"/v2/sessions/{self.ident}/events", None),
            ("GET", "/v2/realtime/session/tenants/acme", None),
            ("POST", "/core.v1.SessionsService/ListSessionsV2", {}),
        ]  # fmt: skip

    def ask(self, path: str, method: str = "GET", body: Any = None, timeout: float = SECONDS) -> Answer:
        headers = {} if path.startswith(("/sessions", "/usage")) else {"Authorization": f"Bearer {self.secret}"}
        if not headers:
            headers |= {"Cookie": self.cookie, "Accept": "text/html"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        began = time.monotonic()
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        client.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = client.getresponse()
        content = response.read()
        client.close()
        return Answer(path, response.status, response.headers, content, time.monotonic() - began)

    def ask_at_once(self, rounds: int = 2) -> list[Answer]:
        asked = self.paths * rounds
        with ThreadPoolExecutor(len(asked)) as crowd:
            return list(crowd.map(lambda one: self.ask(one[1], one[0], one[2]), asked))

    def is_well(self) -> bool:
        return all(answer.status < 300 for answer in self.ask_at_once(1))


class Watch:
    """Asks for what needs no database, all the while: how long each answer took, in seconds."""

    def __init__(self, product: Product) -> None:
        self.seconds: dict[str, list[float]] = {"/healthz": [], "/static/js/copy.js": []}
        self._product, self._done = product, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[path]) for path in self.seconds]

    def _ask(self, path: str) -> None:
        while not self._done.wait(0.05):
            answer = self._product.ask(path)
            assert answer.status == 200
            self.seconds[path].append(answer.seconds)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


def eventually(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    """Below a folder that every OS user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="deadlines-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    server = PostgreSQL(folder / "data")
    yield server
    server.stop()


@pytest.fixture(scope="package")
def served(postgresql: PostgreSQL, folder: Path) -> Iterator[Product]:
    environment = os.environ | postgresql.environment | {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "DATA_DIR": str(folder / "files"),
        "API_REQUESTS_PER_MINUTE": "0",
        "DATABASE_STATEMENT_SECONDS": f"{STATEMENT_SECONDS}",
        # Longer than a test waits for an import to give up because its client has left.
        "DATABASE_IMPORT_SECONDS": "600",
        "DATABASE_IMPORT_LOCK_SECONDS": "600",
    }  # fmt: skip
    run = [sys.executable, "manage.py"]
    subprocess.run([*run, "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
    subprocess.run([*run, "collectstatic", "--no-input", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
    shell = [*run, "shell", "--verbosity=0", "--command", SET_UP]
    made = subprocess.run(shell, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    cookie, secret, ident = json.loads(made.stdout)
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "sessionhistory.wsgi"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        port = port_of(process)
        log = (folder / "gunicorn.log").open("w")
        threading.Thread(target=shutil.copyfileobj, args=[process.stderr, log], daemon=True).start()
        yield Product(port, process.pid, cookie, secret, ident)
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


@pytest.fixture
def product(served: Product) -> Product:
    """Well and warm."""
    eventually(served.is_well)
    served.ask_at_once()
    return served
