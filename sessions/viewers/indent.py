"""JSON with one value a line, where that makes it readable."""

import re

import msgspec

LARGEST = 1024 * 1024
# Each level indents every line below it: two megabytes of nested brackets became 845 of spaces without this bound.
DEEPEST = 16

# A string that is not closed ends with the text: from the next quote on, all of it would be read again.
_STRINGS_AND_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def indented(text: bytes) -> bytes:
    """The text indented; as it is when it is no JSON, large, or nested too deeply to be read that way."""
    if len(text) > LARGEST or not _is_flat(text):
        return text
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.MsgspecError:
        return text


def _is_flat(text: bytes) -> bool:
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        sign = text[token.start()]
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        if depth > DEEPEST:
            return False
    return True
