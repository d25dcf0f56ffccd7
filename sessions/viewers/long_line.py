"""A line that is too long to be shown whole: its beginning, and what stands around what is looked for."""

from sessions.viewers.shown import printable

# In characters: what is shown of a line; of one whose match lies behind that, its start and what is around the match.
LONGEST_LINE = 4_000
START = 400
BEFORE_MATCH = 200
AROUND_MATCH = 2_000
# An order to a terminal that begins so near the end of a part may go on in the next one.
LONGEST_ORDER = 64
STEP = 1_024


class LongLine:
    """Built part by part, in constant memory. `needle` is in folded case and may be empty."""

    def __init__(self, needle: str) -> None:
        self._needle = needle
        self._beginning = ""
        self._length = 0
        self._order = ""
        # The end of what was looked through, so that a match that lies across two parts is found.
        self._end = ""
        self._around: str | None = None
        self._around_place = 0
        self._match = 0

    def add(self, part: str) -> None:
        part = self._order + part
        cut = part.find("\x1b", max(len(part) - LONGEST_ORDER, 0))
        part, self._order = (part, "") if cut < 0 else (part[:cut], part[cut:])
        self._add(printable(part))

    @property
    def matches(self) -> bool:
        self._flush()
        return self._around is not None

    @property
    def text(self) -> str:
        """What is shown of it; how much was left out, and where, is said."""
        self._flush()
        if self._around is None or self._match + len(self._needle) <= LONGEST_LINE:
            return self._beginning + _more(self._length - len(self._beginning))
        skipped = self._around_place - START
        after = self._length - self._around_place - len(self._around)
        return f"{self._beginning[:START]} … {skipped:,} characters … {self._around}{_more(after)}"

    def _flush(self) -> None:
        rest, self._order = self._order, ""
        self._add(printable(rest))

    def _add(self, part: str) -> None:
        self._beginning += part[: LONGEST_LINE - len(self._beginning)]
        if self._around is not None:
            self._around += part[: AROUND_MATCH - len(self._around)]
        elif self._needle:
            self._look(self._end + part, self._length - len(self._end))
        self._length += len(part)

    def _look(self, text: str, place: int) -> None:
        """`place` is where the text begins in the line."""
        found = place_of(self._needle, text)
        if found is None:
            self._end = text[-(BEFORE_MATCH + len(self._needle)) :]
            return
        first = max(found - BEFORE_MATCH, 0)
        self._match, self._around_place = place + found, place + first
        self._around = text[first : first + AROUND_MATCH]


def shortened(line: str, needle: str) -> str:
    """What is shown of a line that is held whole."""
    if len(line) <= LONGEST_LINE:
        return line
    long = LongLine(needle)
    long.add(line)
    return long.text


def place_of(needle: str, text: str) -> int | None:
    """Where the needle, in folded case, begins in a text of any case: folding may lengthen what stands before it."""
    folded = text.casefold()
    left = folded.find(needle)
    if left < 0:
        return None
    if len(folded) == len(text):
        return left
    place = 0
    for step in (STEP, 1):
        while left >= (length := len(text[place : place + step].casefold())) and length:
            left -= length
            place += step
    return place


def _more(count: int) -> str:
    return f" … {count:,} more characters" if count else ""
