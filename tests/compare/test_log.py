"""Logs of two sessions, line by line, without what differs from run to run."""

import io

import pytest
from django.test import Client

from sessions.viewers.differing import log as differing
from sessions.viewers.differing.log import compare_logs, read_excerpt
from tests.compare.conftest import SendFiles, compared

FIRST = b"""\
2026-10-26T11:38:12.123Z INFO  [net] request 4bf92f3577b34da6 took 81 ms
2026-10-26T11:38:12.200Z INFO  [cart] holds 1 items
2026-10-26T11:38:12.300Z INFO  [pay] accepted
"""
SECOND = b"""\
2026-10-27T09:00:00.001Z INFO  [net] request 00f067aa0ba902b7 took 20 ms
2026-10-27T09:00:01.000Z INFO  [cart] holds 2 items
2026-10-27T09:00:02.000Z ERROR [pay] TypeError: price
"""


def changes(first: bytes, second: bytes) -> list[str]:
    pairs = compare_logs(*(read_excerpt(io.BytesIO(raw), "utf-8-sig") for raw in (first, second)))
    return [pair.change.value for pair in pairs]


def test_lines_differ_by_what_they_say_and_not_by_when() -> None:
    assert changes(FIRST, SECOND) == ["same", "changed", "missing", "added"]


def test_the_page_marks_what_differs_in_a_line_by_more_than_colour(alices: Client, send_files: SendFiles) -> None:
    page = compared(alices, send_files(log=FIRST), send_files(log=SECOND), "log")
    for said in ("1 changed", "1 missing in B", "1 added in B", "1 the same", "<mark>1</mark>", "<mark>2</mark>"):
        assert said in page, said
    assert "Lines are compared without dates, times of day" in page
    assert '<span class="visually-hidden">missing in B</span>' in page


def test_logs_that_differ_in_times_alone_say_so(alices: Client, send_files: SendFiles) -> None:
    page = compared(alices, send_files(log=b"11:38:12 a\n"), send_files(log=b"11:38:13 a\n"), "log")
    assert "No difference in 1 line" in page


def test_a_session_without_a_log_says_so(alices: Client, send_files: SendFiles) -> None:
    nothing, something = send_files(), send_files(log=b"a\n")
    assert "Neither session has a log." in compared(alices, nothing, send_files(), "log")
    assert "Session A has no log, so there is nothing to compare." in compared(alices, nothing, something, "log")
    assert "Both logs are empty." in compared(alices, send_files(log=b""), send_files(log=b""), "log")
    assert "1 added in B" in compared(alices, send_files(log=b""), something, "log")


def test_what_a_log_holds_is_never_markup(alices: Client, send_files: SendFiles) -> None:
    response = alices.get(
        "/sessions/compare/",
        {
            "a": str(send_files(log=b"<script>alert(1)</script> 1\x00\xff\x1b[31m")),
            "b": str(send_files(log=b"<script>alert(1)</script> 2")),
            "tab": "log",
        },
    )
    assert b"<script>alert" not in response.content
    assert b"\x00" not in response.content


def test_a_log_in_utf_16_is_read(alices: Client, send_files: SendFiles) -> None:
    wide = send_files(log="größe\n".encode("utf-16"))
    assert "No difference in 1 line" in compared(alices, wide, send_files(log="größe\n".encode()), "log")


def test_of_a_long_log_the_beginning_is_compared_and_the_page_says_so(alices: Client, send_files: SendFiles) -> None:
    long = send_files(log=b"x\n" * (differing.MOST_LINES + 1))
    page = compared(alices, long, send_files(log=b"x\n" * differing.MOST_LINES), "log")
    assert "Compared are the first 10,000 lines, up to 1.0\xa0MB: A has more." in page
    assert "No difference in 10,000 lines" in page


@pytest.mark.parametrize("line", [b"x" * 100, b"\xc3\xa4" * 50, b"x" * 2_000_000])
def test_of_a_large_log_whole_lines_of_the_first_mebibyte_are_compared(line: bytes) -> None:
    excerpt = read_excerpt(io.BytesIO((line + b"\n") * 20_000 if len(line) < 1_000 else line), "utf-8-sig")
    assert not excerpt.is_whole
    assert sum(len(one.text) for one in excerpt.lines) <= differing.MOST_BYTES
    assert len({one.text for one in excerpt.lines}) == 1
