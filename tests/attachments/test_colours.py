"""Colours of a terminal become classes, and the words stay what they are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from sessions.templatetags.detail import log_text
from sessions.viewers.colours import coloured
from sessions.viewers.levels import Level
from sessions.viewers.log import Line
from sessions.viewers.shown import printable

LOOKS = {
    "\x1b[31m": "ansi-fg-1",
    "\x1b[91m": "ansi-fg-9",
    "\x9b31m": "ansi-fg-1",
    "\x1b[44m": "ansi-bg-4",
    "\x1b[104m": "ansi-bg-12",
    "\x1b[1;31m": "ansi-bold ansi-fg-1",
    "\x1b[1m\x1b[31m": "ansi-bold ansi-fg-1",
    "\x1b[1;2;3;4;7;9m": "ansi-bold ansi-dim ansi-italic ansi-underline ansi-inverse ansi-strike",
    "\x1b[1;31m\x1b[22m": "ansi-fg-1",
    "\x1b[4:3m": "ansi-underline",
    "\x1b[38;5;9m": "ansi-fg-9",
    "\x1b[38;5;196m": "ansi-fg-9",
    "\x1b[38;5;240m": "ansi-fg-8",
    "\x1b[48;5;21m": "ansi-bg-4",
    "\x1b[38;2;250;5;5m": "ansi-fg-9",
    "\x1b[38:2::250:5:5m": "ansi-fg-9",
    "\x1b[38:5:9m": "ansi-fg-9",
    "\x1b[38;5;9;1m": "ansi-fg-9 ansi-bold",
    "\x1b[58;2;250;5;5;1m": "ansi-bold",
    "\x1b[31;44m\x1b[39m": "ansi-bg-4",
}


@pytest.mark.parametrize(("order", "classes"), LOOKS.items())
def test_an_order_is_a_look(order: str, classes: str) -> None:
    assert coloured(f"a{order}b\x1b[0mc") == (("a", ""), ("b", classes), ("c", ""))


@pytest.mark.parametrize(
    "order",
    ["", "\x1b[K", "\x1b[2J", "\x1b[m", "\x1b[0m", "\x1b[38;5m", "\x1b[38;2;1;2m", "\x1b[38;5;999m", "\x1b[38m",
     "\x1b[77m", "\x1b[" + "9" * 50 + "m", "\x1b[31m\x1b[39m", "\x1b[4:0m", "\x1b[31"],
)  # fmt: skip
def test_what_colours_nothing_is_no_look(order: str) -> None:
    assert coloured(f"a{order}b") == ()


@given(
    st.lists(
        st.sampled_from(["a", "é", "\x1b", "\x1b[31m", "\x1b[0m", "\x9b1m", "m", "[", "31", "\x07", "\x1b]0;", "\x00"])
    )
)
def test_the_words_are_those_of_the_plain_line(parts: list[str]) -> None:
    line = "".join(parts)
    if runs := coloured(line):
        assert "".join(text for text, _ in runs) == printable(line)


def test_a_line_of_orders_alone_takes_no_time() -> None:
    assert coloured("\x1b[31m" * 200_000) == ()
    assert len(coloured("\x1b[" + "1;" * 20_000 + "31ma")) == 1


def line_of(raw: str) -> Line:
    return Line(1, printable(raw), Level.NONE, matches=True, runs=coloured(raw))


def test_what_is_searched_is_marked_across_colours() -> None:
    html = log_text(line_of("an \x1b[31mERR\x1b[1mOR<\x1b[0m b"), "error<")
    assert html == (
        'an <span class="ansi-fg-1"><mark>ERR</mark></span>'
        '<span class="ansi-fg-1 ansi-bold"><mark>OR&lt;</mark></span> b'
    )


def test_marks_and_plain_text_alternate_in_a_run() -> None:
    assert log_text(line_of("\x1b[31ma-b-a\x1b[0m"), "a") == (
        '<span class="ansi-fg-1"><mark>a</mark></span><span class="ansi-fg-1">-b-</span>'
        '<span class="ansi-fg-1"><mark>a</mark></span>'
    )
    assert log_text(line_of("aba"), "a") == "<mark>a</mark>b<mark>a</mark>"
    assert log_text(line_of("aa"), "a") == "<mark>a</mark><mark>a</mark>"
    assert log_text(line_of("<b>"), "") == "&lt;b&gt;"


CSS = Path(settings.BASE_DIR) / "static" / "css"
NEEDED = 4.5


def variables(*names: str) -> Iterator[dict[str, str]]:
    """The custom properties of style sheets on light, then on dark."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for name in names:
        before, _, after = (CSS / name).read_text().partition("prefers-color-scheme: dark")
        light |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", before))
        dark |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", after))
    yield light
    yield light | dark


def parts(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(colour: list[float]) -> float:
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: list[float], other: list[float]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tinted(colour: list[float], surface: list[float]) -> list[float]:
    """As `ansi.css` mixes a background."""
    return [0.06 * one + 0.94 * other for one, other in zip(colour, surface, strict=True)]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_colour_is_read_on_every_background(theme: int) -> None:
    named = list(variables("tokens.css", "ansi.css"))[theme]
    colours = {name: parts(value) for name, value in named.items()}
    texts = {name: colour for name, colour in colours.items() if re.fullmatch(r"ansi-[0-9]+|ink|ink-quiet", name)}
    assert len(texts) == 18
    grounds = {name: colours[name] for name in ("surface", "bad-soft", "accent-soft")}
    grounds |= {f"on {n}": tinted(colours[f"ansi-{n}"], colours["surface"]) for n in range(16)}
    faint = {
        (name, ground): round(contrast(text, behind), 2)
        for name, text in texts.items()
        for ground, behind in grounds.items()
        if contrast(text, behind) < NEEDED
    }
    assert faint == {}
