"""One cell or value of the vendor's, as the contract has it."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sessions.contract.leap_seconds import leap_second
from sessions.contract.line_errors import invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds since 1970 have this many digits from 1973 to 2286; anything else is no such number.
_EPOCH_MS = re.compile(r"[0-9]{12,13}")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_COORDINATES = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]+)?)\s*,\s*(-?[0-9]{1,3}(?:\.[0-9]+)?)")


def moment(value: Any, column: str) -> datetime:
    """ISO 8601, which is UTC unless it says otherwise, or milliseconds since 1970. Raises LineError."""
    written = text(value).strip()
    if _EPOCH_MS.fullmatch(written):
        return EPOCH + timedelta(milliseconds=int(written))
    if leap := leap_second(written) or leap_second(f"{written}Z"):
        return leap
    try:
        time = datetime.fromisoformat(written)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(column, "is neither ISO 8601 nor milliseconds since 1970") from error


def milliseconds(value: Any, unit: int, column: str) -> int:
    """A length in units of so many milliseconds. Raises LineError."""
    written = text(value).strip()
    if not _NUMBER.fullmatch(written):
        raise invalid(column, "is not a number")
    return round(float(written) * unit)


def coordinates(value: str) -> dict[str, float] | None:
    """From "latitude,longitude" in degrees."""
    match = _COORDINATES.fullmatch(value.strip())
    if match is None:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    return {"latitude": latitude, "longitude": longitude} if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def text(value: Any) -> str:
    """A text as it is; of a number, its digits; of anything else, its JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return msgspec.json.encode(value).decode()


def attribute(value: Any) -> str | int | float | bool:
    """As it is: attributes hold scalars, so that a list or an object becomes its JSON."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return text(value)
