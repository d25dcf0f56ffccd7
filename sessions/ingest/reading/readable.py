"""JSON that was refused, cut down to what Python's own reader takes: it recurses, and long texts take much memory."""

import re

import msgspec

READABLE_DEPTH = 128
LONG_TEXT_BYTES = 256

# A string that is not closed ends with the text: from the next quote on, all of it would be read again.
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_NESTING = re.compile(rb"%b|[\[\]{}]" % STRING, re.DOTALL)
_TEXT = re.compile(rb"%b\s*+(:)?+" % STRING, re.DOTALL)


def shallow(raw: bytes) -> bytes:
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


def without_long_texts(raw: bytes) -> bytes:
    """The same JSON with its keys and short texts, and empty ones for those that are long.

    Half of a surrogate pair stands for one that is not valid UTF-8 or holds such a half.
    """
    return _TEXT.sub(_short, raw)


def _short(text: re.Match[bytes]) -> bytes:
    if text[1] or text.end() - text.start() <= LONG_TEXT_BYTES:
        return text[0]
    # With more behind it, since msgspec takes half of a pair at the end for a text that is cut short.
    longer = bytearray(text[0].rstrip())
    longer[-1:] = b'        "'
    try:
        msgspec.json.decode(longer, type=str)
    except UnicodeDecodeError:
        return b'"\\ud800"'
    except msgspec.DecodeError as error:
        return b'"\\ud800"' if "surrogate" in str(error) else text[0]
    return b'""'
