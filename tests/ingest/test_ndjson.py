"""Files of lines: numbers as an editor counts them, any ending, and little memory."""

import io
import tracemalloc

from sessions.ingest.reading.ndjson import lines
from sessions.ingest.reading.parse import MAX_LINE_BYTES


def read(raw: bytes) -> list[tuple[int, int, bytes]]:
    return [(line.number, line.end, line.raw.strip()) for line in lines(io.BytesIO(raw))]


def test_blank_lines_count_and_are_left_out() -> None:
    assert read(b"\n{1}\n \t\r\n{2}\n\n") == [(2, 5, b"{1}"), (4, 13, b"{2}")]


def test_a_byte_order_mark_windows_endings_and_no_last_newline() -> None:
    assert read(b"\xef\xbb\xbf{1}\r\n{2}") == [(1, 8, b"{1}"), (2, 11, b"{2}")]


def test_an_empty_file_has_no_lines() -> None:
    assert read(b"") == []


def test_after_a_line_that_is_too_long_the_next_one_is_read() -> None:
    found = [(line.number, len(line.raw)) for line in lines(io.BytesIO(b"x" * (MAX_LINE_BYTES * 2) + b"\n{2}\n"))]

    assert found == [(1, MAX_LINE_BYTES + 1), (2, 4)]


def test_a_large_file_takes_little_memory() -> None:
    class Endless(io.RawIOBase):
        """200 MB of short lines."""

        left = 200_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            if not self.left:
                return 0
            self.left -= 1
            line = b"x" * 1000 + b"\n"
            buffer[: len(line)] = line
            return len(line)

    tracemalloc.start()
    count = sum(1 for _ in lines(io.BufferedReader(Endless(), buffer_size=2000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 200_000
    assert peak < 1_000_000
