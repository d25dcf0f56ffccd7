"""The numbers under which a session is found: one per app, user, device, status, flag ... that it has.

A key is `kind << 40 | id`. Each session row stores its keys once more with the
7-day period it took place in (`period << 48 | key`), in one array under one GIN
index. Asked period by period, newest first, that index answers any combination
of filters, however rarely it occurs, at a cost that does not depend on where
the matches lie. Ids of small tables are unique across organisations; statuses,
platforms and flags are not, so their id carries the organisation's.
"""

from datetime import UTC, datetime
from enum import IntEnum

from sessions.contract.choices import Flag, Platform, Status

PERIOD_SECONDS = 7 * 24 * 3600
KIND_BITS = 40
PERIOD_BITS = 48
VALUES_PER_ORGANISATION = 16


class Kind(IntEnum):
    ORGANISATION = 1
    USER = 2
    TOKEN = 3
    APP = 4
    DEVICE = 5
    OS = 6
    STATUS = 7
    PLATFORM = 8
    FLAG = 9


# A search that matches everything asks thousands of times: a look here takes a fifth of the time of `Kind(number)`.
KINDS = {kind.value: kind for kind in Kind}

# A value's number within its kind; append only, since rows store it.
STATUS_NUMBERS = {status: number for number, status in enumerate(Status)}
PLATFORM_NUMBERS = {platform: number for number, platform in enumerate(Platform)}
FLAG_NUMBERS = {flag: number for number, flag in enumerate(Flag)}
NUMBERS: dict[Kind, dict[str, int]] = {
    Kind.STATUS: {str(value): number for value, number in STATUS_NUMBERS.items()},
    Kind.PLATFORM: {str(value): number for value, number in PLATFORM_NUMBERS.items()},
    Kind.FLAG: {str(value): number for value, number in FLAG_NUMBERS.items()},
}


def key(kind: Kind, ident: int) -> int:
    return kind << KIND_BITS | ident


def value_key(kind: Kind, organisation_id: int, value: str) -> int:
    """The key of a status, platform or flag, all of which are numbered within their organisation."""
    return key(kind, organisation_id * VALUES_PER_ORGANISATION + NUMBERS[kind][value])


def kind_of(key: int) -> Kind:
    return KINDS[key >> KIND_BITS]


def ident_of(key: int) -> int:
    return key & (1 << KIND_BITS) - 1


def period_of(moment: datetime) -> int:
    """The number that the database computes for `occurred_at`."""
    return int((moment - period_start(0)).total_seconds() // PERIOD_SECONDS)


def period_start(period: int) -> datetime:
    """Periods are counted from 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(period * PERIOD_SECONDS, UTC)


def sql_period(moment: str) -> str:
    """The SQL of the period that a moment lies in."""
    return f"floor(extract(epoch FROM ({moment} - '1970-01-01 00:00:00+00'::timestamptz)) / {PERIOD_SECONDS})::bigint"


def sql_keys() -> str:
    """The SQL of the generated column `keys`: the same numbers, computed by PostgreSQL from a session's row."""
    period = f"{sql_period('coalesce(started_at, requested_at)')} << {PERIOD_BITS}"
    columns = {
        Kind.USER: "user_id",
        Kind.TOKEN: "token_id",
        Kind.APP: "app_id",
        Kind.DEVICE: "device_id",
        Kind.OS: "os_id",
    }
    keys = [f"({period} | {kind << KIND_BITS} | {column})" for kind, column in columns.items()]
    for kind, column in ((Kind.STATUS, "status"), (Kind.PLATFORM, "platform")):
        cases = " ".join(f"WHEN '{value}' THEN {number}" for value, number in NUMBERS[kind].items())
        value = f"organisation_id * {VALUES_PER_ORGANISATION} + CASE {column} {cases} END"
        keys.append(f"({period} | {kind << KIND_BITS} | ({value}))")
    for flag, number in NUMBERS[Kind.FLAG].items():
        value = f"organisation_id * {VALUES_PER_ORGANISATION} + {number}"
        keys.append(f"CASE WHEN {flag} THEN ({period} | {Kind.FLAG << KIND_BITS} | ({value})) END")
    return f"array_remove(ARRAY[{', '.join(keys)}]::bigint[], NULL)"
