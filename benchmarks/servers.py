"""Servers on loopback, each a process of its own that ends with its block, and what memory they take."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
MEMORY_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Server:
    port: int
    pid: int


@contextmanager
def gunicorn(application: str, settings: str, *options: str) -> Iterator[Server]:
    """As in production: with the project's gunicorn.conf.py, and `options` of gunicorn's."""
    port = free_port()
    command = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "--log-level", "critical"]
    with served([*command, "--bind", f"127.0.0.1:{port}", *options, application], port, settings) as server:
        yield server


@contextmanager
def served(arguments: list[str], port: int, settings: str = "", *, is_talkative: bool = False) -> Iterator[Server]:
    """`python ARGUMENTS`, from when it listens on the port until the end of this block."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | ({"DJANGO_SETTINGS_MODULE": settings} if settings else {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if is_talkative else None,
    )
    try:
        wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not listen within {START_SECONDS} s")


@dataclass
class Memory:
    """Bytes that a server and its workers hold, `growth` the most they had more than at the beginning."""

    before: int
    growth: int = 0


@contextmanager
def watched(server: Server) -> Iterator[Memory]:
    """What happens to the server's memory within this block."""
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]

    def resident() -> int:
        return sum(process.memory_info().rss for process in processes)

    memory, done = Memory(resident()), threading.Event()

    def watch() -> None:
        while not done.wait(MEMORY_POLL_SECONDS):
            memory.growth = max(memory.growth, resident() - memory.before)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()
