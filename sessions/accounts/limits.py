"""Rate limits in fixed windows of time, exact and shared by every process and server.

Each count is one statement on a small table: `INSERT ... ON CONFLICT DO UPDATE ... RETURNING`,
so two requests at the same moment cannot both be the last one allowed.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from sessions.contract.names import clean
from sessions.models import RateLimit
from sessions.postgresql.folding import folded
from sessions.postgresql.prepared import prepared_cursor

# A count stops one above the limit: beyond, nothing is written.
COUNT = """
INSERT INTO history_ratelimit AS kept (key, started_at, count) VALUES ($1, $2, 1)
ON CONFLICT (key, started_at) DO UPDATE SET count = kept.count + 1 WHERE kept.count <= $3
RETURNING count
"""
# The same of whom another statement finds: one round trip for what every request of a program needs.
FIND_AND_COUNT = """
WITH found AS ({find}), counted AS (
    INSERT INTO history_ratelimit AS kept (key, started_at, count) SELECT $2 || who, $3, 1 FROM found
    ON CONFLICT (key, started_at) DO UPDATE SET count = kept.count + 1 WHERE kept.count <= $4
    RETURNING count
)
SELECT found.*, count FROM found LEFT JOIN counted ON true
"""
TAKE_BACK = "UPDATE history_ratelimit SET count = count - 1 WHERE key = %s AND started_at = %s AND count > 0"
# Some at a time, and none that another process is at: this happens while somebody waits for an answer.
DELETE_OLD = """
DELETE FROM history_ratelimit WHERE (key, started_at) IN (
    SELECT key, started_at FROM history_ratelimit WHERE started_at < %s
    ORDER BY started_at LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""
# One new window in so many deletes old ones.
DELETE_ONE_IN = 100

MINUTE = timedelta(minutes=1)
QUARTER_HOUR = timedelta(minutes=15)
LONGEST_PERIOD = QUARTER_HOUR
# Whatever is longer is nobody's.
LONGEST_EMAIL = 1_000


class Limit(NamedTuple):
    name: str
    allowed: int
    period: timedelta


class Count(NamedTuple):
    """Where one stands in the present window. `resets_in` is in whole seconds, at least one."""

    allowed: int
    used: int
    resets_in: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.allowed

    @property
    def remaining(self) -> int:
        return max(0, self.allowed - self.used)

    def headers(self) -> dict[str, str]:
        headers = {
            "RateLimit-Limit": str(self.allowed),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.resets_in),
        }
        return headers | {"Retry-After": str(self.resets_in)} if self.exceeded else headers


WRONG_TOKENS = Limit("wrong tokens", 30, MINUTE)
SIGN_INS_OF_ACCOUNT = Limit("sign-in account", 10, QUARTER_HOUR)
SIGN_INS_FROM_ADDRESS = Limit("sign-in address", 100, QUARTER_HOUR)
RESETS_OF_ACCOUNT = Limit("reset account", 5, QUARTER_HOUR)
RESETS_FROM_ADDRESS = Limit("reset address", 50, QUARTER_HOUR)


def count(limit: Limit, who: str, now: datetime) -> Count:
    """Count one more of `who`, and say where that leads."""
    key, started_at = _window(limit, who, now)
    with prepared_cursor() as cursor:
        cursor.execute(COUNT, [key, started_at, limit.allowed])
        row = cursor.fetchone()
    return _count(limit, row[0] if row else None, started_at, now)


def find_and_count(find: str, value: str, limit: Limit, now: datetime) -> tuple[tuple[Any, ...], Count] | None:
    """What `find` finds for $1, and one more counted of its first column, `who`; None when it finds nothing."""
    key, started_at = _window(limit, "", now)
    with prepared_cursor() as cursor:
        cursor.execute(FIND_AND_COUNT.format(find=find), [value, key, started_at, limit.allowed])
        row = cursor.fetchone()
    if row is None:
        return None
    _, *found, used = row
    return tuple(found), _count(limit, used, started_at, now)


def _count(limit: Limit, used: int | None, started_at: datetime, now: datetime) -> Count:
    if used == 1 and secrets.randbelow(DELETE_ONE_IN) == 0:
        delete_old(now)
    resets_in = max(1, ceil((started_at + limit.period - now).total_seconds()))
    return Count(limit.allowed, limit.allowed + 1 if used is None else used, resets_in)


def take_back(limit: Limit, who: str, now: datetime) -> None:
    """What was counted at `now` is not to count after all."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, _window(limit, who, now))


def delete_old(now: datetime) -> None:
    """Windows that are over, whichever their period."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_OLD, [now - LONGEST_PERIOD])


def requests_of_token() -> Limit | None:
    """None where the server sets no limit."""
    allowed = settings.API_REQUESTS_PER_MINUTE
    return Limit("token", allowed, MINUTE) if allowed > 0 else None


def count_sign_in(email: str, address: str, now: datetime) -> Count | None:
    """Count an attempt before the password is looked at, so that attempts at the same moment count too.

    The count that is exceeded, if one is. Whether the account exists makes no difference.
    """
    return _exceeded(count(SIGN_INS_FROM_ADDRESS, address, now), count(SIGN_INS_OF_ACCOUNT, _account(email), now))


def forgive_sign_in(email: str, address: str, now: datetime) -> None:
    """The password was right: the account's failures are forgotten, those of the address but for this one are not."""
    key, started_at = _window(SIGN_INS_OF_ACCOUNT, _account(email), now)
    RateLimit.objects.filter(key=key, started_at=started_at).delete()
    take_back(SIGN_INS_FROM_ADDRESS, address, now)


def count_reset(email: str, address: str, now: datetime) -> Count | None:
    """Count an e-mail asked for by somebody unknown: nobody's mailbox is to be filled, whether there is one or not.

    The count that is exceeded, if one is.
    """
    return _exceeded(count(RESETS_FROM_ADDRESS, address, now), count(RESETS_OF_ACCOUNT, _account(email), now))


def _exceeded(*counts: Count) -> Count | None:
    """The one that lasts longest."""
    exceeded = [one for one in counts if one.exceeded]
    return max(exceeded, key=lambda one: one.resets_in, default=None)


def _window(limit: Limit, who: str, now: datetime) -> tuple[str, datetime]:
    seconds = int(limit.period.total_seconds())
    started_at = int(now.timestamp()) // seconds * seconds
    return f"{limit.name}:{who}", datetime.fromtimestamp(started_at, UTC)


def _account(email: str) -> str:
    """Hashed, since people type passwords into the wrong field. However it is spelled, one account has one count."""
    return hashlib.sha256(folded(clean(email[:LONGEST_EMAIL].replace("\0", ""))).encode()).hexdigest()
