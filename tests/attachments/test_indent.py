import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.indent import DEEPEST, LARGEST, indented


def test_every_value_stands_on_its_line() -> None:
    assert indented(b'{"a":[1,"[[[["]}') == b'{\n  "a": [\n    1,\n    "[[[["\n  ]\n}'


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"no JSON",
        b"[" * 500_000 + b"]" * 500_000,
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b'"' + b"x" * LARGEST + b'"',
        b'"' + b"\\" * 100_001,
    ],
)
def test_what_would_not_be_read_that_way_stays_as_it_is(text: bytes) -> None:
    assert indented(text) == text


def test_nesting_cannot_blow_it_up() -> None:
    text = b"[" * DEEPEST + b",".join([b"1"] * (LARGEST // 2 - 2 * DEEPEST)) + b"]" * DEEPEST
    assert len(indented(text)) < 32 * LARGEST


@given(st.recursive(st.none() | st.text() | st.integers(-(2**60), 2**60), st.lists))
def test_the_meaning_stays(value: object) -> None:
    assert msgspec.json.decode(indented(msgspec.json.encode(value))) == value
