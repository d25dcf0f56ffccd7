"""The requests of a network log as a table: filtered, sorted, a page of them, and the one that is opened."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Any

from django.http import QueryDict

from sessions.replay.axis import Scope, clock
from sessions.replay.network import Placed, Placement, at_moment
from sessions.viewers.har.address import without_secrets
from sessions.viewers.har.archive import Summary, address_at, details_at, request_at
from sessions.viewers.har.curl import Curl, curl_of
from sessions.viewers.har.entry import TYPES, Details, Request
from sessions.viewers.har.index import with_address
from sessions.viewers.har.messages import Message

ON_A_PAGE = 200
FAMILIES = ("1xx", "2xx", "3xx", "4xx", "5xx", "none")
LONGEST_SEARCH = 200
# By so much of an address a table is sorted: all of them are in memory then.
LONGEST_SORTED = 200
# Of an address in the table; the whole is in the details.
LONGEST_PATH = 500
# The shortest bar that is seen, in percent.
SHORTEST_BAR = 0.5

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)

# The columns by which the table is sorted, with their headings. What has no value stands last, either way.
COLUMNS = {
    "time": "Time",
    "method": "Method",
    "status": "Status",
    "address": "Address",
    "type": "Type",
    "size": "Size",
    "duration": "Duration",
}
_VALUES: dict[str, Callable[[Summary], Any]] = {
    "method": lambda one: one.method or None,
    "status": lambda one: one.status or None,
    "type": lambda one: one.type,
    "size": lambda one: one.any_size,
    "duration": lambda one: one.time if one.outcome != "unfinished" else None,
}


@dataclass(frozen=True)
class Asked:
    """What the address asks of the table. `opened` is the number of a request, `page` counts from 1."""

    q: str
    types: list[str]
    families: list[str]
    sort: str
    backwards: bool
    page: int | None
    opened: int | None
    reveal: bool

    @property
    def order(self) -> str:
        """As it stands in an address."""
        return f"-{self.sort}" if self.backwards else self.sort


def asked_of(parameters: QueryDict) -> Asked:
    """What is not understood is not asked."""
    sort = parameters.get("sort", "")
    name = sort.removeprefix("-")
    return Asked(
        q=parameters.get("q", "").strip()[:LONGEST_SEARCH],
        types=[name for name in parameters.getlist("type") if name in TYPES],
        families=[name for name in parameters.getlist("status") if name in FAMILIES],
        sort=name if name in COLUMNS else "time",
        backwards=name in COLUMNS and sort.startswith("-"),
        page=_number(parameters.get("page", "")),
        opened=_number(parameters.get("request", "")),
        reveal="reveal" in parameters,
    )


@dataclass(frozen=True)
class Stretch:
    """The part of the axis that the waterfall shows, in seconds."""

    first: float
    last: float

    def bar(self, placed: Placed) -> tuple[str, str] | None:
        """Where its bar begins and how long it is, in percent, for an SVG; None for what lies outside."""
        if placed.end < self.first or placed.t > self.last:
            return None
        length = max(self.last - self.first, 0.001)
        begin = min(max((placed.t - self.first) / length * 100, 0.0), 100 - SHORTEST_BAR)
        end = min((placed.end - self.first) / length * 100, 100.0)
        return f"{begin:.2f}", f"{max(end - begin, SHORTEST_BAR):.2f}"


@dataclass(frozen=True)
class Row:
    """A request with what its line shows. `details` and `curl` are those of one that is opened."""

    placed: Placed
    line: Request
    url: str
    bar: tuple[str, str] | None
    is_at: bool
    details: Details | None = None
    curl: Curl | None = None

    @property
    def one(self) -> Summary:
        return self.placed.summary

    @property
    def seconds(self) -> str:
        return f"{self.placed.t:.3f}"

    @property
    def clock(self) -> str:
        return clock(self.placed.t)

    @property
    def path(self) -> str:
        """The address without its scheme and host, which are the same on most lines. Up to LONGEST_PATH of it."""
        _, mark, rest = self.url.partition("://")
        _, slash, path = rest.partition("/")
        whole = f"/{path}" if mark and slash else self.url
        return whole if len(whole) <= LONGEST_PATH else f"{whole[:LONGEST_PATH]}…"

    @property
    def host(self) -> str:
        return self.url.partition("://")[2].partition("/")[0][:LONGEST_PATH]

    @property
    def messages(self) -> list[tuple[Message, str, str]]:
        """Those of a WebSocket, with their seconds on the axis and these as a clock; empty where they are unknown."""
        found = []
        for message in self.details.messages if self.details else ():
            t = None if message.after is None else self.placed.t + message.after / 1000
            found.append((message, "", "") if t is None or t < 0 else (message, f"{t:.3f}", clock(t)))
        return found


class RequestTable:
    """The requests of an open archive as one page shows them."""

    def __init__(self, content: IO[bytes], placement: Placement, asked: Asked, scope: Scope, stretch: Stretch) -> None:
        self._content, self._asked, self._stretch = content, asked, stretch
        self._placement = placement
        self._found = self._filtered(scope)
        self._at = at_moment(self._found, scope.t)

    def row(self, number: int) -> Row | None:
        """One request by its number, whether the filter leaves it or not."""
        placed = next((one for one in self._placement.requests if one.summary.number == number), None)
        return None if placed is None else self._row(placed)

    def context(self) -> dict[str, Any]:
        found, asked, every = self._sorted(), self._asked, self._placement.requests
        first = self._page_start(found)
        shown = found[first : first + ON_A_PAGE]
        page = first // ON_A_PAGE + 1
        summaries = [one.summary for one in found]
        return {
            "rows": [self._row(one) for one in shown],
            "found": len(found),
            "all": len(every),
            "failed": sum(one.failed for one in summaries),
            "transferred": _total([one.transferred for one in summaries]),
            "size": _total([one.size for one in summaries]),
            "first": first + 1,
            "last": first + len(shown),
            "previous_page": page - 1 if first else None,
            "next_page": page + 1 if first + ON_A_PAGE < len(found) else None,
            "types": _counts(TYPES, (one.summary.type for one in every), asked.types),
            "families": _counts(FAMILIES, (one.summary.family for one in every), asked.families),
            "columns": [self._column(name, label) for name, label in COLUMNS.items()],
        }

    def _filtered(self, scope: Scope) -> list[Placed]:
        asked = self._asked
        found = [
            one
            for one in self._placement.requests
            if (not asked.types or one.summary.type in asked.types)
            and (not asked.families or one.summary.family in asked.families)
            and _is_in(scope, one)
        ]
        if asked.q:
            numbers = {one.number for one in with_address(self._content, (one.summary for one in found), asked.q)}
            found = [one for one in found if one.summary.number in numbers]
        return found

    def _sorted(self) -> list[Placed]:
        """By the column, then by time."""
        name, backwards = self._asked.sort, self._asked.backwards
        if name == "time":
            return self._found[::-1] if backwards else self._found
        values: list[Any]
        if name == "address":
            values = [address_at(self._content, one.summary, LONGEST_SORTED) or None for one in self._found]
        else:
            values = [_VALUES[name](one.summary) for one in self._found]
        known = [pair for pair in enumerate(values) if pair[1] is not None]
        known.sort(key=lambda pair: pair[1], reverse=backwards)
        unknown = [one for one, value in zip(self._found, values, strict=True) if value is None]
        return [self._found[place] for place, _ in known] + unknown

    def _page_start(self, found: list[Placed]) -> int:
        """The request that is opened is on the page; else the page that is asked for; else the moment."""
        place = _place_of(found, self._asked.opened)
        if place is None and self._asked.page:
            place = min((self._asked.page - 1) * ON_A_PAGE, max(len(found) - 1, 0))
        if place is None and self._at is not None and self._asked.sort == "time":
            place = _place_of(found, self._at.summary.number)
        return (place or 0) // ON_A_PAGE * ON_A_PAGE

    def _row(self, placed: Placed) -> Row:
        line = request_at(self._content, placed.summary)
        url = line.url if self._asked.reveal else without_secrets(line.url)
        bar, is_at = self._stretch.bar(placed), self._at is not None and placed.summary is self._at.summary
        if placed.summary.number != self._asked.opened:
            return Row(placed, line, url, bar, is_at)
        details = details_at(self._content, placed.summary)
        curl = curl_of(line, details.request_headers, details.sent, reveal=self._asked.reveal)
        return Row(placed, line, url, bar, is_at, details, curl)

    def _column(self, name: str, label: str) -> dict[str, str]:
        """A heading, and the order that it leads to: the other way round where it is sorted by already."""
        is_sorted = name == self._asked.sort
        backwards = self._asked.backwards
        return {
            "name": name,
            "label": label,
            "order": f"-{name}" if is_sorted and not backwards else name,
            "aria_sort": ("descending" if backwards else "ascending") if is_sorted else "",
        }


def _is_in(scope: Scope, one: Placed) -> bool:
    """Whether a request went on in the range."""
    return scope.first is None or scope.last is None or (one.t <= scope.last and one.end >= scope.first)


def _place_of(found: list[Placed], number: int | None) -> int | None:
    return next((place for place, one in enumerate(found) if one.summary.number == number), None)


def _total(sizes: list[int | None]) -> tuple[int | None, int]:
    """The sum of the sizes that are known, None where none is; and how many are unknown beside some that are known."""
    known = [size for size in sizes if size is not None]
    if sizes and not known:
        return None, 0
    return sum(known), len(sizes) - len(known)


def _counts(names: Iterable[str], values: Iterable[str], chosen: list[str]) -> list[tuple[str, int]]:
    """How often each value occurs, in the order of the names: those that occur or are chosen."""
    counted = Counter(values)
    return [(name, counted[name]) for name in names if counted[name] or name in chosen]


def _number(value: str) -> int | None:
    return int(value) if _NUMBER.fullmatch(value) else None
