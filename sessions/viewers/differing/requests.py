"""The requests of two sessions: which were sent in one alone, and which were answered in another way."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO

from sessions.viewers.differing.change import Change
from sessions.viewers.differing.steady import numberless, steady
from sessions.viewers.har.address import without_secrets
from sessions.viewers.har.archive import Summary, read_archive, request_at

MOST_REQUESTS = 2_000
# A request took another time when it took this much longer or shorter, in milliseconds and as a part of the shorter.
NOTICED_MS = 100
NOTICED_PART = 0.5


@dataclass(frozen=True)
class Sent:
    """One request. `start` is in milliseconds from the first request of its session, `time` how long it took."""

    number: int
    method: str
    url: str
    status: int
    error: str
    start: float
    time: float

    @property
    def failed(self) -> bool:
        return self.status >= 400 or not self.status

    @property
    def answer(self) -> str:
        return str(self.status) if self.status else "no answer"

    @property
    def is_for(self) -> tuple[str, str]:
        return self.method, steady(self.url)

    @property
    def is_about(self) -> tuple[str, str]:
        """The address without its query and without the ids in it."""
        return self.method, numberless(steady(self.url.partition("?")[0]))


@dataclass(frozen=True)
class RequestPair:
    first: Sent | None
    second: Sent | None

    @property
    def change(self) -> Change:
        if self.second is None:
            return Change.MISSING
        if self.first is None:
            return Change.ADDED
        return Change.CHANGED if self.has_other_status or self.has_other_time or self.has_other_url else Change.SAME

    @property
    def has_other_status(self) -> bool:
        return self.first is not None and self.second is not None and self.first.status != self.second.status

    @property
    def has_other_url(self) -> bool:
        return self.first is not None and self.second is not None and self.first.is_for != self.second.is_for

    @property
    def has_other_time(self) -> bool:
        if self.first is None or self.second is None:
            return False
        shorter, longer = sorted((self.first.time, self.second.time))
        return longer - shorter >= NOTICED_MS and longer - shorter >= shorter * NOTICED_PART

    @property
    def apart_ms(self) -> float:
        return abs(self.second.time - self.first.time) if self.first and self.second else 0.0

    @property
    def is_slower(self) -> bool:
        """Whether the second one took longer."""
        return self.first is not None and self.second is not None and self.second.time > self.first.time


@dataclass(frozen=True)
class Requests:
    """The requests that are compared: all of the archive, or the first that were sent."""

    sent: list[Sent]
    is_whole: bool


def read_requests(file: IO[bytes]) -> Requests:
    """The archive is UTF-8. Raises NotHar."""
    summaries = read_archive(file)
    first = min((one.started for one in summaries if one.started is not None), default=0.0)
    sent = [_sent(file, one, first) for one in summaries[:MOST_REQUESTS]]
    return Requests(sent, len(summaries) <= MOST_REQUESTS)


def compare_requests(first: Requests, second: Requests) -> list[RequestPair]:
    """Pairs by address, as many as there are in both, in the order in which they were sent.

    Requests run side by side, so that their order says little: the n-th to an address is compared with the n-th.
    """
    pairs, rest_first, rest_second = _paired(first.sent, second.sent, lambda one: one.is_for)
    also, rest_first, rest_second = _paired(rest_first, rest_second, lambda one: one.is_about)
    pairs += also
    pairs += [RequestPair(one, None) for one in rest_first]
    pairs += [RequestPair(None, one) for one in rest_second]
    return sorted(pairs, key=_start)


def _paired(
    first: Iterable[Sent], second: Iterable[Sent], key: Callable[[Sent], tuple[str, str]]
) -> tuple[list[RequestPair], list[Sent], list[Sent]]:
    """The pairs, and what is left of each side."""
    waiting: dict[tuple[str, str], deque[Sent]] = defaultdict(deque)
    for one in second:
        waiting[key(one)].append(one)
    pairs, rest = [], []
    for one in first:
        if partners := waiting.get(key(one)):
            pairs.append(RequestPair(one, partners.popleft()))
        else:
            rest.append(one)
    return pairs, rest, [one for partners in waiting.values() for one in partners]


def _start(pair: RequestPair) -> float:
    one = pair.first or pair.second
    assert one is not None
    return one.start


def _sent(file: IO[bytes], summary: Summary, first: float) -> Sent:
    request = request_at(file, summary)
    start = 0.0 if summary.started is None else summary.started - first
    url = without_secrets(request.url)
    return Sent(summary.number, request.method, url, summary.status, request.error, start, summary.time)
