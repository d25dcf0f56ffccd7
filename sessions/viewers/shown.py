"""What is shown of a text from a terminal: its words without the terminal's orders, and every character visible."""

import re

# Colours, cursor movements, erasing: nearly all there are, and found ten times faster alone than among the others.
_CSI = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]")
# All orders to a terminal (ECMA-48), beginning with two bytes or with one C1 control. A string, such as a window's
# title, counts only with its end: one that is never ended would hide what follows it.
_ORDERS = re.compile(
    r"""
    (?: \x1b[\]PX^_] | [\x9d\x90\x98\x9e\x9f] ) [^\x07\x1b\x80-\x9f\n]*+ (?: \x07 | \x1b\\ | \x9c )
    | \x9b [0-?]*+ [ -/]*+ [@-~]
    | \x1b [ -/]++ [0-~]  # such as character sets
    | \x1b [0-~]
    | [\x80-\x9f]
    """,
    re.VERBOSE,
)
_LINE_ENDS = re.compile(r"\r*+\n\r*+|\r++")
# What is left of control characters would be invisible; NUL may not even stand in HTML.
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
# Directional overrides make a line read differently from what it says.
_OVERRIDES = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
_VISIBLE = _PICTURES | _OVERRIDES
_PLAIN_CONTROLS = bytes(code for code in _PICTURES if code < 128)
_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def with_line_ends(text: str) -> str:
    """The text with a line feed for each end of a line.

    Carriage returns before a line feed, behind it and several in a row are one end with it. One alone, by which
    progress bars write over what they wrote, ends a line as well: all that was written is there to be read and found.
    """
    text = text.replace("\r\n", "\n")
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text


def printable(text: str) -> str:
    """The text without orders to a terminal, its other control characters as their pictures. Line feeds stay."""
    if _is_plain(text):
        return text
    if "\x1b[" in text:
        text = _CSI.sub("", text)
        if _is_plain(text):
            return text
    return _ORDERS.sub("", text).translate(_VISIBLE)


def _is_plain(text: str) -> bool:
    """Most texts are, which is found ten times faster than it takes to replace nothing in them."""
    if text.isascii():
        raw = text.encode()
        return len(raw.translate(None, _PLAIN_CONTROLS)) == len(raw)
    return _UNUSUAL.search(text) is None
