"""Measure WSGI servers, workers and threads with the product: `python -m benchmarks.wsgi`.

On the demo's sessions, in a database of its own: pages of the list a second over eight connections; how long a page
takes meanwhile, and beside two exports that are read without a pause; and what memory the processes hold after that.
What docs/operators.md says of the server comes from here. About four minutes.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import psutil

from benchmarks import database
from benchmarks.client import Client
from benchmarks.demo import make_demo
from benchmarks.servers import Server, free_port, gunicorn, served
from benchmarks.timing import Asked, Times, requests_per_second

APPLICATION, SETTINGS = "sessionhistory.wsgi", "benchmarks.settings"
CONNECTIONS, EXPORTS = 8, 2
SECONDS = 6.0
PAGE, EXPORT = "/sessions/", "/sessions/export.csv"


def waitress(threads: int) -> AbstractContextManager[Server]:
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--threads", str(threads)]
    return served(["-m", "waitress", *options, f"{APPLICATION}:application"], port, SETTINGS, is_talkative=True)


def gthread(workers: int, threads: int) -> AbstractContextManager[Server]:
    return gunicorn(APPLICATION, SETTINGS, "--workers", str(workers), "--threads", str(threads))


def sync(workers: int) -> AbstractContextManager[Server]:
    return gunicorn(APPLICATION, SETTINGS, "--worker-class", "sync", "--workers", str(workers), "--threads", "1")


SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {
    "gunicorn gthread, 1 worker, 8 threads": partial(gthread, 1, 8),
    "gunicorn gthread, 2 workers, 4 threads": partial(gthread, 2, 4),
    "gunicorn gthread, 2 workers, 8 threads": partial(gthread, 2, 8),
    "gunicorn gthread, 2 workers, 16 threads": partial(gthread, 2, 16),
    "gunicorn gthread, 4 workers, 8 threads": partial(gthread, 4, 8),
    "gunicorn sync, 4 workers": partial(sync, 4),
    "gunicorn sync, 8 workers": partial(sync, 8),
    "waitress, 8 threads": partial(waitress, 8),
}


@dataclass(frozen=True)
class Found:
    per_second: float
    beside_exports: Times
    mebibytes: float


def main() -> None:
    with database.set_up():
        run()


def run() -> None:
    from sessions.demo.cast import ADMIN, PASSWORD

    make_demo()
    print(f"{'':<42}{'pages/s':>9}{'beside exports, ms':>22}{'MiB':>7}")
    for name, start in SERVERS.items():
        with start() as server:
            client = Client(server.port)
            client.sign_in(ADMIN, PASSWORD)
            found = measured(server, client)
        times = f"{found.beside_exports.median:.1f} / {found.beside_exports.p95:.1f}"
        print(f"{name:<42}{found.per_second:>9.1f}{times:>22}{found.mebibytes:>7.0f}", flush=True)


def measured(server: Server, client: Client) -> Found:
    per_second = requests_per_second(client, PAGE, connections=CONNECTIONS, seconds=SECONDS)
    done = threading.Event()
    readers = [threading.Thread(target=export, args=[client, done]) for _ in range(EXPORTS)]
    for reader in readers:
        reader.start()
    asked = Asked(Client(client.port, client.cookie), PAGE, rounds=1_000, seconds=SECONDS)
    asked.warm_up()
    while not asked.is_done:
        asked.ask()
    done.set()
    for reader in readers:
        reader.join()
    parent = psutil.Process(server.pid)
    held = sum(process.memory_info().rss for process in [parent, *parent.children(recursive=True)])
    return Found(per_second, asked.times, held / 2**20)


def export(client: Client, done: threading.Event) -> None:
    """On a connection of its own, one after the other."""
    reader = Client(client.port, client.cookie)
    while not done.is_set():
        reader.download(EXPORT)


if __name__ == "__main__":
    main()
