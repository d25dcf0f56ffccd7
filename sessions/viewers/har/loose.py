"""Fields of JSON that anybody may have written: what has the wrong type counts as absent.

Nothing is decoded before it is known to be small: objects by the fields that are looked for, lists and texts up to a
length. What is left out of an object is skipped without being built.
"""

import io
import json
import math
import re
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from sessions.files.json_items import items

Fields = TypeVar("Fields", bound=msgspec.Struct)

ABSENT = msgspec.Raw(b"null")
LONGEST_NUMBER = 400

# A string that is not closed ends with the text, so that no quote in it is tried again. A list of NaN is one match,
# since each match costs a call.
_NAN = rb"-?(?:NaN|Infinity)"
_STRING_OR_NANS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|(?:%b[\s,]*+)++' % _NAN, re.DOTALL)
_ONE_NAN = re.compile(_NAN)
_HALF = rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(%b)|\\." % _HALF, re.DOTALL)
_WHOLE_ESCAPES = re.compile(rb"[^\\]*+(?:\\(?:u[0-9a-fA-F]{4}|[^u])[^\\]*+)*+", re.DOTALL)


class Text(NamedTuple):
    """A string that HTML can hold, and how many bytes of the file were left out of it."""

    text: str = ""
    left_out: int = 0


def repaired(raw: bytes) -> bytes:
    """Browsers write NaN and half surrogate pairs, which JSON has not: null and a question mark."""
    return _STRING_OR_NANS.sub(_repaired_token, raw)


def _repaired_token(token: re.Match[bytes]) -> bytes:
    if not token[0].startswith(b'"'):
        return _ONE_NAN.sub(b"null", token[0])
    return _ESCAPE.sub(lambda escape: b"?" if escape[1] else escape[0], token[0]) if b"\\u" in token[0] else token[0]


def fields(raw: bytes | msgspec.Raw, kind: type[Fields]) -> Fields:
    """The fields of an object as they stand there; none of anything else. Raises msgspec.DecodeError for no JSON."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        return kind()


def parts(raw: bytes | msgspec.Raw, most: int, longest: int) -> list[bytes]:
    """The first items of a list; one that is longer than this many bytes is left out."""
    inner = bytes(raw)
    if not inner.startswith(b"["):
        return []
    found = islice(items(io.BytesIO(inner), (), longest), most)
    return [item.head for item in found if item.is_whole]


def number(raw: bytes | msgspec.Raw) -> float | None:
    if len(memoryview(raw)) > LONGEST_NUMBER:
        return None
    try:
        value = msgspec.json.decode(raw, type=float)
    except msgspec.MsgspecError:
        return None
    return value if math.isfinite(value) else None


def text(raw: bytes | msgspec.Raw, longest: int) -> str:
    return cut_text(raw, longest).text


def cut_text(raw: bytes | msgspec.Raw, longest: int) -> Text:
    """A string up to `longest` bytes of the file: with no NUL and no half surrogate pair, which HTML cannot hold."""
    whole = memoryview(raw)
    if bytes(whole[:1]) != b'"':
        return Text()
    kept = bytes(whole[1 : min(longest + 1, len(whole) - 1)])
    left_out = len(whole) - 2 - len(kept)
    if left_out:
        kept = whole_characters(kept)
        left_out = len(whole) - 2 - len(kept)
    return Text(_decoded(kept).replace("\0", "\u2400").encode("utf-8", "replace").decode(), left_out)


def whole_characters(inner: bytes) -> bytes:
    """The inside of a string that was cut, without the half of an escape or of a character at its end."""
    found = _WHOLE_ESCAPES.match(inner)
    assert found is not None  # it matches nothing as well
    kept = found[0]
    return kept.decode("utf-8", "ignore").encode() if kept[-1:] >= b"\x80" else kept


def _decoded(inner: bytes) -> str:
    try:
        return msgspec.json.decode(b'"%b"' % inner, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        try:
            return str(json.loads(f'"{inner.decode("utf-8", "replace")}"', strict=False))
        except ValueError:
            return ""
