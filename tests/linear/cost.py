"""What something costs: processor time, which others on the machine do not lengthen."""

import gc
import time
from collections.abc import Callable

# Below this, a doubling says more about the clock than about the code.
NOTICEABLE = 0.05
GROWTH = 3.0
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


def assert_linear(run: Callable[[int], Callable[[], object]], sizes: tuple[int, ...], of: str) -> float:
    """Twice the input takes at most GROWTH times the time, from each size to the next.

    Returns the seconds of the last.
    """
    previous = least(run(sizes[0]), NOTICEABLE / GROWTH)
    for size in sizes[1:]:
        allowed = max(GROWTH * previous, NOTICEABLE)
        took = least(run(size), allowed)
        if took > allowed:  # the smaller one may have been lucky
            previous = max(previous, seconds(run(size // 2)))
            allowed = max(GROWTH * previous, NOTICEABLE)
        assert took <= allowed, f"{size:,} bytes of {of} take {took:.3f} s, half of them {previous:.3f} s"
        previous = took
    return previous
