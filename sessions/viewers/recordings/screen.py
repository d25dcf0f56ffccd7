"""The screen of a terminal: what each order to it changes. Columns and lines are counted from 0."""

from copy import copy
from dataclasses import replace

from sessions.viewers.recordings.cells import PLAIN, Row, Style, width
from sessions.viewers.recordings.cursor import LINES_DRAWN, Cursor

WIDEST = 512
TALLEST = 256
TAB = 8


def fitting(columns: int, lines: int) -> tuple[int, int]:
    return min(max(columns, 1), WIDEST), min(max(lines, 1), TALLEST)


class Screen:
    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = fitting(columns, lines)
        self.reset()

    def reset(self) -> None:
        self.cursor = Cursor()
        self.saved = Cursor()
        self.rows = self._blank_rows(self.lines)
        # The primary screen and its saved cursor, while a program shows the alternate one.
        self.primary: tuple[list[Row], Cursor] | None = None
        self.top, self.bottom = 0, self.lines - 1
        self.tabs = set(range(TAB, WIDEST, TAB))
        self.is_inserting = False
        self.wraps = True
        self.line_feed_returns = False
        self.is_cursor_visible = True
        self.is_inverted = False
        self.last_written = ""

    def soft_reset(self) -> None:
        """Modes and margins; what is written stays."""
        self.top, self.bottom = 0, self.lines - 1
        self.is_inserting, self.wraps, self.is_cursor_visible = False, True, True
        self.saved = Cursor()
        self.cursor = Cursor(self.cursor.x, self.cursor.y)

    def picture(self) -> "Screen":
        """The screen as it is now: it keeps its rows while this one goes on."""
        for row in self.rows:
            row.is_shared = True
        kept = copy(self)
        kept.rows = self.rows.copy()
        kept.tabs = self.tabs.copy()
        kept.cursor, kept.saved = replace(self.cursor), replace(self.saved)
        if self.primary:
            rows, saved = self.primary
            kept.primary = (rows.copy(), replace(saved))
        return kept

    def resize(self, columns: int, lines: int) -> None:
        """Lines are cut or filled, and not broken anew; lines above the cursor leave when the others have left."""
        columns, lines = fitting(columns, lines)
        if (columns, lines) == (self.columns, self.lines):
            return
        surplus = max(self.cursor.y + 1 - lines, 0)
        rows = self._fitted(self.rows[surplus:], columns, lines)
        if self.primary:
            self.primary = (self._fitted(self.primary[0], columns, lines), self.primary[1])
        self.columns, self.lines, self.rows = columns, lines, rows
        self.top, self.bottom = 0, lines - 1
        self.move(self.cursor.x, self.cursor.y - surplus)

    def _fitted(self, rows: list[Row], columns: int, lines: int) -> list[Row]:
        fitted = [row.copy() for row in rows[:lines]]
        for row in fitted:
            row.fit(columns)
        return fitted + [Row.blank(columns, PLAIN) for _ in range(lines - len(fitted))]

    # Characters

    def write(self, text: str) -> None:
        """Characters without any order among them."""
        cursor = self.cursor
        if cursor.draws[cursor.charset]:
            text = text.translate(LINES_DRAWN)
        self.last_written = text[-1]
        if text.isascii():
            self._write_narrow(text)
            return
        narrow = 0
        for at, character in enumerate(text):
            if character < "\u0300" or width(character) == 1:
                continue
            if narrow < at:
                self._write_narrow(text[narrow:at])
            narrow = at + 1
            if width(character) == 2:
                self._write_wide(character)
            else:
                self._join(character)
        if narrow < len(text):
            self._write_narrow(text[narrow:])

    def repeat(self, count: int) -> None:
        """The last character again."""
        if self.last_written:
            self.write(self.last_written * min(count, self.columns * self.lines))

    def _write_narrow(self, text: str) -> None:
        cursor = self.cursor
        if cursor.is_behind:
            self._wrap()
        room = self.columns - cursor.x
        if len(text) < room and not self.is_inserting:
            self._row(cursor.y).put(cursor.x, text, cursor.style)
            cursor.x += len(text)
            return
        self._write_part(text[:room])
        for at in range(room, len(text), self.columns):
            if not self.wraps:
                # All that follows is written on the last column, one over the other.
                self._row(cursor.y).put(self.columns - 1, text[-1], cursor.style)
                return
            self._wrap()
            self._write_part(text[at : at + self.columns])

    def _write_part(self, text: str) -> None:
        """What fits on the line."""
        cursor, row = self.cursor, self._row(self.cursor.y)
        if self.is_inserting:
            row.insert(cursor.x, len(text), cursor.style)
        row.put(cursor.x, text, cursor.style)
        self._advance(len(text))

    def _write_wide(self, character: str) -> None:
        cursor = self.cursor
        self._wrap()
        if self.columns < 2:
            return
        if cursor.x == self.columns - 1:
            if not self.wraps:
                return
            cursor.is_behind = True
            self._wrap()
        row = self._row(cursor.y)
        if self.is_inserting:
            row.insert(cursor.x, 2, cursor.style)
        row.put_wide(cursor.x, character, cursor.style)
        self._advance(2)

    def _join(self, character: str) -> None:
        """A combining character belongs to the one before it, of which it may change only so much."""
        cursor = self.cursor
        at = cursor.x if cursor.is_behind else cursor.x - 1
        if at < 0:
            return
        characters = self._row(cursor.y).characters
        if not characters[at] and at:
            at -= 1
        if len(characters[at]) < 16:
            characters[at] += character

    def _advance(self, count: int) -> None:
        cursor = self.cursor
        cursor.x += count
        if cursor.x >= self.columns:
            cursor.x, cursor.is_behind = self.columns - 1, True

    def _wrap(self) -> None:
        if self.cursor.is_behind and self.wraps:
            self.index()
            self.cursor.x = 0
        self.cursor.is_behind = False

    # The cursor

    def move(self, x: int, y: int) -> None:
        cursor = self.cursor
        cursor.x = min(max(x, 0), self.columns - 1)
        cursor.y = min(max(y, 0), self.lines - 1)
        cursor.is_behind = False

    def address(self, x: int, y: int) -> None:
        """Move to a position, which in origin mode counts from the margins and stays between them."""
        if self.cursor.is_origin_mode:
            y = min(y + self.top, self.bottom)
        self.move(x, y)

    def move_vertically(self, count: int) -> None:
        """A cursor between the margins stops at them."""
        y = self.cursor.y
        top = self.top if y >= self.top else 0
        bottom = self.bottom if y <= self.bottom else self.lines - 1
        self.move(self.cursor.x, min(max(y + count, top), bottom))

    def index(self) -> None:
        """One line down, at the lower margin by scrolling."""
        if self.cursor.y == self.bottom:
            self.scroll(1)
        elif self.cursor.y < self.lines - 1:
            self.cursor.y += 1

    def reverse_index(self) -> None:
        if self.cursor.y == self.top:
            self.scroll(-1)
        elif self.cursor.y:
            self.cursor.y -= 1

    def line_feed(self) -> None:
        self.index()
        if self.line_feed_returns:
            self.cursor.x = 0
        self.cursor.is_behind = False

    def carriage_return(self) -> None:
        self.cursor.x, self.cursor.is_behind = 0, False

    def backspace(self) -> None:
        self.move(self.cursor.x - 1, self.cursor.y)

    def tab(self, count: int = 1) -> None:
        x = self.cursor.x
        for _ in range(min(count, self.columns)):
            x = min((stop for stop in self.tabs if stop > x), default=self.columns - 1)
        self.move(x, self.cursor.y)

    def back_tab(self, count: int = 1) -> None:
        x = self.cursor.x
        for _ in range(min(count, self.columns)):
            x = max((stop for stop in self.tabs if stop < x), default=0)
        self.move(x, self.cursor.y)

    def save_cursor(self) -> None:
        self.saved = replace(self.cursor)

    def restore_cursor(self) -> None:
        self.cursor = replace(self.saved)
        self.move(self.cursor.x, self.cursor.y)

    # Lines and regions

    @property
    def _blank_style(self) -> Style:
        """What is erased takes the background that is written with."""
        background = self.cursor.style.background
        return PLAIN if background is None else Style(background=background)

    def _blank_rows(self, count: int) -> list[Row]:
        return [Row.blank(self.columns, self._blank_style)] * count

    def _row(self, y: int) -> Row:
        """A row to write on."""
        row = self.rows[y]
        if row.is_shared:
            row = self.rows[y] = row.copy()
        return row

    def set_margins(self, top: int, bottom: int) -> None:
        bottom = min(bottom, self.lines - 1)
        if top < bottom:
            self.top, self.bottom = top, bottom
            self.address(0, 0)

    def scroll(self, count: int, top: int | None = None) -> None:
        """The lines between the margins move up, or down by a negative count."""
        first = self.top if top is None else top
        behind = self.bottom + 1
        count = min(max(count, first - behind), behind - first)
        if count > 0:
            del self.rows[first : first + count]
            self.rows[behind - count : behind - count] = self._blank_rows(count)
        elif count < 0:
            del self.rows[behind + count : behind]
            self.rows[first:first] = self._blank_rows(-count)

    def insert_lines(self, count: int) -> None:
        """A negative count deletes lines."""
        if self.top <= self.cursor.y <= self.bottom:
            self.scroll(-count, self.cursor.y)
            self.carriage_return()

    def insert_characters(self, count: int) -> None:
        x = self.cursor.x
        self._row(self.cursor.y).insert(x, min(count, self.columns - x), self._blank_style)

    def delete_characters(self, count: int) -> None:
        x = self.cursor.x
        self._row(self.cursor.y).delete(x, min(count, self.columns - x), self._blank_style)

    def erase_characters(self, count: int) -> None:
        self._erase(self.cursor.x, min(self.cursor.x + count, self.columns))

    def erase_in_line(self, how: int) -> None:
        x = self.cursor.x
        if how == 0:
            self._erase(x, self.columns)
        elif how == 1:
            self._erase(0, x + 1)
        elif how == 2:
            self._erase(0, self.columns)

    def _erase(self, begin: int, end: int) -> None:
        self._row(self.cursor.y).put(begin, " " * (end - begin), self._blank_style)

    def erase_in_display(self, how: int) -> None:
        y = self.cursor.y
        if how == 0:
            self.erase_in_line(0)
            self.rows[y + 1 :] = self._blank_rows(self.lines - y - 1)
        elif how == 1:
            self.rows[:y] = self._blank_rows(y)
            self.erase_in_line(1)
        elif how == 2:
            self.rows = self._blank_rows(self.lines)

    def fill(self, character: str) -> None:
        """For aligning a monitor."""
        row = Row([character] * self.columns, [PLAIN] * self.columns, is_shared=True)
        self.rows = [row] * self.lines
        self.top, self.bottom = 0, self.lines - 1
        self.move(0, 0)

    def show_alternate(self) -> None:
        if self.primary is None:
            self.primary = (self.rows, self.saved)
            self.saved = Cursor()
            self.rows = self._blank_rows(self.lines)

    def show_primary(self) -> None:
        if self.primary is not None:
            self.rows, self.saved = self.primary
            self.primary = None
