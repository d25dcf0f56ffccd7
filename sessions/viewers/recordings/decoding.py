"""JSON as recorders write it: browsers cut texts in the middle of a character, which is no JSON to strict readers."""

import re
from collections.abc import Callable
from typing import TypeVar

Decoded = TypeVar("Decoded")

# A high surrogate without the low one behind it, or the other way round.
_HALF_CHARACTER = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def decoded(raw: bytes, decode: Callable[[bytes], Decoded]) -> Decoded:
    """What `decode` makes of the text, with a sign for each half of a character. Raises what `decode` raises."""
    try:
        return decode(raw)
    except ValueError:
        whole = _HALF_CHARACTER.sub(rb"\\ufffd", raw)
        return decode(whole.decode("utf-8", "replace").encode())
