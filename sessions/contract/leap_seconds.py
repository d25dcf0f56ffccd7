"""The second that is put in at the end of a day now and then: 23:59:60 in UTC (RFC 3339, section 5.7).

Python and msgspec know none. It is read as the first second of the day that follows, as POSIX and PostgreSQL do.
"""

import re
from datetime import UTC, datetime, timedelta

_SIXTY = re.compile(
    r"(?P<minute>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}):60"
    r"(?P<fraction>\.[0-9]{1,9})?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)


def leap_second(text: str) -> datetime | None:
    """The moment that a text names, with its zone, when that is a leap second; None for any other text."""
    match = _SIXTY.fullmatch(text)
    if match is None:
        return None
    try:
        before = datetime.fromisoformat(f"{match['minute']}:59{match['fraction'] or ''}{match['zone'].upper()}")
        before = before.astimezone(UTC)
        return before + timedelta(seconds=1) if (before.hour, before.minute) == (23, 59) else None
    except (ValueError, OverflowError):
        return None
