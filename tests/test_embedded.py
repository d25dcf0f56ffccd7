"""The embedded PostgreSQL, with real processes, real kill -9 and a data directory of its own for each test."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sessionhistory import embedded

ROOT = Path(__file__).parent.parent
AS_ROOT = os.geteuid() == 0
SECONDS = 60.0

# Uses the database, prints one answer, then stays until its stdin is closed.
CLIENT = """
import sys
from pathlib import Path
import psycopg
from sessionhistory import embedded
entry = embedded.database(Path(sys.argv[1]))
where = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"], "dbname": entry["NAME"]}
def ask(sql):
    with psycopg.connect(**where, autocommit=True) as connection:
        cursor = connection.execute(sql)
        while cursor.nextset():
            pass
        return cursor.fetchone()[0]
print(ask(sys.argv[2]), flush=True)
"""
STAY = CLIENT + "sys.stdin.read()\n"
STARTED = "SELECT pg_postmaster_start_time()"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A path where no data directory is yet, below a folder that every OS user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)
    for process in processes(folder):
        process.kill()


def processes(folder: Path, of: str = "") -> list[psutil.Process]:
    """The keeper and the postmaster (`of` is a word of their command line) of data directories in `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if any(word.startswith(str(folder)) for word in command) and of in " ".join(command) and "-c" not in command:
            found.append(process)
    return found


def keeper(data_dir: Path) -> psutil.Process:
    return processes(data_dir, "sessionhistory.keeper")[0]


def postmaster(data_dir: Path) -> psutil.Process:
    return processes(data_dir, "bin/postgres")[0]


def start(data_dir: Path, sql: str = STARTED, script: str = STAY, **options: Any) -> subprocess.Popen[str]:
    options |= {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [options.pop("python", sys.executable), "-c", script, str(data_dir), sql]
    process: subprocess.Popen[str] = subprocess.Popen(command, cwd=ROOT, **options)
    return process


def answer(client: subprocess.Popen[str]) -> str:
    """End the client and return what it printed."""
    output, errors = client.communicate(timeout=SECONDS)
    assert client.returncode == 0, errors
    return output.strip()


def ask(data_dir: Path, sql: str = STARTED, **options: Any) -> str:
    return answer(start(data_dir, sql, CLIENT, **options))


def refusal(data_dir: Path) -> str:
    """The stderr of a client that must fail."""
    client = start(data_dir, script=CLIENT)
    _, errors = client.communicate(timeout=SECONDS)
    assert client.returncode != 0
    return errors


def running(client: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert client.stdout
    assert client.stdout.readline(), client.communicate()[1]
    return client


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kill_all(data_dir: Path) -> None:
    """kill -9 of the keeper and of every process of the server."""
    victims = [keeper(data_dir), postmaster(data_dir), *postmaster(data_dir).children(recursive=True)]
    for victim in victims:
        victim.kill()
    psutil.wait_procs(victims, timeout=SECONDS)


def test_the_server_starts_on_first_use_and_the_next_process_shares_it(data_dir: Path) -> None:
    first = running(start(data_dir, "SELECT 1"))
    assert ask(data_dir) == ask(data_dir)
    answer(first)


def test_twenty_processes_at_once_on_an_empty_directory_share_one_server(data_dir: Path) -> None:
    clients = [start(data_dir) for _ in range(20)]
    assert len({answer(client) for client in clients}) == 1
    assert len(processes(data_dir)) == 2


def test_text_is_utf_8_in_code_point_order_and_nothing_listens_on_the_network(data_dir: Path) -> None:
    sql = """
        SELECT concat_ws(' ', current_setting('server_encoding'), datlocale, lower('É'), 'Z' < 'a' COLLATE "default",
                         current_setting('fsync'), '[' || current_setting('listen_addresses') || ']')
        FROM pg_database WHERE datname = current_database()
    """
    assert ask(data_dir, sql) == "UTF8 C.UTF-8 é t on []"
    assert not [c for c in postmaster(data_dir).net_connections("inet") if c.status == psutil.CONN_LISTEN]


def test_only_the_servers_os_user_may_enter_the_folder_of_the_socket(data_dir: Path) -> None:
    ask(data_dir)
    assert stat.S_IMODE((data_dir / "postgres").stat().st_mode) == 0o700


def test_it_survives_a_kill_9_of_the_process_that_started_it(data_dir: Path) -> None:
    first = running(start(data_dir))
    second = running(start(data_dir))
    started = ask(data_dir)
    first.kill()
    first.communicate()
    assert ask(data_dir) == started
    answer(second)


def test_ctrl_c_in_the_terminal_that_started_it_does_not_reach_the_server(data_dir: Path) -> None:
    first = running(start(data_dir, process_group=0))
    started = ask(data_dir)
    os.killpg(first.pid, signal.SIGINT)
    first.communicate()
    assert ask(data_dir) == started


@pytest.mark.parametrize("whole_tree", [False, True], ids=["postmaster", "all its processes"])
def test_after_a_kill_9_of_the_server_it_is_started_again_for_the_processes_that_use_it(
    data_dir: Path, whole_tree: bool
) -> None:
    user = running(start(data_dir))
    before = ask(data_dir, "CREATE TABLE kept AS SELECT 7 AS seven; " + STARTED)
    killed = postmaster(data_dir)
    victims = [killed, *(killed.children(recursive=True) if whole_tree else [])]
    for victim in victims:
        victim.kill()
    eventually(lambda: bool(set(processes(data_dir, "bin/postgres")) - {killed}))
    assert ask(data_dir) != before
    assert ask(data_dir, "SELECT seven FROM kept") == "7"
    answer(user)


def test_without_its_keeper_the_server_goes_on_and_the_next_process_starts_a_keeper(data_dir: Path) -> None:
    user = running(start(data_dir))
    started = ask(data_dir)
    keeper(data_dir).kill()
    assert ask(data_dir) == started
    assert keeper(data_dir).is_running()
    answer(user)
    eventually(lambda: not processes(data_dir))


@pytest.mark.parametrize(
    "content",
    [None, "", "garbage\n", "1234567\n/some/where\n17", "{pid}\n{cluster}\n1700000000\n5432\n\n\n  1 2\nready\n"],
    ids=["stale", "empty", "garbage", "truncated", "reused"],
)
def test_a_postmaster_pid_left_behind_is_no_obstacle(data_dir: Path, content: str | None) -> None:
    started = ask(data_dir)
    cluster = data_dir / "postgres"
    owner = cluster.stat().st_uid
    kill_all(data_dir)
    # A process of the server's own OS user, since PostgreSQL ignores the pids of others.
    command = ["sleep", "600"]
    stranger = subprocess.Popen(command, user=owner) if AS_ROOT else subprocess.Popen(command)
    if content is not None:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (cluster / name).write_text(content.format(pid=stranger.pid, cluster=cluster))
    assert ask(data_dir) != started
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_first_start_that_was_killed_is_done_again(data_dir: Path) -> None:
    client = start(data_dir)
    eventually((data_dir / "postgres.new").exists)
    for victim in processes(data_dir):
        victim.kill()
    client.kill()
    client.communicate()
    assert ask(data_dir, "SELECT 1") == "1"


@pytest.mark.parametrize(
    "name", ["x" * 120, "with, comma", """sp ace 'quote" $HOME `é` \\"""], ids=["long", "comma", "odd"]
)
def test_any_path_will_do(data_dir: Path, name: str) -> None:
    client = running(start(data_dir / name))
    assert ask(data_dir / name, "SELECT 1") == "1"
    answer(client)
    eventually(lambda: not processes(data_dir))


def test_a_cluster_of_another_major_version_is_refused_in_one_line_that_says_what_to_do(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres/PG_VERSION").write_text("16\n")
    *_, last = refusal(data_dir).strip().splitlines()
    assert "ImproperlyConfigured: " in last
    assert "made by PostgreSQL 16 and this release brings 18: dump it" in last


def test_a_server_that_does_not_start_is_tried_twice_and_the_message_shows_its_log(data_dir: Path) -> None:
    ask(data_dir)
    kill_all(data_dir)
    with (data_dir / "postgres/postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    message = refusal(data_dir)
    assert 'unrecognized configuration parameter "no_such_setting"' in message
    assert (data_dir / "postgres.log.1").exists()
    assert not processes(data_dir)


def test_a_start_that_succeeds_at_the_second_attempt_says_why_the_first_did_not(data_dir: Path) -> None:
    ask(data_dir)
    kill_all(data_dir)
    gate = data_dir / "postgres/postgresql.auto.conf"  # made a pipe, so that each start reads other settings
    gate.unlink()
    os.mkfifo(gate)
    gate.chmod(0o644)
    client = start(data_dir, "SELECT 1", CLIENT)
    gate.write_text("no_such_setting = 1\n")
    first_log = data_dir / "postgres.log.1"
    eventually(lambda: first_log.exists() and "no_such_setting" in first_log.read_text())
    gate.write_text("")
    output, errors = client.communicate(timeout=SECONDS)
    assert output == "1\n"
    assert errors.startswith("Trying once more. The embedded PostgreSQL did not start: exit status 1.")
    assert "no_such_setting" in errors


def test_the_server_stops_once_its_last_user_has_ended_and_not_before(data_dir: Path) -> None:
    demo = running(start(data_dir))
    started = ask(data_dir)
    since = time.monotonic()
    eventually(lambda: time.monotonic() - since > 7)  # longer than the keeper lingers
    assert ask(data_dir) == started
    answer(demo)
    eventually(lambda: not processes(data_dir))
    assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_a_forked_worker_counts_as_a_user_after_its_parent_has_ended(data_dir: Path) -> None:
    fork = CLIENT + "import os\nif not os.fork():\n    sys.stdin.read()\n"
    parent = running(start(data_dir, script=fork))
    parent.wait(SECONDS)
    started = ask(data_dir)
    since = time.monotonic()
    eventually(lambda: time.monotonic() - since > 7)
    assert ask(data_dir) == started
    parent.communicate()  # closes the worker's stdin
    eventually(lambda: not processes(data_dir))


def test_a_server_whose_data_directory_is_deleted_ends(data_dir: Path) -> None:
    user = running(start(data_dir))
    shutil.rmtree(data_dir)
    eventually(lambda: not processes(data_dir))
    answer(user)


@pytest.mark.parametrize("with_keeper", [False, True], ids=["the server", "the server and its keeper"])
def test_djangos_pool_finds_the_server_again_after_a_kill_9(data_dir: Path, *, with_keeper: bool) -> None:
    web = """
import sys
import sessionhistory.wsgi
from django.db import OperationalError, connection
def request():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_postmaster_start_time()")
            return str(cursor.fetchone()[0])
    except OperationalError:
        return "unavailable"
    finally:
        connection.close()
for line in sys.stdin:
    print(request(), flush=True)
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "sessionhistory.settings", "DATA_DIR": str(data_dir)}
    environment.pop("DATABASE_URL", None)
    server = start(data_dir, script=web, env=environment)

    def request() -> str:
        assert server.stdin
        assert server.stdout
        server.stdin.write("\n")
        server.stdin.flush()
        return server.stdout.readline().strip()

    before = request()
    if with_keeper:
        kill_all(data_dir)
    else:
        postmaster(data_dir).kill()
    eventually(lambda: request() not in {before, "unavailable"})
    server.communicate()


@pytest.mark.skipif(not AS_ROOT, reason="needs root")
def test_as_root_the_server_runs_as_pgserver_and_only_the_way_to_it_is_opened(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    ask(closed / "data")
    assert postmaster(data_dir).username() == "pgserver"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE((closed / "data/postgres").stat().st_mode) == 0o700


def as_nobody() -> dict[str, Any]:
    """How to start a process as an ordinary user, with a Python that such a user may run."""
    nobody = pwd.getpwnam("nobody")
    options: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    options["env"] = os.environ | {"PYTHONPATH": str(Path(psutil.__file__).parent.parent)}
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [python, "-c", "import sessionhistory.embedded"]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(command, check=True, cwd=ROOT, capture_output=True, **options)
            return options | {"python": python}
    pytest.skip("this checkout, or every Python, is closed to ordinary users")


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to become another user")
def test_root_and_an_ordinary_user_each_have_a_server_on_one_machine(data_dir: Path) -> None:
    roots = ask(data_dir)  # opens the way to the binaries
    user = as_nobody()
    other = data_dir / "nobody"
    other.mkdir()
    os.chown(other, user["user"], user["group"])
    demo = running(start(other / "data", **user))
    theirs = ask(other / "data", **user)
    assert theirs != roots
    assert postmaster(other).username() == keeper(other).username() == "nobody"
    assert ask(other / "data") == theirs  # root may use it, too
    with pytest.raises(AssertionError, match="Run as the OS user who made that folder"):
        ask(data_dir, **user)
    answer(demo)


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to become another user")
def test_a_cluster_that_an_ordinary_user_made_runs_as_that_user_when_root_starts_it(data_dir: Path) -> None:
    ask(data_dir / "opens the way")
    user = as_nobody()
    other = data_dir / "nobody"
    other.mkdir()
    os.chown(other, user["user"], user["group"])
    theirs = ask(other / "data", **user)
    kill_all(other)
    assert ask(other / "data") != theirs
    assert postmaster(other).username() == "nobody"
    kill_all(other)
    assert ask(other / "data", **user) != theirs


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(data_dir: Path) -> None:
    script = "import sys; from pathlib import Path; from sessionhistory import embedded\n"
    script += "print(embedded.secret_key(Path(sys.argv[1])))"
    keys = {answer(client) for client in [start(data_dir, script=script) for _ in range(20)]}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600


def test_a_secret_key_whose_writing_was_interrupted_is_made_again(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "secret_key").write_text("")
    assert embedded.secret_key(data_dir) == embedded.secret_key(data_dir) != ""
