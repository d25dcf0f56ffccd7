"""Orders to a terminal: control characters, escapes and control sequences, and what each does to the screen."""

import re
from collections.abc import Callable
from functools import lru_cache

from sessions.viewers.recordings.cells import PLAIN, Colour, Style
from sessions.viewers.recordings.screen import Screen

MOST_PARAMETERS = 32
LARGEST_NUMBER = 65_535

_NUMBER = re.compile(r"[0-9]{1,6}+")

CONTROLS: dict[str, Callable[[Screen], None]] = {
    "\x08": Screen.backspace,
    "\t": Screen.tab,
    "\n": Screen.line_feed,
    "\x0b": Screen.line_feed,
    "\x0c": Screen.line_feed,
    "\r": Screen.carriage_return,
    "\x0e": lambda screen: _use_charset(screen, 1),
    "\x0f": lambda screen: _use_charset(screen, 0),
}


def _use_charset(screen: Screen, number: int) -> None:
    screen.cursor.charset = number


def _next_line(screen: Screen) -> None:
    screen.index()
    screen.carriage_return()


_ESCAPES: dict[str, Callable[[Screen], None]] = {
    "7": Screen.save_cursor,
    "8": Screen.restore_cursor,
    "D": Screen.index,
    "E": _next_line,
    "H": lambda screen: screen.tabs.add(screen.cursor.x),
    "M": Screen.reverse_index,
    "c": Screen.reset,
    "#8": lambda screen: screen.fill("E"),
}


def escape(screen: Screen, order: str) -> None:
    if action := _ESCAPES.get(order):
        action(screen)
    elif order[0] in "()" and len(order) == 2:
        first, second = screen.cursor.draws
        is_drawing = order[1] == "0"
        screen.cursor.draws = (is_drawing, second) if order[0] == "(" else (first, is_drawing)


@lru_cache(maxsize=4096)
def _numbers(parameters: str) -> tuple[int, ...]:
    """Of each parameter its number; what is missing is 0."""
    return tuple(
        min(int(found[0]), LARGEST_NUMBER) if (found := _NUMBER.match(one)) else 0
        for one in parameters.split(";", MOST_PARAMETERS)[:MOST_PARAMETERS]
    )


def _at_least_one(numbers: tuple[int, ...], place: int = 0) -> int:
    return (numbers[place] if place < len(numbers) else 0) or 1


def _clear_tabs(screen: Screen, numbers: tuple[int, ...]) -> None:
    if numbers[0] == 0:
        screen.tabs.discard(screen.cursor.x)
    elif numbers[0] == 3:
        screen.tabs.clear()


def _move_line(screen: Screen, count: int) -> None:
    screen.move_vertically(count)
    screen.carriage_return()


def _sideways(screen: Screen, count: int) -> None:
    screen.move(screen.cursor.x + count, screen.cursor.y)


_ORDERS: dict[str, Callable[[Screen, tuple[int, ...]], None]] = {
    "@": lambda screen, n: screen.insert_characters(_at_least_one(n)),
    "A": lambda screen, n: screen.move_vertically(-_at_least_one(n)),
    "B": lambda screen, n: screen.move_vertically(_at_least_one(n)),
    "C": lambda screen, n: _sideways(screen, _at_least_one(n)),
    "D": lambda screen, n: _sideways(screen, -_at_least_one(n)),
    "E": lambda screen, n: _move_line(screen, _at_least_one(n)),
    "F": lambda screen, n: _move_line(screen, -_at_least_one(n)),
    "G": lambda screen, n: screen.move(_at_least_one(n) - 1, screen.cursor.y),
    "H": lambda screen, n: screen.address(_at_least_one(n, 1) - 1, _at_least_one(n) - 1),
    "I": lambda screen, n: screen.tab(_at_least_one(n)),
    "J": lambda screen, n: screen.erase_in_display(n[0]),
    "K": lambda screen, n: screen.erase_in_line(n[0]),
    "L": lambda screen, n: screen.insert_lines(_at_least_one(n)),
    "M": lambda screen, n: screen.insert_lines(-_at_least_one(n)),
    "P": lambda screen, n: screen.delete_characters(_at_least_one(n)),
    "S": lambda screen, n: screen.scroll(_at_least_one(n)),
    "T": lambda screen, n: screen.scroll(-_at_least_one(n)) if len(n) < 2 else None,
    "X": lambda screen, n: screen.erase_characters(_at_least_one(n)),
    "Z": lambda screen, n: screen.back_tab(_at_least_one(n)),
    "b": lambda screen, n: screen.repeat(_at_least_one(n)),
    "d": lambda screen, n: screen.address(screen.cursor.x, _at_least_one(n) - 1),
    "g": _clear_tabs,
    "h": lambda screen, n: _set_modes(screen, n, is_on=True),
    "l": lambda screen, n: _set_modes(screen, n, is_on=False),
    "r": lambda screen, n: screen.set_margins(_at_least_one(n) - 1, ((n[1] if len(n) > 1 else 0) or screen.lines) - 1),
    "s": lambda screen, n: screen.save_cursor(),
    "u": lambda screen, n: screen.restore_cursor(),
}
_ORDERS |= {"`": _ORDERS["G"], "a": _ORDERS["C"], "e": _ORDERS["B"], "f": _ORDERS["H"]}


