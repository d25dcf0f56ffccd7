"""Terminal recordings in the asciicast format: version 1 (one JSON document), 2 and 3 (a JSON array on each line).

A file is read from any of its events on, one event at a time. What cannot be read is left out and counted.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any, NamedTuple

import msgspec

from sessions.files.json_items import Malformed, NoArray, Reader, TooComplex, items
from sessions.files.recordings import SPACES
from sessions.viewers.recordings import NotRecording
from sessions.viewers.recordings.decoding import decoded

# A program that prints more at once was not recorded by asciinema, which cuts it.
LONGEST_EVENT = 4 * 1024 * 1024
LONGEST_HEADER = 256 * 1024
# Version 1 is one document, which is read from its beginning each time.
LARGEST_DOCUMENT = 16 * 1024 * 1024
# Ten years: a time behind it is no time.
LONGEST_SECONDS = 10 * 366 * 86400.0
IDLE_SECONDS = 2.0
MOST_MARKERS = 200
MOST_IDLE = 500
LONGEST_LABEL = 200

# How nearly every line begins: its time and its code.
_BEGIN = re.compile(rb'\[\s*+([0-9]++(?:\.[0-9]++)?+)\s*+,\s*+"([a-z])"\s*+,')
_SIZE = re.compile(r"([0-9]{1,9}+)x([0-9]{1,9}+)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Event(NamedTuple):
    """`time` is in seconds from the recording's start; `position` is where the next event is read."""

    time: float
    code: str
    data: str
    position: int


@dataclass
class Header:
    version: int
    columns: int
    lines: int
    began_at: datetime | None = None
    title: str = ""
    # The terminal's own colours, where the recording has them: text, ground, and the first of the palette.
    colours: list[str] = field(default_factory=list)
    # Where the first event is read: an offset, or in version 1 a number of events.
    start: int = 0


@dataclass
class Survey:
    """What one pass over a file finds. `idle` are the stretches in which nothing happens, from and to a second."""

    length: float = 0.0
    markers: list[tuple[float, str]] = field(default_factory=list)
    idle: list[tuple[float, float]] = field(default_factory=list)
    unreadable: int = 0


def read_header(file: IO[bytes]) -> Header:
    """Raises NotRecording."""
    file.seek(0)
    line = file.readline(LONGEST_HEADER)
    start = file.tell()
    fields = _object(line)
    version = fields.get("version")
    if version in (2, 3) and not isinstance(version, bool):
        return _header(fields, int(version), start)
    fields = _fields_of_document(file)
    if fields.get("version") != 1:
        raise NotRecording("It does not begin like a terminal recording (asciicast, version 1, 2 or 3).")
    if file.seek(0, os.SEEK_END) > LARGEST_DOCUMENT:
        raise NotRecording("Terminal recordings in version 1 of asciicast are played up to 16 MB.")
    return _header(fields, 1, 0)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        fields = decoded(raw.strip(SPACES), msgspec.json.decode)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _fields_of_document(file: IO[bytes]) -> dict[str, Any]:
    """The short fields of a document."""
    fields: dict[str, Any] = {}
    try:
        reader = Reader(file)
        if reader.peek() != b"{":
            return {}
        for _ in reader.parts(b"{"):
            key = reader.key()
            value = reader.value(0 if key == "stdout" else LONGEST_LABEL)
            if value.is_whole and key in ("version", "width", "height", "duration", "title"):
                fields[key] = msgspec.json.decode(value.head)
    except (Malformed, TooComplex, ValueError, RecursionError):
        return fields
    return fields


def _header(fields: dict[str, Any], version: int, start: int) -> Header:
    term = fields.get("term") if version == 3 else None
    terminal = term if isinstance(term, dict) else {}
    width, height = ("cols", "rows") if version == 3 else ("width", "height")
    sizes = terminal if version == 3 else fields
    title = fields.get("title")
    theme = (terminal if version == 3 else fields).get("theme")
    return Header(
        version=version,
        columns=_size(sizes.get(width), 80),
        lines=_size(sizes.get(height), 24),
        began_at=_moment(fields.get("timestamp")),
        title=title[:LONGEST_LABEL] if isinstance(title, str) else "",
        colours=_colours(theme if isinstance(theme, dict) else {}),
        start=start,
    )


