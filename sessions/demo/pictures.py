"""Screenshots drawn with nothing but zlib: a status bar, a title, cards, a button, a tab bar."""

import random
import re
import struct
import zlib

Colour = tuple[int, int, int]

# 5x7 letters, a byte a column, lowest bit on top.
GLYPHS = {
    " ": "0000000000", "-": "0808080808", ".": "0060600000", ":": "0036360000", "%": "2313086462",
    "0": "3e5149453e", "1": "00427f4000", "2": "4261514946", "3": "2141454b31", "4": "1814127f10",
    "5": "2745454539", "6": "3c4a494930", "7": "0171090503", "8": "3649494936", "9": "064949291e",
    "A": "7e1111117e", "B": "7f49494936", "C": "3e41414122", "D": "7f4141221c", "E": "7f49494941",
    "F": "7f09090901", "G": "3e4149497a", "H": "7f0808087f", "I": "00417f4100", "J": "2040413f01",
    "K": "7f08142241", "L": "7f40404040", "M": "7f020c027f", "N": "7f0408107f", "O": "3e4141413e",
    "P": "7f09090906", "Q": "3e4151215e", "R": "7f09192946", "S": "4649494931", "T": "01017f0101",
    "U": "3f4040403f", "V": "1f2040201f", "W": "3f4038403f", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543",
}  # fmt: skip

# The same as strokes: of each column, where one begins and how long it is.
RUNS = {
    letter: [
        [(stroke.start(), len(stroke[0])) for stroke in re.finditer("1+", f"{bits:07b}"[::-1])]
        for bits in bytes.fromhex(columns)
    ]
    for letter, columns in GLYPHS.items()
}

LIGHT: tuple[Colour, ...] = ((247, 248, 250), (255, 255, 255), (28, 32, 38), (148, 156, 168), (225, 229, 235))
DARK: tuple[Colour, ...] = ((18, 20, 24), (32, 36, 42), (238, 240, 243), (130, 138, 150), (52, 58, 66))
ACCENTS: tuple[Colour, ...] = ((37, 99, 235), (5, 150, 105), (217, 70, 21), (124, 58, 237), (190, 24, 93))
BACKGROUND, SURFACE, INK, MUTED, LINE, ACCENT = range(6)


class Canvas:
    """An indexed picture of `width` x `height` pixels."""

    def __init__(self, width: int, height: int, palette: tuple[Colour, ...]) -> None:
        self.width, self.height, self.palette = width, height, palette
        self.rows = [bytearray(width) for _ in range(height)]

    def box(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        x, right = max(x, 0), min(x + width, self.width)
        if right > x:
            filled = bytes([colour]) * (right - x)
            for row in self.rows[max(y, 0) : max(y + height, 0)]:
                row[x:right] = filled

    def text(self, x: int, y: int, text: str, colour: int, scale: int = 2) -> None:
        """Capital letters, digits and a little punctuation; anything else is left blank."""
        for letter in text.upper():
            for column, runs in enumerate(RUNS.get(letter, ())):
                for top, height in runs:
                    self.box(x + column * scale, y + top * scale, scale, height * scale, colour)
            x += 6 * scale

    def png(self) -> bytes:
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)
        palette = bytes(value for colour in self.palette for value in colour)
        pixels = zlib.compress(b"".join(b"\0" + row for row in self.rows), 6)
        chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )


def screenshot(rng: random.Random, title: str, width: int, height: int, clock: str) -> bytes:
    """A PNG of an app's screen, of the size of the device's."""
    palette = (*rng.choice((LIGHT, LIGHT, DARK)), rng.choice(ACCENTS))
    canvas = Canvas(width, height, palette)
    canvas.text(16, 12, clock, INK)
    canvas.text(width - 72, 12, f"{rng.randrange(9, 100)}%", INK)
    canvas.box(0, 40, width, 56, SURFACE)
    canvas.text(16, 58, title[: (width - 32) // 18], INK, 3)
    canvas.box(0, 96, width, 1, LINE)
    columns = max(1, width // 420)
    card = (width - 16) // columns - 16
    y = 112
    while y + 116 < height - 72:
        for column in range(columns):
            _card(rng, canvas, 16 + column * (card + 16), y, card)
        y += 128
    canvas.box(16, height - 64, width - 32, 48, ACCENT)
    canvas.text(width // 2 - 60, height - 47, "CONTINUE", SURFACE, 2)
    return canvas.png()


def _card(rng: random.Random, canvas: Canvas, x: int, y: int, width: int) -> None:
    canvas.box(x, y, width, 116, LINE)
    canvas.box(x + 1, y + 1, width - 2, 114, SURFACE)
    canvas.box(x + 12, y + 12, 92, 92, rng.choice((ACCENT, LINE, MUTED)))
    canvas.text(x + 120, y + 16, rng.choice(("ESPRESSO", "ORDER 4711", "RUNNING SHOES", "INVOICE", "TICKET AB")), INK)
    for line in range(3):
        canvas.box(x + 120, y + 46 + line * 14, int((width - 140) * rng.uniform(0.3, 1)), 6, MUTED)
    canvas.text(x + 120, y + 92, f"{rng.randrange(1, 200)}.{rng.randrange(100):02d} EUR", ACCENT)
