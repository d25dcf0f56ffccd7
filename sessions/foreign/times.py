from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds, as the documents' examples write it, or with microseconds where they are stored."""
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).removesuffix("+00:00") + "Z"
