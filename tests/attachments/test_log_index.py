"""The index of a log: one pass finds where its lines are, in bytes and in time."""

import io
import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.byte_lines import BEGINNING, codec_of, pieces
from sessions.viewers.levels import Level
from sessions.viewers.lines import blocks_of_lines
from sessions.viewers.log_index import MOST_BLOCKS, MOST_ERRORS, LogIndex, index_log
from tests.attachments.test_log import Endless, OneLine

START = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "shift_jis", "gb18030")


def index_of(text: str | bytes, encoding: str = "utf-8-sig") -> LogIndex:
    content = text.encode() if isinstance(text, str) else text
    return index_log(io.BytesIO(content), len(content), encoding)


def stamped(seconds: float, text: str = "INFO a") -> str:
    return f"{(START + timedelta(seconds=seconds)).isoformat(timespec='milliseconds')} {text}\n"


def lines_of(content: bytes, encoding: str, size: int) -> list[tuple[int, str, int]]:
    file = io.BytesIO(content)
    codec, start = codec_of(encoding, content[:4])
    found = []
    for piece in pieces(file, codec, start, size):
        offset = piece.offset
        for line, length in zip(piece.text.split("\n"), piece.lengths, strict=True):
            found.append((offset, line, length))
            offset += length
    return found


TEXTS = st.lists(st.sampled_from(["a", "ERROR", "Касса", "\r", "\n", "\r\n", "\n\r", "\r\r\n", " "]), max_size=40)


@given(TEXTS, st.sampled_from(ENCODINGS), st.sampled_from([4, 8, 64, 1 << 20]))
def test_lines_are_cut_as_the_viewer_cuts_them(parts: list[str], encoding: str, size: int) -> None:
    content = "".join(parts).encode(encoding, "replace")
    found = lines_of(content, encoding, size)
    expected = [line for text in blocks_of_lines(io.BytesIO(content), encoding) for line in str(text).split("\n")]
    if size > len(content):
        assert [line for _, line, _ in found] == expected
    assert len(found) == len(expected)


@given(st.binary(max_size=60), st.sampled_from(ENCODINGS))
def test_no_bytes_are_read_twice_or_never(content: bytes, encoding: str) -> None:
    found = lines_of(content, encoding, 16)
    for (offset, _, length), (following, _, _) in pairwise(found):
        assert offset + length <= following
        assert content[offset + length : following].strip(b"\r\0") == b""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_line_can_be_read_again_alone(encoding: str) -> None:
    text = "".join(f"{number} Касса{ending}" for number, ending in enumerate(["\n", "\r\n", "\r", "\n"] * 30))
    content = text.encode(encoding)
    codec, _ = codec_of(encoding, content[:4])
    for number, (offset, line, length) in enumerate(lines_of(content, encoding, 256)):
        assert content[offset : offset + length].decode(codec).strip("\r\n") == line == f"{number} Касса"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_line_longer_than_a_piece_comes_with_its_beginning(ending: bytes) -> None:
    content = b"a" + ending + b"x" * 100_000 + ending + b"b" + ending
    found = lines_of(content, "utf-8", 1024)
    assert [line[:2] for _, line, _ in found] == ["a", "xx", "b"]
    assert len(found[1][1]) <= BEGINNING
    assert content[found[2][0] :] == b"b" + ending


def test_an_index_counts_lines_and_levels() -> None:
    index = index_of("INFO a\nERROR b\nplain\nERROR c")
    assert (index.total, index.counts[Level.ERROR], index.counts[Level.NONE]) == (4, 2, 1)
    assert [(error.number, error.offset, error.time) for error in index.errors] == [(2, 7, None), (4, 21, None)]
    assert index.stamps is None


def test_an_empty_file_has_an_index() -> None:
    index = index_of("")
    assert (index.total, index.blocks, index.low, index.counts[Level.ERROR]) == (0, [], None, 0)


