"""The screen of a terminal as SVG: text that can be found and selected, in the terminal's own colours.

SVG has its colours and places in attributes, so that no inline style is needed, and fits into any width by its
`viewBox`.
"""

from collections.abc import Iterator
from html import escape
from itertools import groupby

from sessions.viewers.recordings.cells import Colour, Row, Style
from sessions.viewers.recordings.screen import Screen

CELL_WIDTH = 8
CELL_HEIGHT = 17
BASELINE = 13

INK = "#d8dbe2"
GROUND = "#15171c"
_FIRST_SIXTEEN = (
    "#282c34", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dbe2",
    "#7f8794", "#ff8b94", "#b5e08c", "#ffd787", "#8cc8ff", "#e29bf0", "#7fdbe6", "#ffffff",
)  # fmt: skip
_STEPS = (0, 95, 135, 175, 215, 255)
_UNPRINTABLE = dict.fromkeys((*range(32), 0x7F, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), 0xFFFD)


class Palette:
    """The colours by number, of which a recording may bring the first: ink, ground, and 8 or 16 others."""

    def __init__(self, own: list[str] | None = None) -> None:
        self.ink, self.ground, *first = own or [INK, GROUND, *_FIRST_SIXTEEN]
        if len(first) < 16:
            first = first[:8] * 2
        cube = [f"#{r:02x}{g:02x}{b:02x}" for r in _STEPS for g in _STEPS for b in _STEPS]
        greys = [f"#{grey:02x}{grey:02x}{grey:02x}" for grey in range(8, 248, 10)]
        self._colours = [*first[:16], *cube, *greys]

    def colours(self, style: Style, *, is_inverted: bool) -> tuple[str, str]:
        """What a style is written in, and on."""
        ink = self._of(style.foreground, self.ink)
        if style.bold and isinstance(style.foreground, int) and style.foreground < 8:
            ink = self._colours[style.foreground + 8]
        ground = self._of(style.background, self.ground)
        if style.inverse != is_inverted:
            ink, ground = ground, ink
        return (ground if style.hidden else ink), ground

    def _of(self, colour: Colour, default: str) -> str:
        if colour is None:
            return default
        return colour if isinstance(colour, str) else self._colours[colour]


def size(screen: Screen) -> tuple[int, int]:
    return screen.columns * CELL_WIDTH, screen.lines * CELL_HEIGHT


def rows_svg(screen: Screen, palette: Palette, numbers: list[int]) -> dict[int, str]:
    """The content of the rows with these numbers."""
    return {y: _row(screen, palette, y) for y in numbers}


def _row(screen: Screen, palette: Palette, y: int) -> str:
    row = screen.rows[y]
    top = y * CELL_HEIGHT
    parts: list[str] = []
    for begin, width, written, style in _runs(row):
        at, columns, text = begin, width, written
        ink, ground = palette.colours(style, is_inverted=screen.is_inverted)
        if ground != palette.ground:
            parts.append(_rectangle(at, columns, top, ground))
        if not (style.underline or style.strike):
            words = text.strip(" ")
            at, columns = at + len(text) - len(text.lstrip(" ")), columns - len(text) + len(words)
            text = words
        if text:
            parts.append(_text(at, columns, top, text, style, ink))
    if screen.is_cursor_visible and screen.cursor.y == y:
        parts.append(f'<rect class="cursor" x="{screen.cursor.x * CELL_WIDTH}" y="{top}" width="8" height="17"/>')
    return "".join(parts)


def _runs(row: Row) -> Iterator[tuple[int, int, str, Style]]:
    """What can be written at once: its column, how many columns it takes, the text, and its style.

    A character that is not ASCII stands alone, since its font may be another with other widths.
    """
    cells = zip(range(len(row.characters)), row.characters, row.styles, strict=True)
    for (style, is_plain), group in groupby(cells, key=lambda cell: (cell[2], cell[1].isascii() and cell[1] != "")):
        run = list(group)
        if is_plain:
            yield run[0][0], len(run), "".join(character for _, character, _ in run), style
            continue
        for at, character, _ in run:
            if character:
                is_wide = at + 1 < len(row.characters) and not row.characters[at + 1]
                yield at, 2 if is_wide else 1, character, style


def _rectangle(at: int, columns: int, top: int, colour: str) -> str:
    return (
        f'<rect x="{at * CELL_WIDTH}" y="{top}" width="{columns * CELL_WIDTH}" height="{CELL_HEIGHT}" fill="{colour}"/>'
    )


def _text(at: int, columns: int, top: int, text: str, style: Style, ink: str) -> str:
    attributes = f'x="{at * CELL_WIDTH}" y="{top + BASELINE}" textLength="{columns * CELL_WIDTH}" fill="{ink}"'
    if style.bold:
        attributes += ' font-weight="bold"'
    if style.italic:
        attributes += ' font-style="italic"'
    if style.faint:
        attributes += ' opacity="0.6"'
    if lines := [name for name, is_on in (("underline", style.underline), ("line-through", style.strike)) if is_on]:
        attributes += f' text-decoration="{" ".join(lines)}"'
    shown = escape(text.translate(_UNPRINTABLE), quote=False)
    return f'<text {attributes} lengthAdjust="spacingAndGlyphs">{shown}</text>'
