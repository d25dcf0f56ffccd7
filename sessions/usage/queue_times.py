"""Queue times in buckets: small enough to add up a year, and within 1 % of what was measured.

A bucket is a range of milliseconds, 2 % wider than the bucket before it. Its middle stands for every time in it, which
is never off by more than 1 % and a millisecond. Times below 50 milliseconds are exact.
"""

from collections.abc import Mapping
from math import exp, log

WIDTH = log(1.02)


def sql_bucket(milliseconds: str) -> str:
    return f"round(ln({milliseconds} + 1) / {WIDTH!r})::int"


def milliseconds_of(bucket: int) -> int:
    return round(exp(bucket * WIDTH)) - 1


def percentile(buckets: Mapping[int, int], part: float) -> int | None:
    """The shortest queue time, in milliseconds, that this part of the sessions did not exceed; None without sessions.

    `buckets` has the number of sessions in each bucket.
    """
    needed, seen = part * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= needed:
            return milliseconds_of(bucket)
    return None
