"""What something costs: processor time, which others on the machine hardly lengthen."""

import gc
import time
from collections.abc import Callable

# What takes less says more about the clock than about the code.
NOTICEABLE = 0.05
TIMES_AS_MUCH = 8
# In time that grows with the square of the length it would be 64 times as long.
TIMES_AS_LONG = 24
ROUNDS = 3


def seconds(run: Callable[[], object]) -> float:
    gc.disable()
    try:
        began = time.process_time()
        run()
        return time.process_time() - began
    finally:
        gc.enable()


def least(run: Callable[[], object], enough: float = 0.0) -> float:
    """The least of some rounds; the first that takes no longer than `enough` ends them."""
    best = seconds(run)
    for _ in range(ROUNDS - 1):
        if best <= enough:
            break
        best = min(best, seconds(run))
    return best


def assert_linear(run: Callable[[int], Callable[[], object]], size: int, of: str) -> float:
    """TIMES_AS_MUCH of something takes at most TIMES_AS_LONG. Returns the seconds of the larger input."""
    small = seconds(run(size))
    allowed = max(TIMES_AS_LONG * small, NOTICEABLE)
    large = least(run(TIMES_AS_MUCH * size), allowed)
    assert large <= allowed, f"{size:,} bytes of {of} take {small:.3f} s, {TIMES_AS_MUCH} times as many {large:.3f} s"
    return large
