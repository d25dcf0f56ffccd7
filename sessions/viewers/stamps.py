"""The time that a log line carries, in whatever format: the formats, and which of them a file is written in.

A stamp says as much as its format does. Seconds are counted from 1970 where it has a date; from 1970 as well, but by a
clock whose zone is not known, where it has no zone; from 1970 to a day of 2001, where it has no year; from midnight
where it has no date; and from a start that is not known where it is relative.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from sessions.viewers.levels import LEVEL_NAME
from sessions.viewers.stamp_formats import FORMATS, Clock

# A stamp stands near the start of a line; in JSON its key may come late.
HEAD = 256
JSON_HEAD = 4_096
# How many seconds it takes until a clock without a year, or without a date, shows the same again.
PERIODS = {Clock.YEARLESS: 365 * 86_400.0, Clock.DAYTIME: 86_400.0}
# Words and numbers that begin some lines may look like these. They count where they begin one line in five.
_WEAK = frozenset({Clock.DAYTIME, Clock.RELATIVE})
_LEAST_SHARE = 0.2

# What stands before the time: what a collector adds, syslog's priority, a level, a process of Redis, a bracket.
_FIELDS = re.compile(
    rf"""
    \s*+ (?: [\w.-]++ \s*+ \| \s++ | \[pod/[^\]]++\] \s++ )?+ (?: <\d{{1,3}}> (?:\d[ ])?+ )?+
    (?: [\[(]?+ (?: {LEVEL_NAME} | [A-Z] | GIN ) \b [\])]?+ [\s,:-]*+ | \d++:[XCSM][ ] )?+ [\[(]?+ \s*+
    """,
    re.VERBOSE | re.ASCII,
)
_LOGFMT = re.compile(
    r"""\s*+(?:[\w.@-]++=(?:"(?:[^"\\]|\\.)*+"|[^\s"]*+)\s++)*?@?(?:time(?:stamp)?|ts|t|datetime)=["']?+""", re.ASCII
)
_ACCESS = re.compile(r"[^\s\[{]++ [^\n\[]{1,100}+\[", re.ASCII)
_KEYS = "@?timestamp|@?time|ts|@?t|asctime|datetime|date|time_?iso8601|event_?time|logged_?at|created_?at"
_JSON_KEY = re.compile(rf"""[{{,]\s*+"(?i:{_KEYS})"\s*+:\s*+(?:\{{"\$date"\s*+:\s*+)?+"?+""")


class Way(NamedTuple):
    """How a stamp is found in a line: what leads to it, and its format."""

    lead: str
    format: str


class Stamp(NamedTuple):
    clock: Clock
    seconds: float


def _place(lead: str, line: str) -> int | None:
    if lead == "json":
        found = _JSON_KEY.search(line, 0, JSON_HEAD) if "{" in line[:HEAD] else None
    else:
        found = _LEADS[lead].match(line, 0, HEAD)
    return found.end() if found else None


_LEADS = {"fields": _FIELDS, "logfmt": _LOGFMT, "access": _ACCESS}
_ORDER = ("", "fields", "json", "logfmt", "access")


def stamp_of(line: str) -> Stamp | None:
    """The stamp of a line of which nothing is known."""
    found = _found(line)
    return found[1] if found else None


def _found(line: str) -> tuple[Way, Stamp] | None:
    for lead in _ORDER:
        place = _place(lead, line) if lead else 0
        if place is None:
            continue
        for name, form in FORMATS.items():
            if lead and not form.anywhere:
                continue
            if (match := form.pattern.match(line, place)) and (read := form.read(match)):
                return Way(lead, name), Stamp(*read)
    return None


class StampFormat(msgspec.Struct, frozen=True):
    """How a file writes its stamps: whose clock they show, and in which ways, the most frequent first."""

    clock: Clock
    ways: tuple[tuple[str, str], ...]


def format_of(lines: Iterable[str]) -> StampFormat | None:
    """The format of most lines of a sample; of equally many, the one that says more. None where none has a stamp."""
    ways: dict[Clock, Counter[Way]] = {clock: Counter() for clock in Clock}
    count = 0
    for line in lines:
        count += bool(line.strip())
        if found := _found(line):
            way, stamp = found
            ways[stamp.clock][way] += 1
    clock = max(Clock, key=lambda each: ways[each].total())
    total = ways[clock].total()
    if not total or (clock in _WEAK and total < count * _LEAST_SHARE):
        return None
    return StampFormat(clock, tuple((way.lead, way.format) for way, _ in ways[clock].most_common()))


class StampReader:
    """Reads the stamps of one file, from any of its lines on.

    `last` is the stamp before that line, by which a clock without year or date is known to have begun anew.
    """

    def __init__(self, form: StampFormat, last: float | None = None) -> None:
        self._clock = form.clock
        self._period = PERIODS.get(form.clock)
        self._ways = [(lead, FORMATS[name]) for lead, name in form.ways if name in FORMATS]
        self._last = last

    def read(self, line: str) -> float | None:
        """Seconds; None where the line has no stamp by this file's clock."""
        for lead, form in self._ways:
            place = _place(lead, line) if lead else 0
            if place is None or (match := form.pattern.match(line, place)) is None:
                continue
            found = form.read(match)
            if found is not None and found[0] is self._clock:
                return found[1] if self._period is None else self._unwrapped(found[1], self._period)
        return None

    def _unwrapped(self, seconds: float, period: float) -> float:
        if self._last is not None:
            seconds += round((self._last - seconds) / period) * period
        self._last = seconds
        return seconds
