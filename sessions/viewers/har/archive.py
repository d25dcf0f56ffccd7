"""The requests of an archive: one pass over the file for what the table counts and sorts by, then those it shows."""

import math
from collections.abc import Callable
from typing import IO, TypeVar

import msgspec

from sessions.files.json_items import Item, Malformed, NoArray, TooComplex, items
from sessions.viewers.har.entry import LONGEST_SEARCHED, Details, Outcome, Request, read_details, read_request
from sessions.viewers.har.loose import repaired, text
from sessions.viewers.har.outline import outline

Read = TypeVar("Read")

# The pass over this much takes about a second, whatever it holds, and little memory.
LARGEST = 64 * 1024 * 1024
MOST_ENTRIES = 20_000
# Of a longer one the long texts are cut before it is decoded.
LONGEST_ENTRY = 3 * 1024 * 1024
# Of such an entry the address is looked for in its beginning.
LONGEST_HEAD = 64 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")


class NotHar(ValueError):
    """Why the file cannot be shown as requests, as a sentence."""


class Summary(msgspec.Struct, array_like=True, gc=False):
    """A request without its texts, which are most of an archive. Its entry stands at `offset`, `length` bytes long.

    Its address stands `url_at` bytes behind the entry's beginning, `url_length` bytes long as a string of JSON; a
    length of 0 says that it has to be read from the entry. `method` is one of METHODS, or empty.

    `number` counts requests from 1 in the order they were begun; `started` is milliseconds since 1970, `time`
    milliseconds; sizes are bytes; None is unknown.
    """

    offset: int
    length: int
    url_at: int
    url_length: int
    started: float | None
    time: float
    method: str
    type: str
    status: int
    outcome: Outcome
    transferred: int | None
    size: int | None
    number: int = 0

    @property
    def family(self) -> str:
        """`1xx` to `5xx`, or `none` for a request that got no answer."""
        return f"{self.status // 100}xx" if self.status else "none"

    @property
    def failed(self) -> bool:
        return self.outcome == "failed"

    @property
    def any_size(self) -> int | None:
        """What went over the network, else the size of the content."""
        return self.size if self.transferred is None else self.transferred


def read_archive(file: IO[bytes]) -> list[Summary]:
    """The requests in the order they were begun. Raises NotHar."""
    summaries: list[Summary] = []
    long: dict[int, Item] = {}
    try:
        for item in items(file, ("log", "entries"), LONGEST_ENTRY):
            if len(summaries) == MOST_ENTRIES:
                raise NotHar(f"It holds more than {MOST_ENTRIES:,} requests; up to so many are shown here.")
            if not item.is_whole:
                long[len(summaries)] = item._replace(head=item.head[:LONGEST_HEAD])
            summaries.append(_summary(item, item.head if item.is_whole else b"{}"))
        for place, item in long.items():  # they are read once more, and the pass has to be over
            summaries[place] = _summary(item, outline(file, item.offset))
    except NoArray as error:
        raise NotHar("It is JSON, and not an HTTP archive: there are no log.entries in it.") from error
    except TooComplex as error:
        raise NotHar(str(error)) from error
    except (Malformed, msgspec.DecodeError) as error:
        raise NotHar("It is not valid JSON, or it was cut short.") from error
    return _in_order(summaries)


def request_at(file: IO[bytes], summary: Summary) -> Request:
    """Raises NotHar for a file that is not the one that was read."""
    return _read_at(file, summary, read_request)


def details_at(file: IO[bytes], summary: Summary) -> Details:
    """Raises NotHar for a file that is not the one that was read."""
    return _read_at(file, summary, read_details)


def address_at(file: IO[bytes], summary: Summary, longest: int = LONGEST_SEARCHED) -> str:
    """The address of a request, without reading the rest of its entry."""
    if not summary.url_length:
        return _read_at(file, summary, lambda entry: read_request(entry, longest)).url
    file.seek(summary.offset + summary.url_at)
    # Two quotes, and one byte more that says that it is cut.
    return text(file.read(min(summary.url_length, longest + 3)), longest)


def _read_at(file: IO[bytes], summary: Summary, read: Callable[[bytes], Read]) -> Read:
    try:
        return _decoded(_entry_at(file, summary), read)
    except (msgspec.DecodeError, Malformed, TooComplex) as error:
        raise NotHar("It cannot be read any more: it was cut short or changed in the storage.") from error


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


def _summary(item: Item, raw: bytes) -> Summary:
    request = _decoded(raw, lambda entry: read_request(entry, LONGEST_SEARCHED))
    # The same bytes anywhere in the entry are the same address.
    url_at = item.head.find(request.raw_url) if len(request.raw_url) > 2 else -1
    return Summary(
        offset=item.offset,
        length=item.length,
        url_at=max(url_at, 0),
        url_length=len(request.raw_url) if url_at >= 0 else 0,
        started=request.started,
        time=request.time,
        method=request.method if request.method in METHODS else "",
        type=request.type,
        status=request.status,
        outcome=request.outcome,
        transferred=request.transferred,
        size=request.size,
    )


def _in_order(summaries: list[Summary]) -> list[Summary]:
    """Those without a time stand first, as if they had begun with the first one."""
    summaries.sort(key=lambda one: -math.inf if one.started is None else one.started)
    for number, one in enumerate(summaries, start=1):
        one.number = number
    return summaries
