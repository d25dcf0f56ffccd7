"""Times and durations as these formats write them, none of them less exact than what is stored."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds, as the documents' examples write it, or with microseconds where they are stored."""
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return _utc(moment, precision)


def protobuf_time(moment: datetime) -> str:
    """google.protobuf.Timestamp in JSON: no fraction, or one of three or six digits."""
    return rfc3339(moment) if moment.microsecond else _utc(moment, "seconds")


def protobuf_duration(milliseconds: int) -> str:
    """google.protobuf.Duration in JSON: "3s", "3.5s", "0.120s" is "0.12s"; every reader takes 0 to 9 digits."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds}.{rest:03}".rstrip("0").rstrip(".") + "s"


def _utc(moment: datetime, precision: str) -> str:
    return moment.astimezone(UTC).isoformat(timespec=precision).removesuffix("+00:00") + "Z"
