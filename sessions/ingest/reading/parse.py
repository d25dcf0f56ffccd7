"""JSON -> the contract's types, or the field that is wrong.

msgspec decodes and validates in one go. What it lets through and PostgreSQL or
other readers of JSON would not take is refused here: NUL, integers beyond 64 bits,
duplicate keys, nesting that only a recursive reader notices.
"""

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar, get_args

import msgspec

from sessions.contract.leap_seconds import leap_second
from sessions.contract.line_errors import LineError, invalid, required, unparsable
from sessions.contract.schema import Event, EventBatch, ImportedLine, SessionLine, Time

Sent = TypeVar("Sent", bound=msgspec.Struct)
Decoded = TypeVar("Decoded")

MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_ATTRIBUTES_BYTES = 16 * 1024
MAX_DEPTH = 64
READABLE_DEPTH = 2 * MAX_DEPTH

_AT = re.compile(r"^(?P<what>.*?)(?: - at (?:key in )?`\$?(?P<path>.*)`)?$", re.DOTALL)
_NESTING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_NUL, _SURROGATE = re.compile("\0"), re.compile("[\ud800-\udfff]")
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)


def parse_line(raw: bytes) -> ImportedLine:
    """A line of a file. Raises LineError."""
    return parse(raw, ImportedLine)


def parse(raw: bytes, kind: type[Sent]) -> Sent:
    """Raises LineError. `raw` is one JSON object in UTF-8, at most MAX_LINE_BYTES."""
    sent = _guarded(raw, lambda readable: _decode(readable, kind))
    if b"\\u0000" in raw:
        _refuse_texts(msgspec.to_builtins(sent), "", _NUL, "contains a NUL character")
    _check_free_form(sent)
    return sent


def parse_object(raw: bytes) -> dict[str, Any]:
    """An object whose fields are judged later, together with others. Raises LineError."""
    value = _guarded(raw, msgspec.json.decode)
    if not isinstance(value, dict):
        raise unparsable("Expected object")
    _check_json(value, "")
    return value


def _guarded(raw: bytes, decode: Callable[[bytes], Decoded]) -> Decoded:
    if len(raw) > MAX_LINE_BYTES:
        raise unparsable(f"longer than {MAX_LINE_BYTES // 1024**2} MiB")
    try:
        decoded = decode(raw)
        _refuse_duplicate_keys(raw)
    except UnicodeDecodeError as error:
        _refuse_undecodable(raw, "is not valid UTF-8")
        raise unparsable("not valid UTF-8") from error
    except RecursionError:
        # What is left is still nested too deeply, and refused at its place.
        return _guarded(_shallow(raw), decode)
    except _DuplicateKeyError as error:
        raise LineError("parse_error", _path_of_duplicate(raw), "occurs twice in one object") from error
    except msgspec.ValidationError as error:
        raise _explain(str(error), raw) from error
    except ValueError as error:
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
    match = _AT.match(message)
    what, path = (match["what"], (match["path"] or "").lstrip(".")) if match else (message, "")
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


def _unfit_attribute(raw: bytes) -> str:
    """msgspec does not say which one. Read as floats, numbers that do not fit are infinite."""
    try:
        attributes = _read(raw, parse_int=float)["attributes"]
    except json.JSONDecodeError as error:  # further on than msgspec has read
        raise unparsable(f"not JSON: {error}") from error
    for name, value in attributes.items():
        if isinstance(value, dict | list) or value in (math.inf, -math.inf):
            return f"attributes.{name}"
    return "attributes"


class _DuplicateKeyError(Exception):
    pass


def _refuse_duplicate_keys(raw: bytes) -> None:
    """Read and written again, an object has lost its second key, and a colon with it.

    That takes a third of the time that looking at each key does, which is left to JSON with escapes: a colon
    can be written as one.
    """
    if b"\\" in raw or _colons_written(raw) != raw.count(b":"):
        _duplicates.decode(raw.decode())


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
    def search(value: Any, path: str) -> str | None:
        seen: set[str | int] = set()
        children = value if isinstance(value, _Pairs) else enumerate(value) if isinstance(value, list) else ()
        for key, item in children:
            where = _below(path, key)
            if key in seen:
                return where
            seen.add(key)
            if found := search(item, where):
                return found
        return None

    return search(_read(raw, object_pairs_hook=_Pairs), "")


def _refuse_undecodable(raw: bytes, why: str) -> None:
    """Python's own reader can go on where msgspec stops, so it finds the place."""
    with suppress(json.JSONDecodeError):
        _refuse_texts(_read(raw), "", _SURROGATE, why)


def _read(raw: bytes, **hooks: Any) -> Any:
    """What was refused, read to find the place: bytes that are not UTF-8 as lone surrogates, and not too deep."""
    return json.loads(_shallow(raw).decode(errors="surrogateescape"), **hooks)


def _shallow(raw: bytes) -> bytes:
    """The same JSON with 0 for what is nested deeper than READABLE_DEPTH, where readers that recurse would give up."""
    kept, start, depth = bytearray(), 0, 0
    for token in _NESTING.finditer(raw):
        if token[0] in b"[{":
            depth += 1
            if depth == READABLE_DEPTH + 1:
                kept += raw[start : token.start()] + b"0"
                start = len(raw)
        elif token[0] in b"]}":
            if depth == READABLE_DEPTH + 1:
                start = token.end()
            depth -= 1
    return bytes(kept) + raw[start:]


def _refuse_texts(value: Any, path: str, unfit: re.Pattern[str], why: str) -> None:
    """PostgreSQL stores no NUL, neither in text nor in JSON, and UTF-8 has no surrogates."""
    if isinstance(value, str) and unfit.search(value):
        raise LineError("invalid_value", path or None, why)
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_texts(key, path, unfit, why)
            _refuse_texts(item, _below(path, key), unfit, why)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_texts(item, _below(path, index), unfit, why)


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
    """Integers of 64 bits, and no deeper than a reader with a small stack can follow. Layer by layer."""
    layer: list[tuple[str, Any]] = [(path, value)]
    for _ in range(MAX_DEPTH):
        inner: list[tuple[str, Any]] = []
        for where, container in layer:
            for key, item in container.items() if isinstance(container, dict) else enumerate(container):
                if isinstance(item, dict | list):
                    inner.append((_below(where, key), item))
                elif isinstance(item, int) and not -(2**63) <= item < 2**63:
                    raise invalid(_below(where, key), "is an integer of more than 64 bits")
        if not inner:
            return
        layer = inner
    field = path or re.split(r"[.\[]", layer[0][0], maxsplit=1)[0]
    raise invalid(field, f"is nested deeper than {MAX_DEPTH} levels")


def _below(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key
