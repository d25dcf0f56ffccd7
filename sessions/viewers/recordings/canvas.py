"""What a page drew on its canvases, as far as a recording holds it as pictures.

rrweb tells the orders that a script gave to a canvas, or, where it looks at canvases some times a second, a picture of
each. A picture that covers the canvas is shown. Other orders are not carried out: the canvas then says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sessions.viewers.recordings.web_events import pixels

LARGEST_PICTURE = 4 * 1024 * 1024

# The order that clears a part of a canvas draws nothing.
_DRAWS = re.compile(r"(?:fill|stroke|draw|put|tex)[A-Za-z0-9]*+")
_TYPES = re.compile(r"image/(?:png|jpeg|webp|gif|avif)")
_DIGITS = re.compile(r"[0-9]{1,5}+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]++={0,2}+")


@dataclass(frozen=True)
class Drawing:
    """The address of the last picture; empty where what was drawn after it is not shown."""

    picture: str


def drawn(data: dict[str, Any], before: Drawing | None) -> Drawing | None:
    """A canvas after an event; None where nothing has been drawn on it."""
    found = before
    for name, arguments in _orders(data):
        if _DRAWS.fullmatch(name):
            found = Drawing(_picture(arguments) if name == "drawImage" else "")
    return found


def note(words: str, width: object, height: object) -> str:
    """The address of a picture that stands where a canvas without one was, as large as the canvas."""
    sides = (str(pixels(_number(told)) or size) for told, size in ((width, 300), (height, 150)))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}"><rect width="100%" height="100%" '
        'fill="#8b92a01a" stroke="#8b92a0" stroke-dasharray="4"/><text x="8" y="20" fill="#6b7280" '
        'font-family="sans-serif" font-size="12">{}</text></svg>'
    )
    return f"data:image/svg+xml,{quote(svg.format(*sides, words))}"


def _number(told: object) -> object:
    return int(told) if isinstance(told, str) and _DIGITS.fullmatch(told) else told


def _orders(data: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """One event tells one order, or several. What sets a property, such as a colour, draws nothing."""
    commands = data.get("commands")
    for one in commands if isinstance(commands, list) else [data]:
        if not isinstance(one, dict) or one.get("setter"):
            continue
        name, arguments = one.get("property"), one.get("args")
        if isinstance(name, str) and isinstance(arguments, list):
            yield name, arguments


def _picture(arguments: list[Any]) -> str:
    """The address of an image that is drawn from the corner of the canvas on; empty for any other."""
    match arguments:
        case [{"rr_type": "ImageBitmap", "args": [{"rr_type": "Blob"} as blob, *_]}, 0, 0, *_]:
            return _address(blob)
    return ""


def _address(blob: dict[str, Any]) -> str:
    match blob:
        case {"type": str(declared), "data": [{"rr_type": "ArrayBuffer", "base64": str(content)}]}:
            if len(content) <= LARGEST_PICTURE and _TYPES.fullmatch(declared) and _BASE64.fullmatch(content):
                return f"data:{declared};base64,{content}"
    return ""