def control_sequence(screen: Screen, sequence: str) -> None:
    """`sequence` is its parameters and its order, such as `1;31m` and `?25l`."""
    order, parameters = sequence[-1], sequence[:-1]
    mark = parameters[:1]
    if parameters and not ("0" <= parameters[-1] <= "?"):
        if sequence == "!p":
            screen.soft_reset()
    elif mark == "?":
        _private_sequence(screen, _numbers(parameters[1:]), order)
    elif mark in ("<", "=", ">"):
        return
    elif order == "m":
        screen.cursor.style = restyled(screen.cursor.style, parameters)
    elif action := _ORDERS.get(order):
        action(screen, _numbers(parameters))


def _private_sequence(screen: Screen, numbers: tuple[int, ...], order: str) -> None:
    if order in ("h", "l"):
        for number in numbers:
            _set_private_mode(screen, number, order == "h")
    elif order in ("J", "K"):
        _ORDERS[order](screen, numbers)


def _set_modes(screen: Screen, numbers: tuple[int, ...], *, is_on: bool) -> None:
    if 4 in numbers:
        screen.is_inserting = is_on
    if 20 in numbers:
        screen.line_feed_returns = is_on


def _set_private_mode(screen: Screen, number: int, is_on: bool) -> None:
    if number == 5:
        screen.is_inverted = is_on
    elif number == 6:
        screen.cursor.is_origin_mode = is_on
        screen.address(0, 0)
    elif number == 7:
        screen.wraps = is_on
    elif number == 25:
        screen.is_cursor_visible = is_on
    elif number == 1048:
        (Screen.save_cursor if is_on else Screen.restore_cursor)(screen)
    elif number in (47, 1047, 1049):
        _switch_screen(screen, is_on, saves=number == 1049)


def _switch_screen(screen: Screen, to_alternate: bool, *, saves: bool) -> None:
    if to_alternate:
        if saves:
            screen.save_cursor()
        screen.show_alternate()
    else:
        screen.show_primary()
        if saves:
            screen.restore_cursor()


_ATTRIBUTES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"faint": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"inverse": True},
    8: {"hidden": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "faint": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"inverse": False},
    28: {"hidden": False},
    29: {"strike": False},
}


@lru_cache(maxsize=4096)
def restyled(style: Style, parameters: str) -> Style:
    """A style after a change of colours and attributes, such as `1;38;5;208` or `4:3`."""
    if parameters in ("", "0"):
        return PLAIN
    fields = parameters.split(";", MOST_PARAMETERS)[:MOST_PARAMETERS]
    at = 0
    while at < len(fields):
        head, *parts = [_numbers(part)[0] for part in fields[at].split(":", 8)[:8]]
        at += 1
        if head in (38, 48, 58):
            if not parts:
                rest = [_numbers(field)[0] for field in fields[at : at + 4]]
                parts = rest[: {5: 2, 2: 4}.get(rest[0] if rest else 0, 1)]
                at += len(parts)
            style = _coloured(style, head, parts)
        elif head == 4 and parts:
            style = style._replace(underline=parts[0] > 0)
        else:
            style = _restyled_by(style, head)
    return style


def _restyled_by(style: Style, number: int) -> Style:
    if number == 0:
        return PLAIN
    if changes := _ATTRIBUTES.get(number):
        return style._replace(**changes)
    tens, digit = divmod(number, 10)
    if number in (39, 49):
        return style._replace(foreground=None) if number == 39 else style._replace(background=None)
    if tens in (3, 9) and digit < 8:
        return style._replace(foreground=digit + (8 if tens == 9 else 0))
    if tens in (4, 10) and digit < 8:
        return style._replace(background=digit + (8 if tens == 10 else 0))
    return style


def _coloured(style: Style, place: int, parts: list[int]) -> Style:
    """`parts` are `5, number` or `2, red, green, blue`; with colons there may be a colour space before the red."""
    colour: Colour
    if len(parts) >= 2 and parts[0] == 5 and parts[1] < 256:
        colour = parts[1]
    elif len(parts) >= 4 and parts[0] == 2 and max(parts[-3:]) < 256:
        red, green, blue = parts[2:5] if len(parts) > 4 else parts[1:4]
        colour = f"#{red:02x}{green:02x}{blue:02x}"
    else:
        return style
    if place == 58:
        return style  # of the underline alone
    return style._replace(foreground=colour) if place == 38 else style._replace(background=colour)
