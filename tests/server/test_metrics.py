"""The numbers of a server of several processes, asked of whichever answers."""

import http.client
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil

from sessions.models import Organisation, User
from tests.test_metrics import SECRET, Numbers, numbers
from tests.web_server import Server, cookie_of, fill, free_port, serving, wait_for_workers

SECONDS = 60.0
WORKERS, THREADS = 2, 48
ROWS = 4_000  # more than sockets hold


def get(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    client.request("GET", path, headers=headers)
    response = client.getresponse()
    said = response.read()
    client.close()
    return response.status, said


def told(port: int) -> Numbers:
    status, said = get(port, "/metrics", Authorization=f"Bearer {SECRET}")
    assert status == 200
    return numbers(said.decode())


def gauge(port: int, name: str) -> float:
    return told(port)[f"session_history_{name}", ()]


def answered(port: int, route: str, status: int) -> float:
    return told(port)["session_history_requests_total", (("route", route), ("status", str(status)))]


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_of(server: Server) -> list[int]:
    """Their process ids, as the log has them."""
    return [int(line.rpartition(":")[2]) for line in server.log.splitlines() if "Worker is ready" in line]


def test_all_processes_are_added_up_and_one_that_is_killed_leaves_its_counts(
    transactional_db: None, tmp_path: Path
) -> None:
    with serving(tmp_path, WORKERS, METRICS_TOKEN=SECRET) as server:
        for _ in range(20):
            assert get(server.port, "/signin/")[0] == 200
        assert answered(server.port, "signin", 200) == 20
        eventually(lambda: gauge(server.port, "threads") == WORKERS * THREADS)

        killed = workers_of(server)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_for_workers(server, 2 * WORKERS)
        eventually(lambda: gauge(server.port, "threads") == WORKERS * THREADS)
        assert get(server.port, "/signin/")[0] == 200
        assert answered(server.port, "signin", 200) == 21
        folder = folder_of(workers_of(server)[-1])
        assert list(folder.glob("*.db"))
    assert not folder.exists()


def folder_of(pid: int) -> Path:
    """Where a process keeps its numbers: it has the files in memory."""
    mapped = (Path(file.path) for file in psutil.Process(pid).memory_maps())
    return next(file.parent for file in mapped if "session-history-metrics-" in file.parent.name)


def test_exports_that_run_are_told_with_their_threads_and_connections(
    transactional_db: None, acme: Organisation, alice: User, tmp_path: Path
) -> None:
    fill(acme.pk, ROWS)
    export = f"GET /sessions/export.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie_of(alice)}\r\n\r\n"
    with serving(tmp_path, METRICS_TOKEN=SECRET, LONG_TRANSFERS="2") as server, ExitStack() as readers:
        for _ in range(2):
            reader = readers.enter_context(socket.create_connection(("127.0.0.1", server.port), SECONDS))
            reader.sendall(export.encode())
            assert reader.recv(12).endswith(b"200")
        busy = ("transfers_running", "threads_busy", "database_connections_in_use")
        # A scrape has a connection of its own.
        eventually(lambda: [gauge(server.port, name) for name in busy] in ([2, 2, 2], [2, 2, 3]))
        assert get(server.port, "/sessions/export.csv", Cookie=cookie_of(alice))[0] == 503
        assert answered(server.port, "session_export", 503) == 1
        readers.close()
        eventually(lambda: gauge(server.port, "transfers_running") == 0)
        eventually(lambda: gauge(server.port, "threads_busy") == 0)


def test_without_a_database_everything_else_is_told(db: None, tmp_path: Path) -> None:
    nobody = str(free_port())
    with serving(
        tmp_path, METRICS_TOKEN=SECRET, DATABASE_POOL_SECONDS="0.2", PGHOST="127.0.0.1", PGPORT=nobody
    ) as server:
        assert get(server.port, "/signin/")[0] in {200, 503}
        assert gauge(server.port, "database_up") == 0
        assert gauge(server.port, "database_connections_open") == 0
        assert gauge(server.port, "transfers_running") == 0
