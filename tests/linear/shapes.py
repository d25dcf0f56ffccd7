"""Inputs that make careless readers slow: each as large as is asked for."""

from collections.abc import Callable
from itertools import count

Shape = Callable[[int], bytes]


def _filled(unit: bytes, before: bytes = b"", after: bytes = b"") -> Shape:
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def _keys(size: int) -> bytes:
    return b"{" + b",".join(b'"key-%07d":1' % number for number in range(size // 16)) + b"}"


def _columns(separator: bytes) -> Shape:
    def header(size: int) -> bytes:
        names = count()
        return separator.join(b"name%07d" % next(names) for _ in range(size // 12))

    return header


def _below_a_long_key(size: int) -> bytes:
    return b'{"%b":[%b]}' % (b"k" * (size // 2), b",".join([b"[]"] * (size // 6)))


SHAPES: dict[str, Shape] = {
    "one token": _filled(b"x"),
    "digits": _filled(b"9"),
    "spaces": _filled(b" ", after=b"x"),
    "line ends": _filled(b"\r\n"),
    "carriage returns": _filled(b"\r"),
    "separators": _filled(b",;&=:"),
    "commas": _filled(b",", before=b"a"),
    "equal columns": _filled(b"a,", after=b"\na\n"),
    "columns": _columns(b","),
    "quotes": _filled(b'"'),
    "doubled quotes": _filled(b'"",', before=b"a,"),
    "a string that is not closed": _filled(b"x", before=b'{"a":"'),
    "escapes": _filled(b'\\"', before=b'{"external_id":"\\ud800","environment":"'),
    "escapes before half an escape": _filled(b'\\"', before=b'{"a":"', after=b"\\"),
    "backslashes": _filled(b"\\"),
    "escapes in a string": _filled(b"\\u0041", before=b'{"a":"', after=b'"}'),
    "half surrogate pairs": _filled(b"\\ud83d", before=b'{"a":"', after=b'"}'),
    "NaN": _filled(b"NaN,", before=b'{"a":[', after=b"1]}"),
    "bytes that are no UTF-8": _filled(b"\xff", before=b'{"a":"', after=b'"}'),
    "brackets": _filled(b"["),
    "nested objects": _filled(b'{"a":'),
    "nested and closed": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "a little nested, often": _filled(b"[[[]]],", before=b'{"a":[', after=b"[]]}"),
    "brackets in strings": _filled(b'"[{",', before=b'{"a":[', after=b'""]}'),
    "empty objects": _filled(b"{},", before=b'{"a":[', after=b"{}]}"),
    "keys": _keys,
    "keys that occur twice": _filled(b'"a":1,', before=b"{", after=b'"b":1}'),
    "children of a long key": _below_a_long_key,
    "digits in JSON": _filled(b"9", before=b'{"a":', after=b"}"),
    "nulls": _filled(b"null,", before=b'{"a":[', after=b"null]}"),
    "terminal escapes": _filled(b"\x1b["),
    "orders to terminals": _filled(b"\x1b[2J\x1b[5L\x1b[99999b\x1b[99S"),
    "titles of terminals": _filled(b"\x1b]0;"),
    "levels": _filled(b"[level= "),
    "versions": _filled(b"Version/1.1 "),
    "pairs of an address": _filled(b"a=%41&", before=b"http://h/?"),
    "parentheses": _filled(b"("),
    "terms": _filled(b"a OR "),
    "phrases": _filled(b'\\"', before=b'a:"'),
    "ranges": _filled(b"[ a TO "),
    "etags": _filled(b'W/"a", '),
    "addresses": _filled(b"a@"),
    "content types": _filled(b"a/b; "),
    "Base64": _filled(b"QUJD"),
    "paths": _filled(b" - at `$"),
}
