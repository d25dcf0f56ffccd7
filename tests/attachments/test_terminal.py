"""A terminal: what a program prints, and what is then on the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.recordings.cells import PLAIN, Style
from sessions.viewers.recordings.screen import TALLEST, WIDEST
from sessions.viewers.recordings.terminal import LONG, Terminal

ORDERS = "ABCDEFGHIJKLMPSTXZ@abdefghlmrsu`"


def screen(output: str, columns: int = 10, lines: int = 4) -> list[str]:
    terminal = Terminal(columns, lines)
    terminal.feed(output)
    return rows(terminal)


def rows(terminal: Terminal) -> list[str]:
    return [row.text for row in terminal.screen.rows]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("ab\r\ncd", ["ab", "cd", "", ""]),
        ("abcdefghijkl", ["abcdefghij", "kl", "", ""]),
        ("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
        ("loading 10\rloading 99", ["loading 99", "", "", ""]),
        ("abc\x1b[2Dx", ["axc", "", "", ""]),
        ("abc\x1b[1;1H\x1b[K", ["", "", "", ""]),
        ("a\x1b[3;5Hb", ["a", "", "    b", ""]),
        ("abcd\x1b[1;2H\x1b[2P", ["ad", "", "", ""]),
        ("abcd\x1b[1;2H\x1b[2@", ["a  bcd", "", "", ""]),
        ("a\r\nb\r\nc\x1b[1;1H\x1b[L", ["", "a", "b", "c"]),
        ("a\r\nb\r\nc\x1b[1;1H\x1b[M", ["b", "c", "", ""]),
        ("a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\n", ["a", "c", "", "d"]),
        ("a\tb", ["a       b", "", "", ""]),
        ("x\x1b[3b", ["xxxx", "", "", ""]),
        ("\x1b[4habc\rx", ["xabc", "", "", ""]),
        ("\x1b[?7labcdefghijkl", ["abcdefghil", "", "", ""]),
        ("ab\x1b7\x1b[4;4Hx\x1b8c", ["abc", "", "", "   x"]),
        ("a\x1b]0;title\x07b\x1b]8;;http://a\x1b\\c", ["abc", "", "", ""]),
        ("\x1b(0lqk\x1b(B|", ["┌─┐|", "", "", ""]),
        ("\x9b2Cx", ["  x", "", "", ""]),
        ("abc\x1bcx", ["x", "", "", ""]),
        ("\x1bPq#0;2;0;0\x1b\\x", ["x", "", "", ""]),
    ],
)
def test_what_a_program_prints_is_on_the_screen(output: str, expected: list[str]) -> None:
    assert screen(output) == expected


def test_the_alternate_screen_goes_and_the_primary_one_is_as_it_was() -> None:
    terminal = Terminal(10, 3)
    terminal.feed("shell\r\n$ vim\x1b[?1049h\x1b[Hin vim\x1b[3;1Hlast")
    assert rows(terminal) == ["in vim", "", "last"]
    terminal.feed("\x1b[?1049l!")
    assert rows(terminal) == ["shell", "$ vim!", ""]


def test_wide_and_combining_characters_take_their_columns() -> None:
    assert screen("漢字ab\x1b[1;2Hx") == [" x字ab", "", "", ""]
    assert screen("e\u0301x") == ["e\u0301x", "", "", ""]
    assert screen("123456789漢") == ["123456789", "漢", "", ""]


@pytest.mark.parametrize(
    ("sequence", "style"),
    [
        ("1;31", Style(foreground=1, bold=True)),
        ("38;5;208", Style(foreground=208)),
        ("48;2;1;2;3", Style(background="#010203")),
        ("38:2::1:2:3", Style(foreground="#010203")),
        ("38:2:1:2:3", Style(foreground="#010203")),
        ("4:3", Style(underline=True)),
        ("91;102", Style(foreground=9, background=10)),
        ("1;3;7;9;0", PLAIN),
        ("1;22;31;39", PLAIN),
        ("38;5;999", PLAIN),
        ("38;2;300;0;0", PLAIN),
        ("38", PLAIN),
    ],
)
def test_colours_are_read_however_they_are_written(sequence: str, style: Style) -> None:
    terminal = Terminal(4, 1)
    terminal.feed(f"\x1b[{sequence}mx")
    assert terminal.screen.rows[0].styles[0] == style


def test_what_is_erased_takes_the_background() -> None:
    terminal = Terminal(3, 1)
    terminal.feed("\x1b[44m\x1b[2J")
    assert terminal.screen.rows[0].styles == [Style(background=4)] * 3


def test_a_resized_terminal_keeps_what_fits() -> None:
    terminal = Terminal(6, 3)
    terminal.feed("abcdef\r\nb\r\nc")
    terminal.screen.resize(3, 2)
    assert rows(terminal) == ["b", "c"]
    terminal.screen.resize(8, 3)
    terminal.feed("\r\nd")
    assert rows(terminal) == ["b", "c", "d"]


def test_a_picture_of_the_screen_stays_while_the_terminal_goes_on() -> None:
    terminal = Terminal(5, 2)
    terminal.feed("a\r\nb")
    picture = terminal.picture()
    terminal.feed("x\x1b[Hy\x1b[?1049hz")
    assert rows(picture) == ["a", "b"]
    picture.feed("!")
    assert rows(picture) == ["a", "b!"]
    assert rows(terminal) == [" z", ""]


tokens = st.one_of(
    st.sampled_from(
        ["abc", "漢", "e\u0301", "\r\n", "\n", "\r", "\b", "\t", "\x1b7", "\x1b8", "\x1bM", "\x1bc", "\x1b(0"]
    ),
    st.sampled_from(["\x1b[?1049h", "\x1b[?1049l", "\x1b[?6h", "\x1b[?7l", "\x1b[4h", "\x1b]0;t\x07", "\x1bP1\x1b\\"]),
    st.builds(
        lambda numbers, order: f"\x1b[{';'.join(map(str, numbers))}{order}",
        st.lists(st.sampled_from([0, 1, 2, 5, 40, 99_999_999]), max_size=3),
        st.sampled_from(ORDERS),
    ),
    st.text(max_size=4),
)


@given(st.lists(tokens, max_size=40), st.data())
def test_output_may_be_cut_anywhere(parts: list[str], data: st.DataObject) -> None:
    output = "".join(parts)
    cut = data.draw(st.integers(0, len(output)))
    whole, halves = Terminal(8, 4), Terminal(8, 4)
    whole.feed(output)
    halves.feed(output[:cut])
    halves.feed(output[cut:])
    assert cells(whole) == cells(halves)


@given(st.lists(tokens, max_size=60))
def test_whatever_is_printed_the_screen_keeps_its_size(parts: list[str]) -> None:
    terminal = Terminal(7, 3)
    for part in parts:
        terminal.feed(part)
    grid = terminal.screen.rows
    assert len(grid) == 3
    assert all(len(row.characters) == len(row.styles) == 7 for row in grid)
    assert 0 <= terminal.screen.cursor.x < 7
    assert 0 <= terminal.screen.cursor.y < 3


@given(
    st.lists(
        st.sampled_from(
            ["text", "a much longer text", "\r\n", "\n", "\r", "\x1b[31m", "\x1b[0m", "\x1b[4m", "\t", "漢"]
        )
    ),
    st.sampled_from(["", "\x1b[3;4Habc", "\x1b[45m", "\x1b[?7l"]),
)
def test_lines_that_nobody_sees_are_left_out_without_a_difference(parts: list[str], before: str) -> None:
    once = "".join(parts) + "\r\n"
    output = before + once * (2 * LONG // len(once) + 1)
    fast, slow = Terminal(12, 5), Terminal(12, 5)
    fast.feed(before)
    fast.feed(output[len(before) :])
    for begin in range(0, len(output), LONG - 1):
        slow.feed(output[begin : begin + LONG - 1])
    assert cells(fast) == cells(slow)


def cells(terminal: Terminal) -> object:
    shown = terminal.screen
    return [(row.characters, row.styles) for row in shown.rows], shown.cursor


def test_a_terminal_of_any_size_takes_little() -> None:
    terminal = Terminal(10**9, 10**9)
    assert (terminal.screen.columns, terminal.screen.lines) == (WIDEST, TALLEST)
    terminal.screen.resize(-5, 0)
    assert (terminal.screen.columns, terminal.screen.lines) == (1, 1)
    terminal.feed("漢\x1b[99999999999999b")
