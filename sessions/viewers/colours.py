"""The colours that a program gave its text on a terminal, as classes: 16 colours, bold, underlined and so on."""

import re
from collections.abc import Iterator
from functools import lru_cache

from sessions.viewers.shown import printable

# A text and the names of its classes, empty for plain text.
Run = tuple[str, str]

# A line with more than this many characters, orders included, is shown without colours.
LONGEST = 64 * 1024
# What xterm allows in one order, and more.
MOST_PARAMETERS = 64
_ORDER = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]*+)m")

_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("strike",)}
# xterm's 16 colours, to which all others are brought: what a page can show with contrast on light and on dark.
_PALETTE = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
)  # fmt: skip
_CUBE = (0, 95, 135, 175, 215, 255)


def has_colours(text: str) -> bool:
    return "\x1b[" in text or "\x9b" in text


def coloured(line: str) -> tuple[Run, ...]:
    """The line as `printable` shows it, in runs of one look each. Empty where it has no colours."""
    if len(line) > LONGEST or not has_colours(line):
        return ()
    runs = tuple(_runs(line))
    # An order within another one is read apart here, and as one there.
    if all(not classes for _, classes in runs) or "".join(text for text, _ in runs) != printable(line):
        return ()
    return runs


def _runs(line: str) -> Iterator[Run]:
    look: dict[str, str] = {}
    for place, part in enumerate(_ORDER.split(line)):
        if place % 2:
            _apply(part, look)
        elif text := printable(part):
            yield text, " ".join(f"ansi-{name}" for name in look.values())


def _apply(parameters: str, look: dict[str, str]) -> None:
    codes = [_numbers(code) for code in parameters.split(";", MOST_PARAMETERS)[:MOST_PARAMETERS]]
    while codes:
        code, *more = codes.pop(0)
        if code == 0 or (code == 4 and more == [0]):
            look.clear() if code == 0 else look.pop("underline", None)
        elif code in _ON:
            look[_ON[code]] = _ON[code]
        elif code in _OFF:
            for name in _OFF[code]:
                look.pop(name, None)
        elif code in (38, 48, 58):
            colour = _extended(more or _taken(codes))
            if code != 58 and colour is not None:
                side = "fg" if code == 38 else "bg"
                look[side] = f"{side}-{colour}"
        else:
            _apply_colour(code, look)


def _apply_colour(code: int, look: dict[str, str]) -> None:
    if code in (39, 49):
        look.pop("fg" if code == 39 else "bg", None)
    for first, side, base in ((30, "fg", 0), (40, "bg", 0), (90, "fg", 8), (100, "bg", 8)):
        if first <= code < first + 8:
            look[side] = f"{side}-{code - first + base}"


def _numbers(code: str) -> list[int]:
    return [int(part[:4] or 0) for part in code.split(":")]


def _taken(codes: list[list[int]]) -> list[int]:
    """What belongs to the code before: `5;n` or `2;r;g;b`."""
    count = {5: 2, 2: 4}.get(codes[0][0], 1) if codes else 0
    taken, codes[:] = codes[:count], codes[count:]
    return [each[0] for each in taken]


def _extended(parts: list[int]) -> int | None:
    if parts[:1] == [5] and len(parts) == 2 and parts[1] < 256:
        return _of_256(parts[1])
    # With colons a colour space may stand before red, green and blue.
    if parts[:1] == [2] and len(parts) >= 4 and max(parts[-3:]) < 256:
        return _nearest(*parts[-3:])
    return None


def _of_256(number: int) -> int:
    if number < 16:
        return number
    if number >= 232:
        return _nearest(*[(number - 232) * 10 + 8] * 3)
    number -= 16
    return _nearest(_CUBE[number // 36], _CUBE[number // 6 % 6], _CUBE[number % 6])


@lru_cache(maxsize=1024)
def _nearest(red: int, green: int, blue: int) -> int:
    def distance(number: int) -> int:
        one = _PALETTE[number]
        return (one[0] - red) ** 2 + (one[1] - green) ** 2 + (one[2] - blue) ** 2

    return min(range(16), key=distance)
