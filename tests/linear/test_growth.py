"""Reading grows with what is read, whatever it is that was sent: nobody can hold a server with 16 kB."""

from collections.abc import Callable

import pytest

from tests.linear.cost import assert_linear, least
from tests.linear.readers import READERS, read
from tests.linear.shapes import SHAPES

BYTES = 4_000
MIB = 1024 * 1024
# For a machine that is busy with much else; tests/linear/doubling.py measures what a quiet one takes.
MOST_SECONDS = 10.0


def reading(reader: str, shape: str, size: int) -> Callable[[], object]:
    raw = SHAPES[shape](size)
    return lambda: read(READERS[reader], raw)


@pytest.mark.parametrize("reader", READERS)
def test_time_grows_with_the_length_and_a_mebibyte_takes_little(reader: str) -> None:
    """A mebibyte of the shape that took longest: all of them would take minutes."""
    took = {
        shape: assert_linear(lambda size: reading(reader, shape, size), BYTES, shape)  # noqa: B023  called at once
        for shape in SHAPES
    }
    slowest = max(SHAPES, key=lambda shape: took[shape])
    assert least(reading(reader, slowest, MIB), MOST_SECONDS) <= MOST_SECONDS, slowest
