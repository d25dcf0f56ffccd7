"""Whole pages over HTTP: how long one takes, and how many there are in a second. And what times are made of."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.client import Client, NotAnsweredError

WARM_UPS = 6  # each over a connection of its own, so that each of two workers has most likely had it


@dataclass(frozen=True)
class Times:
    """Milliseconds, of so many rounds; or why there are none.

    `best` is for what is compared across a run: whatever else the machine does meanwhile only adds.
    """

    median: float = 0.0
    p95: float = 0.0
    worst: float = 0.0
    best: float = 0.0
    rounds: int = 0
    failure: str = ""

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        p95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        middle, late, worst, best = (milliseconds(one) for one in (median(seconds), p95, max(seconds), min(seconds)))
        return cls(middle, late, worst, best, len(seconds))


@dataclass(frozen=True)
class DatabaseTime:
    """`afresh` is one page in milliseconds when nothing is kept of those before but PostgreSQL's own pages.

    `each` is the milliseconds of every statement of the last round.
    """

    times: Times
    afresh: float
    queries: int
    each: list[float]
    plan: str = ""


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


class Asked:
    """One server asked for one path, up to so many rounds within so many seconds, and once at least."""

    def __init__(self, client: Client, path: str, rounds: int, seconds: float) -> None:
        self.client, self.path, self.rounds, self.seconds_left = client, path, rounds, seconds
        self.found: list[float] = []
        self.failure = ""

    @property
    def is_done(self) -> bool:
        return bool(self.failure) or (bool(self.found) and (len(self.found) >= self.rounds or self.seconds_left <= 0))

    def warm_up(self) -> None:
        """What takes as long as all rounds may take is the measurement itself."""
        for _ in range(WARM_UPS):
            self.client.hang_up()
            self.ask()
            if self.is_done:
                return
        self.found.clear()

    def ask(self) -> None:
        try:
            spent = self.client.page(self.path)
        except NotAnsweredError as error:
            self.failure = str(error)
            return
        self.seconds_left -= spent
        self.found.append(spent)

    @property
    def times(self) -> Times:
        return Times(failure=self.failure) if self.failure else Times.of(self.found)


def in_turn(asked: dict[str, Asked]) -> dict[str, Times]:
    """Servers by name, in turn, so that whatever else the machine does hits all of them."""
    for one in asked.values():
        one.warm_up()
    while left := [one for one in asked.values() if not one.is_done]:
        for one in left:
            one.ask()
    return {name: one.times for name, one in asked.items()}


def requests_per_second(client: Client, path: str, *, connections: int, seconds: float) -> float:
    """Whole pages a second, over so many connections that are kept open, each asking again as soon as it has one."""
    clients = [Client(client.port, client.cookie) for _ in range(connections)]

    def ask(one: Client, deadline: float) -> int:
        answered = 0
        while time.monotonic() < deadline:
            one.page(path)
            answered += 1
        return answered

    with ThreadPoolExecutor(connections) as browsers:
        list(browsers.map(lambda one: ask(one, time.monotonic() + min(0.3, seconds)), clients))  # connected and warm
        started = time.monotonic()
        answered = sum(browsers.map(lambda one: ask(one, started + seconds), clients))
        return round(answered / (time.monotonic() - started), 1)
