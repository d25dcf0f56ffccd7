"""JSON -> the contract's types, or the field that is wrong.

msgspec decodes and validates in one go. What it lets through and PostgreSQL or
other readers of JSON would not take is refused here: NUL, integers beyond 64 bits,
duplicate keys, nesting that only a recursive reader notices.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar, get_args

import msgspec

from sessions.contract.leap_seconds import leap_second
from sessions.contract.line_errors import LineError, invalid, required, unparsable
from sessions.contract.names import clean_names
from sessions.contract.schema import Event, EventBatch, ImportedLine, SessionLine, Time
from sessions.ingest.reading.encodings import foreign_encoding, save_as_utf8
from sessions.ingest.reading.readable import STRING, shallow, without_long_texts

Sent = TypeVar("Sent", bound=msgspec.Struct)
Decoded = TypeVar("Decoded")
Keys = list[str | int]

# A line of a file, which a command reads with memory of its own.
MAX_LINE_BYTES = 64 * 1024 * 1024
# What is sent is read by servers: the worst that fits these takes about 50 MiB of memory.
MAX_SENT_BYTES = 8 * 1024 * 1024
MAX_SENT_VALUES = 250_000
# So small a text holds no more values than that.
SMALL_BYTES = 256 * 1024
MAX_ATTRIBUTES_BYTES = 16 * 1024
MAX_DEPTH = 64

# A value follows each of these signs.
_TO_VALUE = re.compile(rb'[^",{\[]*+(?:%b[^",{\[]*+)*+(?:[,{\[]|\Z)' % STRING, re.DOTALL)
_NUL, _SURROGATE = re.compile("\0"), re.compile("[\ud800-\udfff]")
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)


def parse_line(raw: bytes) -> ImportedLine:
    """A line of a file. Raises LineError."""
    return _parse(raw, ImportedLine, MAX_LINE_BYTES)


def parse(raw: bytes, kind: type[Sent]) -> Sent:
    """`raw` is one JSON object in UTF-8, at most MAX_SENT_BYTES with MAX_SENT_VALUES in it. Raises LineError."""
    refuse_too_many_values(raw)
    return _parse(raw, kind, MAX_SENT_BYTES)


def _parse(raw: bytes, kind: type[Sent], longest: int) -> Sent:
    sent = _guarded(raw, lambda readable: _decode(readable, kind), longest)
    if b"\\u0000" in raw:
        _refuse_texts(msgspec.to_builtins(sent), _NUL, "contains a NUL character")
    _check_free_form(sent)
    if isinstance(sent, SessionLine):
        clean_names(sent)
    return sent


def parse_object(raw: bytes) -> dict[str, Any]:
    """An object whose fields are judged later, together with others. Raises LineError."""
    refuse_too_many_values(raw)
    value = _guarded(raw, msgspec.json.decode, MAX_SENT_BYTES)
    if not isinstance(value, dict):
        raise unparsable("Expected object")
    _check_json(value, "")
    return value


def parse_time(text: str, field: str) -> datetime:
    """A time that stands alone in an address, where an offset's + that was not quoted is a space. Raises LineError."""
    written = text.replace(" ", "+", 1) if "T" in text else text
    try:
        return leap_second(written) or msgspec.convert(written, Time)
    except msgspec.ValidationError as error:
        raise invalid(field, str(error).replace("`", "")) from error


def refuse_too_many_values(raw: bytes) -> None:
    """Before they are decoded: the smallest values take thirty times their bytes. Raises LineError."""
    if len(raw) <= SMALL_BYTES:
        return
    values = sum(1 for _ in islice(_TO_VALUE.finditer(raw), MAX_SENT_VALUES + 1))
    if values > MAX_SENT_VALUES:
        raise unparsable(f"more than {MAX_SENT_VALUES:,} values")


