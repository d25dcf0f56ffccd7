"""A terminal as xterm is one: reads a program's output and changes its screen.

Written here because what there is does not do: pyte has no alternate screen, which every full-screen program uses, and
reads a quarter of a megabyte in a second.
"""

import re
from copy import copy

from sessions.viewers.recordings.orders import CONTROLS, control_sequence, escape
from sessions.viewers.recordings.screen import Screen

# A sequence that is longer is no sequence: a terminal gives it up as well.
LONGEST_SEQUENCE = 4096
# From here on it is worth looking whether most of a text leaves the screen again before anybody sees it.
LONG = 4096

_TOKEN = re.compile(
    r"""
      ([^\x00-\x1f\x7f]++)
    | \x1b\[ ([0-?]*+ [ -/]*+ [@-~])
    | ([\x00-\x1a\x1c-\x1f])
    | (\x1b [\]PX^_])
    | \x1b ([ -/]*+ [0-~])
    | [\x1b\x7f]
    """,
    re.VERBOSE,
)
_TEXT, _SEQUENCE, _CONTROL, _STRING, _ESCAPE = range(1, 6)
_STRING_END = re.compile(r"[\x07\x18\x1a]|\x1b\\?+")
# The beginning of a sequence at the end of a text.
_OPEN = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+|[ -/]++)?+\Z")
_EIGHT_BITS = re.compile(r"[\x80-\x9f]")
_AS_SEVEN_BITS = {code: "\x1b" + chr(code - 0x40) for code in range(0x80, 0xA0)}
# Text that only ever grows at its end, with colours: what commands print, and full-screen programs do not.
_ONLY_LINES = re.compile(r"(?:[^\x00-\x1f\x7f]++|[\r\n\t\x08\x07]++|\x1b\[[0-9;:]*+m)*+")
_COLOURS = re.compile(r"\x1b\[[0-9;:]*+m")


class Terminal:
    def __init__(self, columns: int, lines: int) -> None:
        self.screen = Screen(columns, lines)
        self._rest = ""
        self._is_in_string = False

    def picture(self) -> "Terminal":
        """The terminal as it is now, while this one goes on."""
        kept = copy(self)
        kept.screen = self.screen.picture()
        return kept

    def feed(self, text: str) -> None:
        """Output, cut anywhere."""
        if self._rest:
            text, self._rest = self._rest + text, ""
        if not text.isascii() and _EIGHT_BITS.search(text):
            text = text.translate(_AS_SEVEN_BITS)
        if len(text) >= LONG and not self._is_in_string:
            text = self._skim(text)
        at = 0
        if self._is_in_string:
            at = self._end_of_string(text, 0)
        if (opened := _open_sequence(text)) is not None and opened >= at and not self._is_in_string:
            text, self._rest = text[:opened], text[opened:]
        self._read(text, at)

    def _read(self, text: str, at: int) -> None:
        match, end, screen = _TOKEN.match, len(text), self.screen
        write, controls = screen.write, CONTROLS
        while at < end:
            found = match(text, at)
            assert found is not None  # every character is a token at least
            at = found.end()
            kind = found.lastindex
            if kind == _TEXT:
                write(found[kind])
            elif kind == _SEQUENCE:
                control_sequence(screen, found[kind])
            elif kind == _CONTROL:
                if order := controls.get(found[kind]):
                    order(screen)
            elif kind == _ESCAPE:
                escape(screen, found[kind])
            elif kind == _STRING:
                self._is_in_string = True
                at = self._end_of_string(text, at)

    def _end_of_string(self, text: str, at: int) -> int:
        """Titles, links and pictures are strings to the terminal, which change no cell."""
        if (found := _STRING_END.search(text, at)) is None:
            return len(text)
        if found[0] == "\x1b" and found.end() == len(text):
            self._rest = "\x1b"  # its end may be cut
            return len(text)
        self._is_in_string = False
        # An escape that is not the string's end begins a sequence of its own.
        return found.start() if found[0] == "\x1b" else found.end()

    def _skim(self, text: str) -> str:
        """What is left to read of a long text when those lines are left out that scroll off the screen in it.

        It gives the same screen: after as many line feeds as it has lines the cursor is on the last line, and after as
        many again nothing of what was before is left but the style to write with.
        """
        screen = self.screen
        if (screen.top, screen.bottom) != (0, screen.lines - 1):
            return text
        only_lines = _ONLY_LINES.match(text)
        assert only_lines is not None
        # A sequence that is cut comes last, and belongs to what is read.
        if only_lines.end() < len(text) and only_lines.end() != _open_sequence(text):
            return text
        cut = len(text)
        for _ in range(screen.lines + 2):
            cut = text.rfind("\r\n", 0, cut)
            if cut < 0:
                return text
        if text.count("\n", 0, cut) < screen.lines:
            return text
        reset = max(text.rfind("\x1b[0m", 0, cut), text.rfind("\x1b[m", 0, cut))
        colours = "".join(_COLOURS.findall(text, max(reset, 0), cut))
        self._read(colours, 0)
        screen.move(0, screen.lines - 1)
        return text[cut:]


def _open_sequence(text: str) -> int | None:
    """Where a sequence begins that the text's end cuts."""
    begin = text.rfind("\x1b", max(len(text) - LONGEST_SEQUENCE, 0))
    return begin if begin >= 0 and _OPEN.match(text, begin) else None
