"""The two applications, each served as in production: gunicorn with the project's gunicorn.conf.py, on loopback."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
ANSWER_SECONDS = 120
IDLE_SECONDS = 10  # gunicorn.conf.py keeps a connection for 15
COOKIE = "session_history"


class Client:
    """One browser: a connection that is kept open, and a cookie."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port = port
        self.cookie = cookie
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self.last_used = 0.0

    def renew(self) -> None:
        """Connect anew, before any time is taken, when the server may have hung up on an idle connection."""
        if time.monotonic() - self.last_used > IDLE_SECONDS:
            self.connection.close()
            self.connection.connect()

    def page(self, path: str) -> tuple[float, int]:
        """Seconds until the last byte had arrived, and how many bytes there were. Asks for gzip, as browsers do."""
        self.renew()
        started = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
        response = self.connection.getresponse()
        size = len(response.read())
        self.last_used = time.monotonic()
        seconds = time.perf_counter() - started
        if response.status != 200:
            raise RuntimeError(f"GET {path} was answered {response.status}")
        return seconds, size

    def download(self, path: str) -> tuple[float, float, int]:
        """Seconds until the first and until the last byte, and how many bytes there were, uncompressed."""
        self.renew()
        started = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "identity"})
        response = self.connection.getresponse()
        size = len(response.read(1))
        first = time.perf_counter() - started
        while chunk := response.read(1 << 20):
            size += len(chunk)
        self.last_used = time.monotonic()
        if response.status != 200:
            raise RuntimeError(f"GET {path} was answered {response.status}")
        return first, time.perf_counter() - started, size

    def sign_in(self, email: str, password: str) -> None:
        self.connection.request("GET", "/signin/")
        response = self.connection.getresponse()
        response.read()
        token = _cookies(response)["csrftoken"]
        self.connection.request(
            "POST",
            "/signin/",
            urlencode({"email": email, "password": password, "csrfmiddlewaretoken": token}),
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"},
        )
        response = self.connection.getresponse()
        response.read()
        self.cookie = f"{COOKIE}={_cookies(response)[COOKIE]}"


def _cookies(response: http.client.HTTPResponse) -> dict[str, str]:
    cookies = SimpleCookie()
    for header in response.headers.get_all("Set-Cookie", []):
        cookies.load(header)
    return {name: morsel.value for name, morsel in cookies.items()}


@contextmanager
def served(application: str, settings: str) -> Iterator[int]:
    """The port on which the application answers until the end of this block."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--log-level", "warning"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", application],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": settings},
    )
    try:
        wait_for(port, process)
        yield port
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
            raise RuntimeError(f"gunicorn ended with status {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"gunicorn did not listen within {START_SECONDS} s")