def _size(value: object, default: int) -> int:
    """A terminal that says nothing has the size that terminals begin with."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
        return default
    return int(value) or default


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _colours(theme: dict[str, Any]) -> list[str]:
    palette = theme.get("palette")
    named = [theme.get("fg"), theme.get("bg"), *(palette.split(":")[:16] if isinstance(palette, str) else [])]
    is_valid = all(isinstance(one, str) and _COLOUR.fullmatch(one) for one in named)
    return [str(one) for one in named] if is_valid and len(named) >= 10 else []


def events(file: IO[bytes], header: Header, position: int | None = None, time: float = 0.0) -> Iterator[Event]:
    """The events from a position on, `time` being that of the event before it. Times never go back."""
    position = header.start if position is None else position
    if header.version == 1:
        yield from _events_of_document(file, position, time)
        return
    file.seek(position)
    decode = msgspec.json.Decoder().decode
    for line, behind in _lines(file, position):
        try:
            seconds, code, data = decoded(line, decode)
            seconds = _later(time, seconds, is_relative=header.version == 3)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(code, str) and isinstance(data, str):
            time = seconds
            yield Event(time, code, data, behind)


def _lines(file: IO[bytes], position: int) -> Iterator[tuple[bytes, int]]:
    """Each line with where the next begins. Of a line that is too long nothing is given."""
    while line := file.readline(LONGEST_EVENT):
        position += len(line)
        is_whole = line.endswith(b"\n") or len(line) < LONGEST_EVENT
        while not is_whole and line:
            line = file.readline(LONGEST_EVENT)
            position += len(line)
            if line.endswith(b"\n"):
                break
        yield (line if is_whole else b""), position


def _later(time: float, seconds: object, *, is_relative: bool) -> float:
    """Raises ValueError for what is no time."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError
    found = time + max(seconds, 0.0) if is_relative else max(time, seconds)
    if not found <= LONGEST_SECONDS:
        raise ValueError
    return float(found)


def _events_of_document(file: IO[bytes], position: int, time: float) -> Iterator[Event]:
    file.seek(0)
    try:
        found = items(file, ("stdout",), LONGEST_EVENT)
        for number, item in enumerate(islice(found, position, None), start=position + 1):
            try:
                delay, data = decoded(item.head, msgspec.json.decode)
                time = _later(time, delay, is_relative=True)
            except (ValueError, TypeError, RecursionError):
                continue
            if isinstance(data, str):
                yield Event(time, "o", data, number)
    except (Malformed, TooComplex, NoArray):
        return


def survey(file: IO[bytes], header: Header) -> Survey:
    """One pass, which decodes hardly anything of versions 2 and 3."""
    found = Survey()
    if header.version == 1:
        for event in _events_of_document(file, 0, 0.0):
            _pass_to(found, event.time)
        return found
    file.seek(header.start)
    begins = _BEGIN.match
    is_relative = header.version == 3
    for line, _ in _lines(file, header.start):
        begin = begins(line)
        if begin is None or begin[2] == b"m":
            _survey_unusual(found, line, is_relative=is_relative)
            continue
        time = float(begin[1])
        time = found.length + time if is_relative else max(time, found.length)
        if time > LONGEST_SECONDS:
            found.unreadable += 1
            continue
        if time - found.length > IDLE_SECONDS:
            _pass_to(found, time)
        found.length = time
    return found


def _survey_unusual(found: Survey, line: bytes, *, is_relative: bool) -> None:
    """A marker, an event that is written in another way, a comment, or nothing that can be read."""
    if not line.strip() or line.startswith(b"#"):
        found.unreadable += not line
        return
    try:
        seconds, code, data = decoded(line, msgspec.json.decode)
        time = _later(found.length, seconds, is_relative=is_relative)
    except (ValueError, TypeError, RecursionError):
        found.unreadable += 1
        return
    _pass_to(found, time)
    if code == "m" and isinstance(data, str) and len(found.markers) < MOST_MARKERS:
        found.markers.append((time, data[:LONGEST_LABEL]))


def _pass_to(found: Survey, time: float) -> None:
    if time - found.length > IDLE_SECONDS and len(found.idle) < MOST_IDLE:
        found.idle.append((found.length, time))
    found.length = max(time, found.length)


def resized(data: str) -> tuple[int, int] | None:
    """The columns and lines of a resize event such as `100x40`."""
    found = _SIZE.fullmatch(data)
    return (int(found[1]), int(found[2])) if found else None
