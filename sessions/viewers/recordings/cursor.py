"""The cursor of a terminal."""

from dataclasses import dataclass

from sessions.viewers.recordings.cells import PLAIN, Style

# What a program of a VT100 draws boxes with.
LINES_DRAWN = str.maketrans("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")


@dataclass
class Cursor:
    """Where the next character goes, and how it is written: what a terminal saves and brings back together."""

    x: int = 0
    y: int = 0
    style: Style = PLAIN
    # The last column is written: the next character begins a new line, if lines wrap.
    is_behind: bool = False
    is_origin_mode: bool = False
    # Which of the two character sets is in use, and whether each of them draws lines.
    charset: int = 0
    draws: tuple[bool, bool] = (False, False)
