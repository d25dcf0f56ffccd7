"""A browser as far as a benchmark needs one: a connection that is kept open, and a cookie."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from urllib.parse import urlencode

ANSWER_SECONDS = 250  # peers give up each statement after 60, and a page has up to four
DOWNLOAD_SECONDS = 900
IDLE_SECONDS = 4  # gunicorn.conf.py keeps a connection for 15, uvicorn for 5
COOKIE = "session_history"


class NotAnsweredError(Exception):
    """Another status than 200, or no answer in time. Says which, for people."""


class Client:
    def __init__(self, port: int, cookie: str = "") -> None:
        self.port = port
        self.cookie = cookie
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self.last_used = 0.0

    def page(self, path: str) -> float:
        """Seconds until the last byte had arrived. Asks for gzip, as browsers do."""
        with self._answer(path, "gzip") as (response, started):
            response.read()
            return time.perf_counter() - started

    def download(self, path: str, most_seconds: float = DOWNLOAD_SECONDS) -> tuple[float, float, int]:
        """Seconds until the first and until the last byte, and how many bytes there were, uncompressed."""
        with self._answer(path, "identity") as (response, started):
            size = len(response.read(1))
            first = time.perf_counter() - started
            while chunk := response.read(1 << 20):
                size += len(chunk)
                if time.perf_counter() - started > most_seconds:
                    raise TimeoutError
            return first, time.perf_counter() - started, size

    def hang_up(self) -> None:
        """The next connection may be another worker's."""
        self.connection.close()
        self.last_used = 0.0

    @contextmanager
    def _answer(self, path: str, encoding: str) -> Iterator[tuple[http.client.HTTPResponse, float]]:
        """The answer, to be read in the block, and when it was asked for. Raises NotAnsweredError."""
        started = self._ask(path, encoding)
        try:
            response = self.connection.getresponse()
            yield response, started
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise NotAnsweredError(f"{type(error).__name__} after {time.perf_counter() - started:.0f} s") from error
        self.last_used = time.monotonic()
        if response.status != 200:
            raise NotAnsweredError(f"{response.status} after {time.perf_counter() - started:.1f} s")

    def _ask(self, path: str, encoding: str) -> float:
        """When it was asked. Connects anew before, where the server may have hung up on an idle connection."""
        if time.monotonic() - self.last_used > IDLE_SECONDS:
            self.hang_up()
            self.connection.connect()
        started = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": encoding})
        return started

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
