"""Which files are recordings of terminals (asciicast) or of web pages (rrweb), by their first bytes."""

import re
from enum import Enum

HEAD = 64 * 1024
SPACES = b" \t\r\n\xef\xbb\xbf"

_VERSION = re.compile(rb'"version"\s*+:\s*+[123]\b')
_OF_TERMINAL = re.compile(rb'"(?:width|height|term|stdout)"\s*+:')
_TYPE = re.compile(rb'"type"\s*+:\s*+[0-6]\b')
_OF_EVENT = re.compile(rb'"(?:timestamp|data)"\s*+:')


class Shape(Enum):
    """How the events of a web recording stand in their file."""

    ARRAY = "array"
    OBJECT = "object"
    LINES = "lines"


def is_asciicast(head: bytes) -> bool:
    """Versions 2 and 3 begin with a line that is an object; version 1 is one object."""
    begin = head[:HEAD].lstrip(SPACES)
    if not begin.startswith(b"{"):
        return False
    line = begin.partition(b"\n")[0]
    part = line if _VERSION.search(line) else begin
    return bool(_VERSION.search(part)) and bool(_OF_TERMINAL.search(part))


def is_web_recording(head: bytes) -> bool:
    """By what the events of rrweb have."""
    begin = head[:HEAD].lstrip(SPACES)
    return begin.startswith((b"[", b"{")) and bool(_TYPE.search(begin)) and bool(_OF_EVENT.search(begin))


def shape_of(head: bytes) -> Shape:
    begin = head[:HEAD].lstrip(SPACES)
    if begin.startswith(b"["):
        return Shape.ARRAY
    events, first = begin.find(b'"events"'), _TYPE.search(begin)
    return Shape.OBJECT if events >= 0 and (first is None or events < first.start()) else Shape.LINES
