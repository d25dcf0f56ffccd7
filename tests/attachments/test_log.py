import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.levels import Level
from sessions.viewers.lines import BLOCK, blocks_of_lines
from sessions.viewers.log import CHARACTERS_PER_WINDOW, Search, Window, read_window
from sessions.viewers.long_line import LONGEST_LINE
from sessions.viewers.shown import printable


def window_of(text: str | bytes, search: Search | None = None, at: int | None = None, size: int = 10) -> Window:
    content = text.encode() if isinstance(text, str) else text
    return read_window(io.BytesIO(content), search or Search(), at=at, size=size)


def numbers(window: Window) -> list[int]:
    return [line.number for line in window.lines]


HUNDRED = "".join(f"line {number}\n" for number in range(1, 101))


def test_the_first_window_begins_at_the_first_line() -> None:
    window = window_of(HUNDRED)
    assert numbers(window) == list(range(1, 11))
    assert (window.total, window.shown_first, window.shown_last) == (100, 1, 10)
    assert (window.previous, window.next, window.last) == (None, 11, 91)


def test_a_window_is_found_by_any_of_its_lines() -> None:
    window = window_of(HUNDRED, at=47)
    assert numbers(window) == list(range(41, 51))
    assert (window.previous, window.next, window.last) == (31, 51, 91)


def test_past_the_end_lies_the_last_window() -> None:
    window = window_of(HUNDRED, at=10**12)
    assert numbers(window) == list(range(91, 101))
    assert (window.previous, window.next) == (81, None)


def test_a_search_goes_to_the_first_match_and_knows_the_others() -> None:
    window = window_of(HUNDRED, Search("LINE 4"))
    assert window.matches == 11  # 4 and 40 to 49
    assert (window.match, window.match_place, window.previous_match, window.next_match) == (4, 1, None, 40)
    later = window_of(HUNDRED, Search("line 4"), at=40)
    assert numbers(later) == list(range(31, 41))
    assert (later.match, later.match_place, later.previous_match, later.next_match) == (40, 2, 4, 41)


def test_a_window_turned_to_knows_that_it_holds_no_match() -> None:
    window = window_of(HUNDRED, Search("line 4"), at=11)
    assert (window.match, window.match_is_shown, window.previous_match) == (40, False, 4)
    assert window_of(HUNDRED, Search("line 4"), at=35).match_is_shown


def test_without_a_match_the_beginning_is_shown() -> None:
    window = window_of(HUNDRED, Search("nothing like it"))
    assert numbers(window) == list(range(1, 11))
    assert (window.matches, window.match, window.previous, window.next) == (0, None, None, 11)


def test_only_matching_lines_are_left_with_their_own_numbers() -> None:
    window = window_of(HUNDRED, Search("9", only=True))
    assert numbers(window) == [9, 19, 29, 39, 49, 59, 69, 79, 89, 90]
    assert (window.total, window.shown_total, window.next) == (100, 19, 91)


def test_levels_filter_and_are_counted() -> None:
    window = window_of("INFO a\nERROR b\nplain\nERROR c\n", Search(levels=[Level.ERROR]))
    assert numbers(window) == [2, 4]
    assert window.levels == {Level.INFO: 1, Level.ERROR: 2, Level.NONE: 1}


def test_case_does_not_matter_in_any_alphabet() -> None:
    assert window_of("STRASSE\nstraße\nΣΊΣΥΦΟΣ\n", Search("straße")).matches == 2
    assert window_of("ΣΊΣΥΦΟΣ\n", Search("σίσυφος")).matches == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r\r\n", "\n\r", "\r"])
def test_the_last_line_counts_with_and_without_its_end(ending: str) -> None:
    assert [line.text for line in window_of(f"a{ending}b").lines] == ["a", "b"]
    assert [line.text for line in window_of(f"a{ending}b{ending}").lines] == ["a", "b"]


def test_an_empty_file_has_no_lines() -> None:
    window = window_of("")
    assert (window.lines, window.total, window.shown_first, window.shown_last) == ([], 0, 0, 0)


def test_terminal_escapes_are_taken_out_and_controls_become_visible() -> None:
    assert printable("\x1b[31mred\x1b[0m \x1b]0;title\x07x\x00\x08") == "red x␀␈"
    assert printable("tab\tstays") == "tab\tstays"
    assert printable("ERROR\x1b(B tail \x1b[K\x1b7\x1b=\x9b1mx\x1bP1$r\x1b\\") == "ERROR tail x"
    assert printable("\x1b]0;never ended ERROR") == "0;never ended ERROR"
    assert printable("\u202egnp.exe") == "\ufffdgnp.exe"


