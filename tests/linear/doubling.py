"""How time grows with the length, for a quiet machine, some minutes long.

    PYTHONPATH=clients python -m tests.linear.doubling

For each reader: its worst growth from 64 kB to 128 kB or from there to 256 kB, and the longest that it takes for a MiB,
in seconds of processor time, each with its shape. What takes less than NOTICEABLE does not count as growth.
"""

import logging
import os
import sys
from functools import partial
from itertools import pairwise

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sessionhistory.settings")
django.setup()
logging.disable()

from tests.linear.cost import NOTICEABLE, least  # noqa: E402
from tests.linear.readers import READERS, Reader, read  # noqa: E402
from tests.linear.shapes import SHAPES  # noqa: E402

SIZES = (65_536, 131_072, 262_144)
MIB = 1024 * 1024


def processor_seconds(reader: Reader, shape: str, size: int) -> float:
    return least(partial(read, reader, SHAPES[shape](size)))


def growth(reader: Reader, shape: str) -> float:
    took = [processor_seconds(reader, shape, size) for size in SIZES]
    return max((after / before for before, after in pairwise(took) if after > NOTICEABLE), default=0.0)


for name, reader in READERS.items():
    grown, shape = max((growth(reader, shape), shape) for shape in SHAPES)
    longest, slowest = max((processor_seconds(reader, shape, MIB), shape) for shape in SHAPES)
    sys.stdout.write(f"{name}\t{grown:.2f} {shape if grown else ''}\t{longest:.3f} s {slowest}\n")
    sys.stdout.flush()
