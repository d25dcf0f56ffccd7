"""The formats of log times, each a pattern and what its groups add up to."""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from sessions.viewers.times import MONTH, MONTHS, WEEKDAY, ZONES

DAY = 86_400.0
# A year that is not a leap year, for stamps without one; 29 February counts as the day after the 28th.
YEAR = 2001
_EPOCH = date(1970, 1, 1).toordinal()


class Clock(StrEnum):
    """What the seconds of a stamp are counted from, the one that says most first."""

    ABSOLUTE = "absolute"
    LOCAL = "local"
    YEARLESS = "yearless"
    DAYTIME = "daytime"
    RELATIVE = "relative"


Read = Callable[["re.Match[str]"], "tuple[Clock, float] | None"]


class Format(NamedTuple):
    """`anywhere`: it may stand behind what leads to a stamp, such as a level; the others begin a line."""

    pattern: re.Pattern[str]
    read: Read
    anywhere: bool = True


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.VERBOSE | re.ASCII)


_FRACTION = r"(?:[.,:](\d{1,9}))?+"
_HALF = r"(?:\s?+([AaPp]\.?[Mm])\b)?+"
_ZONE = (
    rf"(?: \s?+ ( (?:{'|'.join(sorted(ZONES, key=len, reverse=True))})\b | [+-]\d\d:?\d\d\b | (?<=\d)[+-]\d\d\b ) )?+"
)
_CLOCK = rf"(\d{{1,2}}:\d\d(?::\d\d)?+|\d\d\.\d\d\.\d\d){_FRACTION}{_HALF}{_ZONE}"


@lru_cache(maxsize=4096)
def _seconds(clock: str, half: str | None) -> float | None:
    """Seconds from midnight of `11:38:02`, `11.38.02`, `11:38`, `113802`."""
    if clock.isdigit():
        clock = f"{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    hour, minute, *more = (int(part) for part in clock.replace(".", ":").split(":"))
    second = more[0] if more else 0
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    return hour * 3600.0 + minute * 60 + second


@lru_cache(maxsize=256)
def _offset(zone: str) -> float | None:
    if zone in ZONES:
        return ZONES[zone] * 3600.0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        return None
    return (hours * 3600.0 + minutes * 60) * (-1 if zone[0] == "-" else 1)