def test_binary_is_shown_with_replacements() -> None:
    assert window_of(b"\xff\xfa\x00ok\n").lines[0].text == "\ufffd\ufffd␀ok"


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    text = "x" * 10_000 + "\nshort\n"
    first, second = window_of(text).lines
    assert first.text == "x" * LONGEST_LINE + " … 6,000 more characters"
    assert second.text == "short"


def test_what_is_searched_is_what_is_shown() -> None:
    (line,) = window_of("ER\x1b[31mR\x1b[0mOR of the till\n", Search("error of", only=True)).lines
    assert (line.text, line.level) == ("ERROR of the till", Level.ERROR)
    assert window_of("a\n10%\r100%\r\nb\n").total == 4


@pytest.mark.parametrize("before", [3_990, 5_000, BLOCK - 3, BLOCK + 20, 3 * BLOCK])
@pytest.mark.parametrize("filler", ["x", "ß", "\x1b[1mx"])
def test_a_search_finds_all_of_a_long_line(before: int, filler: str) -> None:
    text = f"INFO {filler * (before // len(filler))}NEEDLE{filler * 9000}\nINFO end needless\n"
    (line,) = window_of(text, Search("needle", only=True)).lines[:1]
    assert (line.number, line.level, line.text.count("NEEDLE")) == (1, Level.INFO, 1)
    assert len(line.text) < 2 * LONGEST_LINE
    assert window_of(text, Search("end needless", only=True)).lines[0].number == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "cp1251", "shift_jis"])
def test_a_log_is_read_in_its_encoding(encoding: str) -> None:
    text = "ERROR Касса\r\nINFO b\r\n"
    window = read_window(io.BytesIO(text.encode(encoding)), Search("касса"), encoding=encoding)
    assert [(line.text, line.level) for line in window.lines] == [("ERROR Касса", "error"), ("INFO b", "info")]
    assert window.matches == 1


def test_a_line_longer_than_a_block_is_one_line() -> None:
    window = window_of(b"y" * (3 * BLOCK + 5) + b"\nend")
    assert window.total == 2
    assert window.lines[0].text == "y" * LONGEST_LINE + f" … {3 * BLOCK + 5 - LONGEST_LINE:,} more characters"


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20), max_size=50))
def test_every_line_of_a_text_is_there_once(lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    found = [line for text in blocks_of_lines(io.BytesIO(content), "utf-8") for line in str(text).split("\n")]
    assert found == lines


@given(st.lists(st.sampled_from(["ERROR x", "INFO y", "x", ""]), max_size=60), st.integers(1, 70))
def test_following_the_windows_shows_every_line_that_passes_once(lines: list[str], size: int) -> None:
    text = "".join(f"{line}\n" for line in lines)
    search = Search("x", only=True)
    seen: list[int] = []
    at: int | None = 1
    while at is not None:
        window = window_of(text, search, at=at, size=size)
        seen += numbers(window)
        at = window.next
    assert seen == [number for number, line in enumerate(lines, start=1) if "x" in line]


@pytest.mark.parametrize("length", [1_000, LONGEST_LINE, 3 * LONGEST_LINE])
@pytest.mark.parametrize("count_levels", [True, False])
def test_a_window_of_long_lines_has_fewer_and_all_windows_have_every_line_once(length: int, count_levels: bool) -> None:
    text = (b"x" * length + b"\n") * 450
    seen: list[int] = []
    before: int | None = None
    at: int | None = 1
    while at is not None:
        window = read_window(io.BytesIO(text), Search(), at=at, count_levels=count_levels)
        assert sum(min(len(line.text), LONGEST_LINE) for line in window.lines) <= CHARACTERS_PER_WINDOW
        assert (window.previous, window.shown_first, window.shown_last) == (before, at, at + len(window.lines) - 1)
        seen += numbers(window)
        before, at = at, window.next
    assert seen == list(range(1, 451))
    assert read_window(io.BytesIO(text), Search(), at=window.last, count_levels=count_levels).next is None


class Endless(io.RawIOBase):
    """Fifty megabytes of log that are never all there."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.block = b"2026-11-20T20:27:15.933Z 200 GET http://127.0.0.1:8902/ and some more text\n" * 14_000

    def read(self, size: int = -1) -> bytes:
        part = self.block[: min(size, self.left)]
        self.left -= len(part)
        return part


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for size in (4 * BLOCK, 24 * BLOCK):
        tracemalloc.start()
        read_window(Endless(size), Search("more", only=True), at=10**9, count_levels=False)  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 16 * BLOCK


def test_memory_does_not_grow_with_a_line() -> None:
    tracemalloc.start()
    read_window(io.BufferedReader(OneLine(50 * BLOCK)), Search(), size=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * BLOCK


class OneLine(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self.left)
        buffer[:count] = b"x" * count
        self.left -= count
        return count
