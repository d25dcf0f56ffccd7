"""What Django's system checks, `manage.py check` among them, say of settings that do not fit together."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from sessions.files.folder import is_local

# S3 refuses a signature that is to last longer.
LONGEST_SIGNED_URL = 7 * 24 * 3600

# Whoever may ask as often as they like must not find it.
SHORTEST_METRICS_TOKEN = 32

_PREFIX = re.compile(r"/(?:[A-Za-z0-9._~-]+/)+")


def check_delivery(**options: Any) -> list[CheckMessage]:
    """How downloads leave, against where files are."""
    return [*_accelerated(settings.ATTACHMENTS_X_ACCEL_PREFIX), *_signed(settings.ATTACHMENTS_SIGNED_URL_SECONDS)]


def check_grace(**options: Any) -> list[CheckMessage]:
    """Files that are about to be named are held for a moment, those of a backup for as long as it takes."""
    if settings.ATTACHMENTS_GRACE_HOURS >= 1:
        return []
    hint = "It is a number of hours, at least 1 and longer than a backup takes."
    return [Error(f"ATTACHMENTS_GRACE_HOURS is {settings.ATTACHMENTS_GRACE_HOURS}.", hint=hint, id="history.E005")]


def check_metrics_token(**options: Any) -> list[CheckMessage]:
    if not 0 < len(settings.METRICS_TOKEN) < SHORTEST_METRICS_TOKEN:
        return []
    hint = f"It is {SHORTEST_METRICS_TOKEN} or more random characters; without it there is no /metrics."
    return [Error("METRICS_TOKEN is too short.", hint=hint, id="history.E006")]


def _accelerated(prefix: str) -> list[CheckMessage]:
    if not prefix:
        return []
    if not _PREFIX.fullmatch(prefix):
        hint = "It is the path of nginx's internal location, such as /protected/."
        return [Error(f"ATTACHMENTS_X_ACCEL_PREFIX is no such path: {prefix!r}.", hint=hint, id="history.E001")]
    if not is_local():
        hint = "For files in S3 there is ATTACHMENTS_SIGNED_URL_SECONDS."
        return [Error("ATTACHMENTS_X_ACCEL_PREFIX is for files in a folder.", hint=hint, id="history.E002")]
    return []


def _signed(seconds: int) -> list[CheckMessage]:
    if not 0 <= seconds <= LONGEST_SIGNED_URL:
        hint = f"It is a number of seconds up to {LONGEST_SIGNED_URL}, a week; 0 is without."
        return [Error(f"ATTACHMENTS_SIGNED_URL_SECONDS is {seconds}.", hint=hint, id="history.E003")]
    if seconds and is_local():
        hint = "Name the bucket in ATTACHMENTS_STORAGE_URL. For files in a folder there is ATTACHMENTS_X_ACCEL_PREFIX."
        return [Error("ATTACHMENTS_SIGNED_URL_SECONDS is for files in S3.", hint=hint, id="history.E004")]
    return []


CHECKS = (check_delivery, check_grace, check_metrics_token)
