"""The cells of a terminal's screen: their styles, how wide characters are, and rows that share what is equal."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

# A number of the palette of 256, or `#rrggbb`; None is the terminal's own colour.
Colour = int | str | None


class Style(NamedTuple):
    foreground: Colour = None
    background: Colour = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False
    hidden: bool = False
    strike: bool = False


PLAIN = Style()


@lru_cache(maxsize=4096)
def width(character: str) -> int:
    """How many columns a character takes: 0 joins the one before it."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Row:
    """The characters of a line and their styles. The right half of a wide character is an empty text.

    A shared row is part of another picture of the screen as well, such as one of an earlier moment: whoever wants to
    write on it takes a copy. So blank lines and pictures of the whole screen cost next to nothing.
    """

    __slots__ = ("characters", "is_shared", "styles")

    def __init__(self, characters: list[str], styles: list[Style], *, is_shared: bool = False) -> None:
        self.characters = characters
        self.styles = styles
        self.is_shared = is_shared

    @classmethod
    def blank(cls, columns: int, style: Style) -> "Row":
        return cls([" "] * columns, [style] * columns, is_shared=True)

    def copy(self) -> "Row":
        return Row(self.characters.copy(), self.styles.copy())

    @property
    def text(self) -> str:
        return "".join(self.characters).rstrip()

    def put(self, at: int, text: str, style: Style) -> None:
        """Write characters of one column each. Of a wide one that is half overwritten the other half goes blank."""
        characters, end = self.characters, at + len(text)
        if not characters[at]:
            self._part(at)
        if end < len(characters) and not characters[end]:
            self._part(end)
        characters[at:end] = text
        self.styles[at:end] = [style] * len(text)

    def put_wide(self, at: int, character: str, style: Style) -> None:
        self.put(at, "  ", style)
        self.characters[at : at + 2] = [character, ""]

    def insert(self, at: int, count: int, style: Style) -> None:
        """Blanks that push what stands behind them over the edge."""
        columns = len(self.characters)
        self._part(at)
        self.characters[at:at] = [" "] * count
        self.styles[at:at] = [style] * count
        self._part(columns)
        del self.characters[columns:], self.styles[columns:]

    def delete(self, at: int, count: int, style: Style) -> None:
        """What stands behind them moves up."""
        self._part(at)
        self._part(at + count)
        del self.characters[at : at + count], self.styles[at : at + count]
        self.characters += [" "] * count
        self.styles += [style] * count

    def fit(self, columns: int) -> None:
        missing = columns - len(self.characters)
        if missing < 0:
            self._part(columns)
            del self.characters[columns:], self.styles[columns:]
        else:
            self.characters += [" "] * missing
            self.styles += [PLAIN] * missing

    def _part(self, at: int) -> None:
        """No wide character reaches over this edge any more."""
        if 0 < at < len(self.characters) and not self.characters[at]:
            self.characters[at - 1 : at + 1] = "  "
