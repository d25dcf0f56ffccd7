"""Reading twice as much takes twice as long, whatever it is that was sent: nobody can hold a server with 16 kB."""

from collections.abc import Callable

import pytest

from tests.linear.cost import assert_linear, least
from tests.linear.readers import READERS, read
from tests.linear.shapes import SHAPES

SIZES = (24_000, 48_000)
MIB = 1024 * 1024
MOST_SECONDS = 1.0


def reading(reader: str, shape: str, size: int) -> Callable[[], object]:
    raw = SHAPES[shape](size)
    return lambda: read(READERS[reader], raw)


@pytest.mark.parametrize("reader", READERS)
def test_twice_as_much_takes_twice_as_long_and_a_mebibyte_a_second(reader: str) -> None:
    """A mebibyte of the shape that took longest: of all of them it would take minutes."""
    took = {
        shape: assert_linear(lambda size: reading(reader, shape, size), SIZES, shape)  # noqa: B023  called at once
        for shape in SHAPES
    }
    slowest = max(SHAPES, key=lambda shape: took[shape])
    assert least(reading(reader, slowest, MIB), MOST_SECONDS) <= MOST_SECONDS, slowest