def _guarded(raw: bytes, decode: Callable[[bytes], Decoded], longest: int) -> Decoded:
    if len(raw) > longest:
        raise unparsable(f"longer than {longest // 1024**2} MiB")
    try:
        decoded = decode(raw)
        if len(raw) <= SMALL_BYTES:
            _refuse_duplicate_keys(raw)
        else:  # which decodes it as well, so that large ones would be in memory twice
            del decoded
            _refuse_duplicate_keys(raw)
            decoded = decode(raw)
    except UnicodeDecodeError as error:
        _refuse_encoding(raw)
        _refuse_undecodable(raw, "is not valid UTF-8")
        raise unparsable("not valid UTF-8") from error
    except RecursionError:
        # What is left is still nested too deeply, and refused at its place.
        return _guarded(shallow(raw), decode, longest)
    except _DuplicateKeyError as error:
        raise LineError("parse_error", _path_of_duplicate(raw), "occurs twice in one object") from error
    except msgspec.ValidationError as error:
        raise _explain(str(error), raw) from error
    except ValueError as error:
        _refuse_encoding(raw)
        if _has_lines_ended_by_cr(raw):
            raise unparsable("has lines that end with CR alone: end them with LF") from error
        # msgspec stops at half of a pair, as if the text ended there.
        _refuse_undecodable(raw, "contains half of a surrogate pair")
        raise unparsable(f"not JSON: {error}") from error
    return decoded


def _decode(raw: bytes, kind: type[Sent]) -> Sent:
    """Absent means null, so null means absent: for objects and lists too, which msgspec would refuse, as it does leap
    seconds. What has neither is read in one go."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        if "got `null`" not in str(error) and "Invalid RFC3339" not in str(error):
            raise
        return msgspec.convert(as_meant(msgspec.json.decode(raw), kind), kind)


def as_meant(value: Any, kind: type[msgspec.Struct] | None) -> Any:
    """The same JSON with absent for null in the fields of `kind`, and moments for their leap seconds.

    A null that nobody knows stays, to be refused. `kind` is None for what holds no field of ours.
    """
    if kind is None:
        return value
    if kind is _Moment:
        return (isinstance(value, str) and leap_second(value)) or value
    if isinstance(value, list):
        return [as_meant(item, kind) for item in value]
    if not isinstance(value, dict):
        return value
    fields = _fields(kind)
    return {
        name: as_meant(item, fields.get(name)) for name, item in value.items() if item is not None or name not in fields
    }


class _Moment(msgspec.Struct):
    """Stands for the times among the kinds of what a field holds."""


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct] | None]:
    """Its fields, each with the kind of object that stands in it or in its list, if any."""
    found: dict[str, type[msgspec.Struct] | None] = {}
    for field in msgspec.structs.fields(kind):
        parts = (field.type, *get_args(field.type))
        kinds = (part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct))
        found[field.name] = _Moment if Time in parts else next(kinds, None)
    return found


def _explain(message: str, raw: bytes) -> LineError:
    """From msgspec's words, such as "Expected `str`, got `int` - at `$.app.name`"."""
    what, path = _what_and_path(message)
    prefix = f"{path}." if path else ""
    if missing := _MISSING.match(what):
        return required(prefix + missing["name"])
    if unknown := _UNKNOWN.match(what):
        return LineError("unknown_parameter", prefix + unknown["name"], "is not a field that is known here")
    if not path:
        return unparsable(what.replace("`", ""))
    if path == "attributes[...]":
        path = _unfit_attribute(raw)
    return invalid(path, what.replace("`", ""))


def _what_and_path(message: str) -> tuple[str, str]:
    """The path comes last, in backquotes, and nothing of what was sent stands in it."""
    what, _, place = message.rpartition(" - at ")
    place = place.removeprefix("key in ")
    if not what or not place.startswith("`") or not place.endswith("`"):
        return message, ""
    return what, place.strip("`").removeprefix("$").lstrip(".")


def _unfit_attribute(raw: bytes) -> str:
    """msgspec does not say which one. Read as floats, numbers that do not fit are infinite."""
    try:
        attributes = _read(raw, parse_int=float)["attributes"]
    except json.JSONDecodeError as error:  # further on than msgspec has read
        raise unparsable(f"not JSON: {error.msg}") from error
    for name, value in attributes.items():
        if isinstance(value, dict | list) or value in (math.inf, -math.inf):
            return f"attributes.{name}"
    return "attributes"


class _DuplicateKeyError(Exception):
    pass


def _refuse_duplicate_keys(raw: bytes) -> None:
    """Read and written again, an object has lost its second key, and a colon with it.

    Colons that are written as escapes are counted with the others. That takes a third of the time that looking at each
    key does, which is left to JSON that has lost one, or that holds an integer of more than 64 bits.
    """
    if _colons_written(raw) != raw.count(b":") + _escaped_colons(raw):
        _duplicates.decode(without_long_texts(raw).decode())


