"""Reading twice as much takes twice as long, whatever it is that was sent: nobody can hold a server with 16 kB."""

from collections.abc import Callable

import pytest

from tests.linear.cost import assert_linear, least
from tests.linear.readers import READERS, read
from tests.linear.shapes import SHAPES

SIZES = (64_000, 128_000, 256_000)
MIB = 1024 * 1024
MOST_SECONDS = 1.0


def reading(reader: str, shape: str, size: int) -> Callable[[], object]:
    raw = SHAPES[shape](size)
    return lambda: read(READERS[reader], raw)


@pytest.mark.parametrize("reader", READERS)
def test_twice_as_much_takes_twice_as_long(reader: str) -> None:
    for shape in SHAPES:
        assert_linear(lambda size: reading(reader, shape, size), SIZES, shape)  # noqa: B023  called at once


@pytest.mark.parametrize("reader", READERS)
def test_a_mebibyte_is_read_or_refused_within_a_second(reader: str) -> None:
    took = {shape: least(reading(reader, shape, MIB), MOST_SECONDS) for shape in SHAPES}
    assert {shape: seconds for shape, seconds in took.items() if seconds > MOST_SECONDS} == {}
