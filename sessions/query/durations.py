"""Lengths of time as people type them: `250ms`, `2s`, `5m`, `1h30m`, `1d`."""

import re

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LENGTHS_OF_TIME = "Such as 250ms, 90s, 5m, 1h30m or 2d."
# Python's own numbers have underscores and the digits of every script.
NUMBER = re.compile(r"[0-9]{1,9}+(?:\.[0-9]{1,9}+)?+")
_PARTS = re.compile(rf"(?:{NUMBER.pattern}(?:ms|s|m|h|d)){{1,5}}+", re.IGNORECASE)
_PART = re.compile(r"([0-9.]++)([a-z]*+)", re.IGNORECASE)


def milliseconds(text: str) -> int | None:
    """None if the text is not a length of time. Of all numbers, only 0 needs no unit."""
    if text == "0":
        return 0
    if not _PARTS.fullmatch(text):
        return None
    return round(sum(float(number) * UNITS[unit.lower()] for number, unit in _PART.findall(text)))