def test_each_block_knows_its_first_line_and_its_times() -> None:
    index = index_of("".join(stamped(number) for number in range(10_000)))
    base = START.timestamp()
    assert 1000 < len(index.blocks) <= MOST_BLOCKS + 1
    assert (index.opening, index.low, index.high) == (base, base, base + 9_999)
    for block in index.blocks:
        assert block.low == base + block.line - 1
    assert index.blocks[index.block_at(5_000)].line <= 5_000 < index.blocks[index.block_at(5_000) + 1].line


def test_lines_without_a_stamp_have_the_time_of_the_line_before() -> None:
    trace = "".join(f"    at com.acme.Shop(Shop.kt:{number})\n" for number in range(30))
    index = index_of(
        stamped(1) + stamped(2, "ERROR till") + trace + "java.lang.IllegalStateException: till\n" + stamped(3)
    )
    base = START.timestamp()
    assert [(error.number, error.time) for error in index.errors] == [(2, base + 2), (33, base + 2)]
    assert {block.span for block in index.blocks if 2 <= block.line <= 33} == {(base + 2, base + 2)}
    assert index.stamped == pytest.approx(3 / 34, abs=0.02)


def test_only_the_first_errors_are_kept_and_all_are_counted() -> None:
    index = index_of("".join(stamped(number, "ERROR a") for number in range(1_000)))
    assert len(index.errors) == MOST_ERRORS
    assert index.counts[Level.ERROR] == 1_000


def test_a_clock_that_goes_back_is_told() -> None:
    index = index_of("".join(map(stamped, [0, 1, 0.5, 2, 3, 3600, 3601, 4, 5])))
    (jump,) = index.jumps
    assert (jump.line, jump.after - jump.before) == (8, 4 - 3601)
    assert (index.low, index.high) == (START.timestamp(), START.timestamp() + 3601)


def test_processes_that_write_at_once_are_no_jump() -> None:
    assert index_of("".join(map(stamped, [0, 5, 1, 6, 2, 7]))).jumps == []


def test_stamps_may_begin_late() -> None:
    text = "no time here, only words\n" * 20_000 + "".join(stamped(number) for number in range(20_000))
    index = index_of(text)
    assert index.low == START.timestamp()
    assert index.blocks[0].span == (None, None)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_index_is_the_same_in_each_encoding(encoding: str) -> None:
    index = index_of((stamped(0) + stamped(1, "ERROR Касса")).encode(encoding), encoding)
    assert (index.total, index.low, index.errors[0].time) == (2, START.timestamp(), START.timestamp() + 1)


def test_colours_hide_neither_stamps_nor_levels() -> None:
    index = index_of("\x1b[90m2026-11-30T10:00:00.000Z\x1b[0m \x1b[31mERROR\x1b[0m a\n")
    assert index.low == START.timestamp()
    assert index.counts[Level.ERROR] == 1


def test_an_index_is_small_and_survives_being_kept() -> None:
    content = "".join(stamped(number / 100, "ERROR a") for number in range(100_000)).encode()
    index = index_log(io.BytesIO(content), len(content), "utf-8-sig")
    kept = msgspec.msgpack.encode(index)
    assert len(kept) < 512 * 1024
    assert msgspec.msgpack.decode(kept, type=LogIndex) == index


class Seekable(Endless):
    def seek(self, offset: int, whence: int = 0) -> int:
        return offset


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for size in (2 << 20, 5 << 20):
        tracemalloc.start()
        index_log(Seekable(size), size, "utf-8-sig")  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.4 * peaks[0]
    assert peaks[1] < 16 << 20


class SeekableLine(OneLine):
    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset


def test_memory_does_not_grow_with_a_line() -> None:
    tracemalloc.start()
    index = index_log(io.BufferedReader(SeekableLine(12 << 20)), 12 << 20, "utf-8-sig")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert index.total == 1
    assert peak < 8 << 20
