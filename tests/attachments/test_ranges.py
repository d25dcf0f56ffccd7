"""RFC 9110, section 14, example by example."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.files.ranges import ByteRange, FileSlice, RangeNotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=0-0", 0, 1),
        ("bytes=-1", 999, 1000),
        ("bytes=-500", 500, 1000),
        ("bytes=-5000", 0, 1000),
        ("bytes=9-", 9, 1000),
        ("bytes=0-", 0, 1000),
        ("bytes=990-5000", 990, 1000),
        ("bytes= 1-2 ", 1, 3),
        ("BYTES=1-2", 1, 3),
        (f"bytes=1-{'9' * 5000}", 1, 1000),
        (f"bytes=-{'9' * 5000}", 0, 1000),
    ],
)
def test_one_range_is_understood(header: str, start: int, stop: int) -> None:
    assert parse_range(header, 1000) == ByteRange(start, stop)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=1-2,4-5",
        "items=0-5",
        "bytes=²-3",
        "bytes=--5",
    ],
)
def test_what_is_not_one_range_is_ignored(header: str) -> None:
    assert parse_range(header, 1000) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=1000-", 1000), ("bytes=5000-6000", 1000), ("bytes=-0", 1000), ("bytes=0-", 0), ("bytes=-5", 0)],
)
def test_a_range_outside_the_file_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, size)


@given(header=st.text() | st.from_regex(r"bytes=[0-9]*-[0-9]*", fullmatch=True), size=st.integers(0, 2**62))
def test_whatever_is_asked_for_lies_within_the_file(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= size


@given(content=st.binary(max_size=2000), data=st.data())
def test_a_slice_yields_exactly_its_bytes(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, len(content)))
    assert b"".join(FileSlice(io.BytesIO(content), ByteRange(start, stop))) == content[start:stop]


def test_a_slice_closes_its_file_even_when_nothing_was_read() -> None:
    file = io.BytesIO(b"abc")
    FileSlice(file, ByteRange(0, 3)).close()
    assert file.closed