def _midnight(year: int, month: int, day: int) -> float | None:
    """Seconds from 1970; None for what is no day, or of no year in which somebody kept a log."""
    if (month, day) == (2, 29) and year == YEAR:
        return _midnight(YEAR, 3, 1)
    if not 1970 <= year <= 2499:
        return None
    try:
        return (date(year, month, day).toordinal() - _EPOCH) * DAY
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _year_first(text: str) -> float | None:
    """`2026-11-30`, `20261130`."""
    digits = text if len(text) == 8 else text[:4] + text[5:7] + text[8:]
    return _midnight(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


@lru_cache(maxsize=1024)
def _month_and_day(text: str) -> float | None:
    """`11-30`, `1130`."""
    return _midnight(YEAR, int(text[:2]), int(text[-2:]))


@lru_cache(maxsize=1024)
def _named(text: str) -> float | None:
    """`30/Nov/2026`, `Nov 30, 2026`, `Nov 30`."""
    first, second, *year = re.findall("[0-9]+|[A-Za-z]+", text)
    name, day = (second, first) if first.isdigit() else (first, second)
    return _midnight(int(year[0]) if year else YEAR, MONTHS.index(name.title()) + 1, int(day))


@lru_cache(maxsize=1024)
def _year_last(text: str) -> float | None:
    """`30.11.2026`, `11/30/2026`; None where day and month may be either of two numbers."""
    first, second, year = (int(part) for part in re.split("[-/.]", text))
    if text[2:3] == "." or text[1:2] == "." or first > 12 or first == second:
        return _midnight(year, second, first)
    return _midnight(year, first, second) if second > 12 else None


def _dated(day: Callable[[str], float | None], without_zone: Clock = Clock.LOCAL) -> Read:
    """Of the groups date, clock, fraction, half of the day and zone. A zone helps only where there is a year."""
    with_zone = Clock.ABSOLUTE if without_zone is Clock.LOCAL else without_zone

    def read(match: re.Match[str]) -> tuple[Clock, float] | None:
        text, clock, fraction, half, zone = match.groups()
        midnight, seconds = day(text), _seconds(clock, half)
        if midnight is None or seconds is None:
            return None
        seconds += midnight
        if fraction is not None:
            seconds += int(fraction) / 10 ** len(fraction)
        if zone is None:
            return without_zone, seconds
        offset = _offset(zone)
        return None if offset is None else (with_zone, seconds - offset)

    return read


def _ctime(match: re.Match[str]) -> tuple[Clock, float] | None:
    """The year comes last."""
    text, clock, fraction, zone, year = match.groups()
    midnight, seconds = _named(f"{text} {year}"), _seconds(clock, None)
    if midnight is None or seconds is None:
        return None
    seconds += midnight + (int(fraction) / 10 ** len(fraction) if fraction else 0)
    return (Clock.LOCAL, seconds) if zone is None else (Clock.ABSOLUTE, seconds - (_offset(zone) or 0))


def _glog(match: re.Match[str]) -> tuple[Clock, float] | None:
    return (_GLOG_DATED if len(match[1]) == 8 else _GLOG_YEARLESS)(match)


_GLOG_DATED = _dated(_year_first)
_GLOG_YEARLESS = _dated(_month_and_day, Clock.YEARLESS)


def _epoch(match: re.Match[str]) -> tuple[Clock, float] | None:
    """Seconds, milliseconds, microseconds or nanoseconds, by how many digits there are."""
    whole, fraction, scientific = match.groups()
    if scientific:
        return Clock.ABSOLUTE, float(scientific) * 1e9
    if (unit := {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}.get(len(whole))) is None:
        return None
    seconds = int(whole) / unit
    if seconds >= 4e9:
        return None
    return Clock.ABSOLUTE, seconds + (int(fraction) / 10 ** len(fraction) / unit if fraction else 0)


def _daytime(match: re.Match[str]) -> tuple[Clock, float] | None:
    clock, fraction, half, zone = match.groups()
    seconds = _seconds(clock, half)
    if seconds is None or (half is None and clock.count(":") < 2):
        return None
    seconds += int(fraction) / 10 ** len(fraction) if fraction else 0
    return Clock.DAYTIME, seconds - (_offset(zone) or 0 if zone else 0)


_UNITS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}


def _relative(match: re.Match[str]) -> tuple[Clock, float] | None:
    parts = match.groupdict()
    hours, minutes, micros = (int(parts.get(name) or 0) for name in ("hours", "minutes", "micros"))
    seconds = float(match["seconds"].replace(",", ".")) + micros / 1e6
    return Clock.RELATIVE, (hours * 3600 + minutes * 60 + seconds) * _UNITS[parts.get("unit") or "s"]


def _milliseconds(match: re.Match[str]) -> tuple[Clock, float] | None:
    return Clock.RELATIVE, int(match[1] or match[2]) / 1000


_SEPARATOR = r"(?: [T_:-] | ,?[ ] | [ ]-[ ] | \]\[ )"
_SECONDS = r"(?P<seconds>\d{1,10}(?:[.,]\d{1,9})?+)"
_UNIT = r"(?P<unit>s(?:ec)?|ms|[uµ]s)"
_END = r"(?=[\s\]):,|]|$)"

