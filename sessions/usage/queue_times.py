"""Queue times by the bucket: kept small enough for a year to be added up, and within 1 % of what was measured.

A bucket is a range of milliseconds, of which each is 2 % wider than the one before it. Its middle stands for all that
lies in it, which is never off by more than 1 % and a millisecond, and exact below 50.
"""

from collections.abc import Mapping
from math import exp, log

WIDTH = log(1.02)


def sql_bucket(milliseconds: str) -> str:
    return f"round(ln({milliseconds} + 1) / {WIDTH!r})::int"


def milliseconds_of(bucket: int) -> int:
    return round(exp(bucket * WIDTH)) - 1


def percentile(buckets: Mapping[int, int], part: float) -> int | None:
    """The shortest queue time, in milliseconds, that this part of the sessions did not exceed; None of none.

    `buckets` says how many sessions lie in each.
    """
    needed, seen = part * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= needed:
            return milliseconds_of(bucket)
    return None
