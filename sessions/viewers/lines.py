"""Text files as lines, read in blocks, so that neither a long file nor a long line is ever held whole."""

import re
from collections.abc import Iterator
from typing import IO

BLOCK = 1024 * 1024
# What is kept of a line; the rest is counted, not shown.
LONGEST_LINE = 4_000

# Colours, cursor movements, window titles and links as terminals are sent them (ECMA-48).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# What is left of control characters would be invisible; NUL may not even stand in HTML.
_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) != "\t"} | {0x7F: 0x2421}
# Directional overrides make a line read differently from what it says.
_CONTROLS |= dict.fromkeys((*range(8234, 8239), *range(8294, 8298)), 65533)


def blocks_of_lines(file: IO[bytes]) -> Iterator[list[str]]:
    """The lines of a file in lists of about 1 MiB, decoded as UTF-8 with replacement, without their line ends.

    A line is kept up to LONGEST_LINE bytes; how many bytes were left out stands
    at its end.
    """
    rest = _Rest()
    while block := file.read(BLOCK):
        *lines, open_line = block.split(b"\n")
        if lines:
            lines[0] = rest.take(lines[0])
            yield [_decoded(line) for line in lines]
        rest.add(open_line)
    if rest.length:
        yield [_decoded(rest.take(b""))]


class _Rest:
    """The beginning of a line whose end has not been read yet."""

    def __init__(self) -> None:
        self.kept = b""
        self.length = 0

    def add(self, part: bytes) -> None:
        self.length += len(part)
        self.kept += part[: max(LONGEST_LINE + 1 - len(self.kept), 0)]

    def take(self, end: bytes) -> bytes:
        self.add(end)
        cut = self.length - len(self.kept)
        line = self.kept
        if cut:
            line = line[:LONGEST_LINE] + _left_out(cut + len(self.kept) - LONGEST_LINE)
        self.kept, self.length = b"", 0
        return line


def _decoded(line: bytes) -> str:
    if len(line) > LONGEST_LINE + 64:
        line = line[:LONGEST_LINE] + _left_out(len(line) - LONGEST_LINE)
    return line.decode("utf-8", "replace").removesuffix("\r")


def _left_out(count: int) -> bytes:
    return f" … {count:,} more bytes".encode()


def printable(line: str) -> str:
    """A line as it may be shown: no terminal escapes, control characters as their pictures."""
    if line.isprintable():
        return line
    return _ESCAPES.sub("", line).translate(_CONTROLS)
