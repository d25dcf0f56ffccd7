"""Lines found by the index of a log, around a line or a time."""

import io
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.levels import Level
from sessions.viewers.log import CHARACTERS_PER_WINDOW
from sessions.viewers.log_index import LogIndex, index_log
from sessions.viewers.log_window import line_at, lines_around, with_seconds

START = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
BASE = START.timestamp()


def opened(text: str, encoding: str = "utf-8-sig") -> tuple[io.BytesIO, LogIndex]:
    content = text.encode(encoding)
    return io.BytesIO(content), index_log(io.BytesIO(content), len(content), encoding)


def stamped(seconds: float, text: str = "INFO a") -> str:
    return f"{(START + timedelta(seconds=seconds)).isoformat(timespec='milliseconds')} {text}\n"


class Counted(io.BytesIO):
    """Counts what is read of it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        raw = super().read(size)
        self.count += len(raw)
        return raw


def at(text: str, seconds: float) -> int | None:
    file, index = opened(text)
    return line_at(file, index, BASE + seconds)


def test_a_time_finds_the_last_line_up_to_it() -> None:
    text = "".join(stamped(number / 10) for number in range(20_000))
    assert [at(text, seconds) for seconds in (-1, 0, 0.05, 0.1, 1234.56, 5_000)] == [None, 1, 1, 2, 12346, 20_000]


def test_of_lines_of_one_time_the_last_is_found() -> None:
    assert at(stamped(0) + stamped(1) * 5 + stamped(2), 1.5) == 6


def test_a_trace_belongs_to_the_line_before_it() -> None:
    text = stamped(0) + stamped(1, "ERROR till") + "    at com.acme.Shop(Shop.kt:1)\n" * 40 + stamped(2)
    assert at(text, 1.5) == 2
    file, index = opened(text)
    assert {line.seconds for line in lines_around(file, index, 3, 0, 40)} == {BASE + 1}


def test_lines_that_are_late_do_not_hide_the_moment() -> None:
    assert at("".join(map(stamped, [0, 1, 5, 2, 6, 3, 7])), 4) == 6
    assert at("".join(map(stamped, [0, 1, 5, 6, 7, -3600])), 5.5) == 3
    assert at("".join(map(stamped, [3600, 0, 1, 5, 6, 7])), 5.5) == 4


def test_a_clock_that_was_set_back_shows_a_moment_in_what_came_after() -> None:
    text = "".join(stamped(number) for number in [*range(5_000), *range(2_000, 5_000)])
    assert at(text, 3_000) == 5_000 + 1_001


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.integers(-5, 55))
def test_the_line_found_is_the_nearest_for_any_order(seconds: list[int], asked: int) -> None:
    earlier = [(second, number) for number, second in enumerate(seconds, start=1) if second <= asked]
    file, index = opened("".join(map(stamped, seconds)))
    found = line_at(file, index, BASE + asked)
    assert (seconds[found - 1] if found else None) == max(earlier, default=(None,))[0]


HUNDRED = "".join(f"{Level(['info', 'error'][number % 10 == 0]).upper()} line {number}\n" for number in range(1, 101))


@given(st.integers(1, 100), st.integers(0, 20), st.integers(0, 20))
def test_lines_around_a_line_are_those_before_and_from_it_on(line: int, before: int, after: int) -> None:
    file, index = opened(HUNDRED)
    numbers = [one.number for one in lines_around(file, index, line, before, after)]
    assert numbers == list(range(max(line - before, 1), min(line + after, 101)))


def test_lines_of_a_level_are_found_without_reading_the_others() -> None:
    text = "".join(f"{'ERROR' if number % 5_000 == 0 else 'INFO'} line {number}\n" for number in range(1, 60_001))
    file, index = opened(text)
    counted = Counted(file.getvalue())
    found = lines_around(counted, index, 30_000, 3, 3, [Level.ERROR])
    assert [line.number for line in found] == [15_000, 20_000, 25_000, 30_000, 35_000, 40_000]
    assert counted.count < 20_000


def test_lines_around_past_the_end_are_the_last() -> None:
    file, index = opened(HUNDRED)
    assert [line.number for line in lines_around(file, index, 101, 3, 0)] == [98, 99, 100]
    assert lines_around(file, index, 101, 0, 3) == []
    assert lines_around(*opened(""), 1, 3, 3) == []


def test_long_lines_leave_room_for_the_line_asked_for() -> None:
    file, index = opened(("x" * 5_000 + "\n") * 400)
    found = lines_around(file, index, 200, 100, 200)
    assert sum(len(line.text) for line in found) <= CHARACTERS_PER_WINDOW + 5_000
    assert found[0].number < 200 < found[-1].number


def test_a_line_of_megabytes_is_shown_by_its_beginning() -> None:
    file, index = opened("INFO a\nERROR " + "x" * 5_000_000 + "\nINFO b\n")
    first, long, last = lines_around(file, index, 1, 0, 10)
    assert (first.text, last.text, long.level) == ("INFO a", "INFO b", Level.ERROR)
    assert long.text.endswith("… 5,000,007 bytes in this line")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "cp1251", "shift_jis"])
def test_any_lines_of_an_encoded_log_are_read_alone(encoding: str) -> None:
    file, index = opened("".join(stamped(number, "INFO Касса") for number in range(9_000)), encoding)
    (line,) = lines_around(file, index, 8_001, 0, 1)
    assert line.text.endswith("INFO Касса")
    assert line.seconds == BASE + 8_000


def test_lines_that_a_search_found_get_their_times() -> None:
    file, index = opened(stamped(1, "ERROR a") + "  trace\n  trace\n" + stamped(2))
    lines = lines_around(file, index, 1, 0, 10)
    assert [line.seconds for line in with_seconds(file, index, lines[1:])] == [BASE + 1, BASE + 1, BASE + 2]


def test_colours_stay_with_their_lines() -> None:
    file, index = opened("a\n\x1b[31mred\x1b[0m\n")
    assert lines_around(file, index, 2, 0, 1)[0].runs == (("red", "ansi-fg-1"),)


def test_a_moment_of_20_megabytes_is_shown_by_reading_little_of_them() -> None:
    content = "".join(stamped(number / 10, "INFO " + "x" * 305) for number in range(60_000)).encode()
    assert len(content) > 20_000_000
    index = index_log(io.BytesIO(content), len(content), "utf-8-sig")
    file = Counted(content)
    tracemalloc.start()
    line = line_at(file, index, BASE + 2_000.05)
    assert line == 20_001
    lines = lines_around(file, index, line, 100, 200)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [lines[0].number, lines[-1].number] == [19_901, 20_200]
    assert file.count < 500_000
    assert peak < 4_000_000
