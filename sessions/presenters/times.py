"""How the product writes durations and times."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone


def duration(milliseconds: float | None) -> str:
    """`480 ms`, `3.5 s`, `42 s`, `1m 04s`, `2h 05m`, `3d 04h`; nothing for None. Cut, never rounded up."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{int(milliseconds)} ms"
    if milliseconds < 10_000:
        return f"{int(milliseconds / 100) / 10:.1f} s"
    seconds = int(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return f"{minutes}m {seconds % 60:02}s"
    if days < 1:
        return f"{hours}h {minutes % 60:02}m"
    return f"{days:,}d {hours % 24:02}h"


def exact(moment: datetime | None) -> str:
    """The moment as precisely as it is stored, in the viewer's zone, which it names: `2026-11-20 21:27:15.797 CET`."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    text = local.replace(tzinfo=None).isoformat(" ")
    return f"{text.rstrip('0') if local.microsecond else text} {zone_name(local)}"


def day_and_time(moment: datetime) -> str:
    """In the viewer's zone, with the year where it is not this one: `Mon 26 Oct, 11:38 CET`."""
    local = timezone.localtime(moment)
    year = "" if local.year == timezone.localtime(timezone.now()).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M} {zone_name(local)}"


def day_and_minute(moment: datetime) -> str:
    """In the viewer's zone, short, with the year where it is not this one: `26 Oct 11:38`."""
    local = timezone.localtime(moment)
    year = "" if local.year == timezone.localtime(timezone.now()).year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def in_utc(moment: datetime) -> str:
    """`2026-10-26 10:38:02.5 UTC`."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return f"{text.rstrip('0') if moment.microsecond else text} UTC"


def zone_name(local: datetime) -> str:
    """`CET` where the zone has a name, else its offset: `+03` alone would read as part of the time."""
    name = local.tzname() or "UTC"
    return name if name.isalpha() else f"UTC{name}"


def relative(moment: datetime | None) -> str:
    """`just now`, `5 minutes ago`, `in 3 hours`, `yesterday`, and a date when it is longer ago than a month."""
    if moment is None:
        return ""
    ago = timezone.now() - moment
    if abs(ago) < timedelta(seconds=10):
        return "just now"
    if abs(ago) >= timedelta(days=31):
        local = timezone.localtime(moment)
        return f"{local.day} {local:%b %Y}"
    text = _counted(abs(ago))
    return f"{text} ago" if ago > timedelta() else f"in {text}"


def _counted(span: timedelta) -> str:
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count = int(span.total_seconds() // seconds)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "0 seconds"
