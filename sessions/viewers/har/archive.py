"""The requests of an archive: one pass over the file for what the table counts and sorts by, then those it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TypeVar

import msgspec

from sessions.files.json_items import Item, Malformed, NoArray, TooComplex, items
from sessions.viewers.har.entry import LONGEST_SEARCHED, Details, Request, read_details, read_request
from sessions.viewers.har.loose import repaired
from sessions.viewers.har.outline import outline

Read = TypeVar("Read")

# The pass over this much takes about a second, whatever it holds, and little memory.
LARGEST = 64 * 1024 * 1024
MOST_ENTRIES = 20_000
# Of a longer one the long texts are cut before it is decoded.
LONGEST_ENTRY = 3 * 1024 * 1024


class NotHar(ValueError):
    """Why the file cannot be shown as requests, as a sentence."""


@dataclass(slots=True)
class Summary:
    """A request without its texts, which are most of an archive. Its entry stands at `offset`, `length` bytes long.

    `number` counts requests from 1 in the order they were begun; times are milliseconds, `start` counted from the
    first request; sizes are bytes; `found` says whether the address holds the text that was searched for.
    """

    offset: int
    length: int
    started: float | None
    time: float
    type: str
    status: int
    transferred: int | None
    size: int | None
    found: bool
    number: int = 0
    start: float = 0.0

    @property
    def family(self) -> str:
        """`1xx` to `5xx`, or `none` for a request that got no answer."""
        return f"{self.status // 100}xx" if self.status else "none"

    @property
    def failed(self) -> bool:
        return self.status >= 400 or not self.status


def read_archive(file: IO[bytes], search: str = "") -> list[Summary]:
    """The requests in the order they were begun. Raises NotHar."""
    needle = search.casefold()
    summaries: list[Summary] = []
    long: dict[int, Item] = {}
    try:
        for item in items(file, ("log", "entries"), LONGEST_ENTRY):
            if len(summaries) == MOST_ENTRIES:
                raise NotHar(f"It holds more than {MOST_ENTRIES:,} requests; up to so many are shown here.")
            if not item.is_whole:
                long[len(summaries)] = item
            summaries.append(_summary(item, item.head if item.is_whole else b"{}", needle))
        for place, item in long.items():  # they are read once more, and the pass has to be over
            summaries[place] = _summary(item, outline(file, item.offset), needle)
    except NoArray as error:
        raise NotHar("It is JSON, and not an HTTP archive: there are no log.entries in it.") from error
    except TooComplex as error:
        raise NotHar(str(error)) from error
    except (Malformed, msgspec.DecodeError) as error:
        raise NotHar("It is not valid JSON, or it was cut short.") from error
    return _in_order(summaries)


def request_at(file: IO[bytes], summary: Summary) -> Request:
    return _decoded(_entry_at(file, summary), read_request)


def details_at(file: IO[bytes], summary: Summary) -> Details:
    return _decoded(_entry_at(file, summary), read_details)


def _entry_at(file: IO[bytes], summary: Summary) -> bytes:
    if summary.length > LONGEST_ENTRY:
        return outline(file, summary.offset)
    file.seek(summary.offset)
    return file.read(summary.length)


def _decoded(raw: bytes, read: Callable[[bytes], Read]) -> Read:
    """Raises msgspec.DecodeError."""
    try:
        return read(raw)
    except msgspec.DecodeError:
        return read(repaired(raw))


def _summary(item: Item, raw: bytes, needle: str) -> Summary:
    request = _decoded(raw, lambda entry: read_request(entry, LONGEST_SEARCHED))
    return Summary(
        offset=item.offset,
        length=item.length,
        started=request.started,
        time=request.time,
        type=request.type,
        status=request.status,
        transferred=request.transferred,
        size=request.size,
        found=needle in request.url.casefold(),
    )


def _in_order(summaries: list[Summary]) -> list[Summary]:
    first = min((one.started for one in summaries if one.started is not None), default=0.0)
    for one in summaries:
        one.start = 0.0 if one.started is None else one.started - first
    summaries.sort(key=lambda one: one.start)
    for number, one in enumerate(summaries, start=1):
        one.number = number
    return summaries
