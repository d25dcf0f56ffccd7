"""Who may have a connection, who may wait for one, and who is told at once that there is none.

A server has more threads than connections. While connections are given back, whoever likes may wait: it is their turn
soon. Of a database that is stuck only some may wait, and the other threads say so to the rest, and answer what needs
no database.

psycopg_pool's own `max_waiting` does not do: it counts those who have given up until a connection is made, so that
after an outage nobody is let in who would make one.
"""

import threading
import time

import psycopg

STUCK_SECONDS = 0.1  # since a connection was given back
LOOK_SECONDS = 0.02
AWAY_SECONDS = 0.25  # after an attempt to connect that failed, before there is another one


class BusyError(psycopg.OperationalError):
    """No connection in time, or no place to wait for one."""


class Admission:
    """To `size` connections; `waiting` may wait for one, `seconds` at most."""

    def __init__(self, size: int, waiting: int, seconds: float) -> None:
        self._places, self._queue, self._seconds = threading.Semaphore(size), threading.Semaphore(waiting), seconds
        self._left_at = self._failed_at = self._succeeded_at = 0.0
        self._waiting: set[int] = set()  # threads

    @property
    def waiting(self) -> int:
        """How many wait for a connection just now."""
        return len(self._waiting)

    def enter(self) -> None:
        """Call `leave` after it. Raises BusyError."""
        if not self._places.acquire(blocking=False):
            self._waiting.add(threading.get_ident())
            try:
                self._wait()
            finally:
                self._waiting.discard(threading.get_ident())
        if time.monotonic() < self._failed_at + AWAY_SECONDS:
            self._places.release()
            raise BusyError("No connection could be made a moment ago.")

    def _wait(self) -> None:
        give_up_at = time.monotonic() + self._seconds
        while not self._queue.acquire(blocking=False):
            now = time.monotonic()
            if now > give_up_at or now > self._left_at + STUCK_SECONDS:
                raise BusyError("Every connection is in use, and as many as may wait for one.")
            time.sleep(LOOK_SECONDS)
        try:
            if not self._places.acquire(timeout=self._seconds):
                raise BusyError(f"Every connection has been in use for {self._seconds:g} seconds.")
        finally:
            self._queue.release()

    def leave(self) -> None:
        self._left_at = time.monotonic()
        self._places.release()

    def succeed(self) -> None:
        """A connection was lent, so the database can be reached."""
        self._succeeded_at = time.monotonic()

    def fail(self, since: float) -> None:
        """No connection could be made: those who wait are told, and for a moment whoever comes.

        Unless somebody got one while this was tried, `since` when: then it is only slow to make more.
        """
        if self._succeeded_at < since:
            self._failed_at = time.monotonic()