def _escaped_colons(raw: bytes) -> int:
    if b"\\u003a" not in raw and b"\\u003A" not in raw:
        return 0
    unescaped = raw.replace(b"\\\\", b"")  # a backslash that is escaped begins no escape
    return unescaped.count(b"\\u003a") + unescaped.count(b"\\u003A")


def _colons_written(raw: bytes) -> int | None:
    """None where there is an integer that msgspec reads and does not write."""
    try:
        return msgspec.json.encode(msgspec.json.decode(raw)).count(b":")
    except OverflowError:
        return None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _DuplicateKeyError


_duplicates = json.JSONDecoder(object_pairs_hook=_refuse_duplicates)


class _Pairs(list[tuple[str, Any]]):
    pass


def _path_of_duplicate(raw: bytes) -> str | None:
    keys: Keys = []

    def search(value: Any) -> bool:
        seen: set[str | int] = set()
        children = value if isinstance(value, _Pairs) else enumerate(value) if isinstance(value, list) else ()
        for key, item in children:
            keys.append(key)
            if key in seen or search(item):
                return True
            keys.pop()
            seen.add(key)
        return False

    return _path(keys) if search(_read(raw, object_pairs_hook=_Pairs)) else None


def _refuse_encoding(raw: bytes) -> None:
    if encoding := foreign_encoding(raw):
        raise unparsable(save_as_utf8(encoding))


def _has_lines_ended_by_cr(raw: bytes) -> bool:
    first, _, rest = raw.strip().partition(b"\r")
    if not rest.strip():
        return False
    try:
        msgspec.json.decode(first, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _refuse_undecodable(raw: bytes, why: str) -> None:
    """Python's own reader can go on where msgspec stops, so it finds the place."""
    with suppress(json.JSONDecodeError):
        _refuse_texts(_read(raw), _SURROGATE, why)


def _read(raw: bytes, **hooks: Any) -> Any:
    """What was refused, read to find the place: bytes that are not UTF-8 as lone surrogates, not too deep, and without
    long texts."""
    return json.loads(without_long_texts(shallow(raw)).decode(errors="surrogateescape"), **hooks)


def _refuse_texts(value: Any, unfit: re.Pattern[str], why: str) -> None:
    """PostgreSQL stores no NUL, neither in text nor in JSON, and UTF-8 has no surrogates."""
    keys: Keys = []

    def search(value: Any) -> bool:
        if isinstance(value, str):
            return unfit.search(value) is not None
        for key, item in _children(value):
            if isinstance(key, str) and unfit.search(key):
                return True
            keys.append(key)
            if search(item):
                return True
            keys.pop()
        return False

    if search(value):
        raise LineError("invalid_value", _path(keys) or None, why)


def _check_free_form(sent: msgspec.Struct) -> None:
    if isinstance(sent, SessionLine):
        _check_json(sent.attributes, "attributes")
        if sent.attributes and len(msgspec.json.encode(sent.attributes)) > MAX_ATTRIBUTES_BYTES:
            raise invalid("attributes", f"larger than {MAX_ATTRIBUTES_BYTES // 1024} KiB")
    if isinstance(sent, SessionLine | EventBatch):
        for index, event in enumerate(sent.events):
            _check_event(event, f"events[{index}].")
    if isinstance(sent, Event):
        _check_event(sent, "")


def _check_event(event: Event, prefix: str) -> None:
    if event.event_properties:
        _check_json(event.event_properties, f"{prefix}event_properties")
    if event.source_properties:
        _check_json(event.source_properties, f"{prefix}source_properties")


def _check_json(value: dict[str, Any], path: str) -> None:
    """Integers of 64 bits, and no deeper than a reader with a small stack can follow."""
    keys: Keys = []
    opened = [_children(value)]
    while opened:
        for key, item in opened[-1]:
            if isinstance(item, dict | list):
                keys.append(key)
                if len(opened) == MAX_DEPTH:
                    raise invalid(path or str(keys[0]), f"is nested deeper than {MAX_DEPTH} levels")
                opened.append(_children(item))
                break
            if isinstance(item, int) and not -(2**63) <= item < 2**63:
                raise invalid(_path([*keys, key], path), "is an integer of more than 64 bits")
        else:
            opened.pop()
            del keys[-1:]


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return iter(enumerate(value) if isinstance(value, list) else ())


def _path(keys: Keys, below: str = "") -> str:
    """`events[3].a`. Written for the one place that is wrong: beside a long key, paths of all places would be huge."""
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return below + written if below else written.removeprefix(".")