# The first that fits a line counts.
FORMATS: dict[str, Format] = {
    # ISO 8601, RFC 5424, Python, Java, Go, nginx's errors, Docker, logcat with a year, JSON
    "iso": Format(_pattern(rf"(\d{{4}}[-/.]\d\d[-/.]\d\d){_SEPARATOR}{_CLOCK}"), _dated(_year_first)),
    "iso basic": Format(_pattern(rf"(\d{{8}})T(\d{{6}}){_FRACTION}{_HALF}{_ZONE}"), _dated(_year_first)),
    # access logs, Tomcat, Redis, RFC 1123
    "day month year": Format(
        _pattern(rf"(?:{WEEKDAY},?[ ])?+(\d{{1,2}}[-/ ]{MONTH}[-/ ]\d{{4}})[:,]?+[ ]?+{_CLOCK}"), _dated(_named)
    ),
    # Apache's errors, the program date
    "ctime": Format(
        _pattern(rf"{WEEKDAY}[ ]({MONTH}[ ]{{1,2}}\d{{1,2}})[ ](\d\d:\d\d:\d\d){_FRACTION}{_ZONE}[ ](\d{{4}})\b"),
        _ctime,
    ),
    "month day year": Format(
        _pattern(rf"(?:{WEEKDAY},?[ ])?+({MONTH}[ ]{{1,2}}\d{{1,2}},?[ ]\d{{4}}),?[ ]{_CLOCK}"), _dated(_named)
    ),
    "numbers": Format(_pattern(rf"(\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}})(?:,?[ ]|[ ]-[ ]){_CLOCK}"), _dated(_year_last)),
    "syslog": Format(
        _pattern(rf"(?:{WEEKDAY}[ ])?+({MONTH}[ ]{{1,2}}\d{{1,2}})[ ]{_CLOCK}"), _dated(_named, Clock.YEARLESS)
    ),
    "logcat": Format(_pattern(rf"(\d\d-\d\d)[ ]{_CLOCK}"), _dated(_month_and_day, Clock.YEARLESS)),
    "glog": Format(_pattern(rf"[IWEFD](\d{{4}}|\d{{8}})[ ]{_CLOCK}"), _glog, anywhere=False),
    "chromium": Format(
        _pattern(rf"\[(?:[\d.]++:)*+(\d{{4}})/(\d{{6}}){_FRACTION}{_HALF}{_ZONE}:"),
        _dated(_month_and_day, Clock.YEARLESS),
        anywhere=False,
    ),
    "epoch": Format(_pattern(r"(?:(\d{10,19})(?:[.,](\d{1,12}))?+|(\d\.\d{3,20})[eE]\+?0?9)(?![\d.:/-])"), _epoch),
    # dmesg
    "in brackets": Format(
        _pattern(r"\s*+(?:<\d{1,3}>)?+\[\s*+(?P<seconds>\d{1,7}\.\d{1,9})\s?+s?+\]"), _relative, anywhere=False
    ),
    # +1.234 s, T+0:12.480
    "elapsed": Format(
        _pattern(
            rf"[\s\[(]*+T?\+\s?+(?:(?:(?P<hours>\d{{1,4}}):)?(?P<minutes>\d{{1,2}}):)?{_SECONDS}(?:\s?+{_UNIT})?{_END}"
        ),
        _relative,
        anywhere=False,
    ),
    # 12.3s
    "with a unit": Format(_pattern(rf"[\s\[(]*+{_SECONDS}\s?+{_UNIT}{_END}"), _relative, anywhere=False),
    # GStreamer, Zephyr
    "uptime": Format(
        _pattern(
            r"""\[?(?P<hours>\d(?=:\d\d:\d\d\.\d{9}\b)|\d\d(?=:\d\d:\d\d\.\d{3},\d{3}\]))
                :(?P<minutes>\d\d):(?P<seconds>\d\d\.\d{3,9})(?:,(?P<micros>\d{3}))?"""
        ),
        _relative,
        anywhere=False,
    ),
    "time of day": Format(_pattern(_CLOCK), _daytime),
    # logcat by the monotonic clock
    "seconds": Format(_pattern(r"\s*+(?P<seconds>\d{1,7}\.\d{3,9})(?=[\s:])"), _relative, anywhere=False),
    # ESP-IDF, log4j
    "milliseconds": Format(
        _pattern(r"[EWIDV][ ]\((\d{1,12})\)[ ]|(\d{1,12})\s++\[[^\]\s]++\][ ](?=[A-Z]{4,}\b)"),
        _milliseconds,
        anywhere=False,
    ),
}
