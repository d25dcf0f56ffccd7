"""Network logs on a session's axis: when each request was made, the lane of all of them, and those that failed."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import ceil
from typing import IO, NamedTuple

from django.core.files.storage import default_storage

from sessions.files.contents import HEAD_BYTES
from sessions.files.encodings import believed_charset, encoding_of
from sessions.files.utf8 import utf8_file
from sessions.models import Attachment
from sessions.replay.axis import AFTERMATH, Axis
from sessions.replay.indexes import file_index, is_at_hand
from sessions.viewers.har.archive import LARGEST, NotHar, Summary, request_at
from sessions.viewers.har.index import VERSION, HarIndex, index_archive

# A clock is called off when no request lies within so many seconds of the session.
OFF = 600.0
# Zones differ by multiples of it.
QUARTER_HOUR = 900.0
MOST_BARS = 500
MOST_FAILED = 3


class Placed(NamedTuple):
    """A request at `t` seconds on the axis, to the millisecond."""

    t: float
    summary: Summary

    @property
    def end(self) -> float:
        return self.t + self.summary.time / 1000


@dataclass(frozen=True)
class Placement:
    """The requests of a log, ordered by `t`, and where their times come from.

    `untimed` of them have no time of their own and stand at `start`, which is assumed unless the producer sent it as
    `starts_at`. `shift` is by how many seconds the view moves them. `offered_shift` is set where the log's clock is
    off: no request that has a time lies within OFF of the session.
    """

    requests: list[Placed]
    untimed: int
    start: float
    is_start_assumed: bool
    shift: float = 0.0
    offered_shift: float | None = None

    @property
    def is_off(self) -> bool:
        return self.offered_shift is not None

    @property
    def note(self) -> str:
        """Where the times come from."""
        if self.untimed == len(self.requests):
            return "start assumed: session’s start" if self.is_start_assumed else "starts_at: sent by the producer"
        return "times from the network log"


class Bar(NamedTuple):
    """Requests as one bar of the lane, in seconds on the axis."""

    t: float
    length: float
    failed: bool


class FailedRequest(NamedTuple):
    """`status` is 0 where there was no answer; `error` is what the browser said of it, often nothing."""

    t: float
    number: int
    method: str
    url: str
    status: int
    error: str


@dataclass(frozen=True)
class Failures:
    """The first ones, and how many there are."""

    first: list[FailedRequest]
    count: int


@contextmanager
def open_archive(file: Attachment) -> Iterator[IO[bytes]]:
    """The archive in UTF-8. Raises NotHar for one that is too large, and OSError where the storage has lost it.

    One in another encoding is written anew, on the disk, since it may be large.
    """
    if file.size > LARGEST:
        raise NotHar("It is too large to be shown as requests.")
    with default_storage.open(file.storage_name) as content:
        encoding = encoding_of(file.content_type, content.read(HEAD_BYTES))
        with utf8_file(content, encoding) as archive:
            yield archive


def har_index_of(file: Attachment) -> HarIndex:
    """Raises NotHar and OSError."""
    index = file_index(file, _kind(file), VERSION, HarIndex, partial(_read_index, file))
    if index.refused:
        raise NotHar(index.refused)
    return index


def is_har_at_hand(file: Attachment) -> bool:
    """Whether the requests can be had without a long pass over the file."""
    return is_at_hand(file, _kind(file), VERSION)


def _kind(file: Attachment) -> str:
    """One content may be declared in two encodings, and then its entries stand at other places in each."""
    return f"har {believed_charset(file.content_type)}".strip()


def place_requests(index: HarIndex, axis: Axis, starts_at: datetime | None) -> Placement:
    """Each request by its own time. `starts_at` is the producer's, for those that have none."""
    start = 0.0 if starts_at is None else axis.t(starts_at)
    origin = axis.origin.timestamp() * 1000
    times = [None if one.started is None else (one.started - origin) / 1000 for one in index.requests]
    placed = [Placed(round(start if t is None else t, 3), one) for t, one in zip(times, index.requests, strict=True)]
    placed.sort(key=lambda one: one.t)
    known = [t for t in times if t is not None]
    offered = _shift_to(start, min(known), max(known), axis) if known and _is_off(known, axis) else None
    return Placement(placed, len(times) - len(known), start, starts_at is None, offered_shift=offered)


def shifted(placement: Placement) -> Placement:
    """The requests as the offered shift moves them; those without a time stay where they are."""
    shift = placement.offered_shift
    if shift is None:
        return placement
    moved = [
        one if one.summary.started is None else Placed(round(one.t + shift, 3), one.summary)
        for one in placement.requests
    ]
    moved.sort(key=lambda one: one.t)
    return replace(placement, requests=moved, shift=shift, offered_shift=None)


def request_lane(placement: Placement, axis: Axis, most: int = MOST_BARS) -> list[Bar]:
    """At most so many bars, ordered by `t`; none of a log whose clock is off, as it would be drawn at an end.

    Where there are more requests, those that begin in the same part of the axis are one bar, and the failed ones among
    them another, so that no failure is hidden.
    """
    if placement.is_off:
        return []
    if len(placement.requests) <= most:
        return [_bar(one.t, one.end, one.summary.failed, axis) for one in placement.requests]
    parts: dict[tuple[int, bool], tuple[float, float]] = {}
    last_part = most // 2 - 1
    parts_a_second = (most // 2) / axis.length
    for t, summary in placement.requests:
        end = t + summary.time / 1000
        key = (min(int(t * parts_a_second), last_part) if t > 0 else 0, summary.failed)
        first, latest = parts.get(key, (t, end))
        parts[key] = (first, max(latest, end))
    return [_bar(first, end, failed, axis) for (_, failed), (first, end) in parts.items()]


def failed_requests(file: Attachment, placement: Placement, most: int = MOST_FAILED) -> Failures:
    """Raises NotHar and OSError."""
    failed = [one for one in placement.requests if one.summary.failed]
    if not failed:
        return Failures([], 0)
    with open_archive(file) as content:
        return Failures([_failed(content, one) for one in failed[:most]], len(failed))


def at_moment(requests: Iterable[Placed], t: float | None) -> Placed | None:
    """The last request that was begun at or before a moment; they are ordered by `t`."""
    if t is None:
        return None
    ordered = list(requests)
    place = bisect_left(ordered, t + 0.0005, key=lambda one: one.t)
    return ordered[place - 1] if place else None


def _read_index(file: Attachment) -> HarIndex:
    with open_archive(file) as content:
        return index_archive(content)


def _is_off(times: list[float], axis: Axis) -> bool:
    return all(t < -OFF or t > axis.length + OFF for t in times)


def _shift_to(start: float, first: float, last: float, axis: Axis) -> float:
    """What brings the requests into the session: as a difference of zones if one does, else the first one to `start`.

    A program that writes local times as if they were UTC is off by quarters of an hour, and by nothing else.
    """
    by_zone = ceil((start - first) / QUARTER_HOUR) * QUARTER_HOUR
    is_zone = abs(by_zone) <= 14 * 3600 and last + by_zone <= axis.length + AFTERMATH
    return by_zone if is_zone else start - first


def _bar(first: float, end: float, failed: bool, axis: Axis) -> Bar:
    """What lies outside the axis stands at its ends."""
    t = min(max(first, 0.0), axis.length)
    return Bar(t, max(min(end, axis.length) - t, 0.0), failed)


def _failed(content: IO[bytes], placed: Placed) -> FailedRequest:
    request = request_at(content, placed.summary)
    return FailedRequest(placed.t, placed.summary.number, request.method, request.url, request.status, request.error)
