"""The closed vocabularies, each value as it stands in JSON, CSV, URLs and the database."""

from django.db import models


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    DEVELOPER = "developer", "Developer"
    USER = "user", "User"


class Status(models.TextChoices):
    """`lost` is stored only when a producer says so; a silent open session is shown as lost all the same."""

    QUEUED = "queued", "Queued"
    ACTIVE = "active", "In progress"
    ENDED = "ended", "Ended"
    FAILED = "failed", "Failed"
    LOST = "lost", "Lost contact"


OPEN_STATUSES = (Status.QUEUED, Status.ACTIVE)


class InitiatorType(models.TextChoices):
    USER = "user", "User"
    TOKEN = "token", "API token"
    ANONYMOUS = "anonymous", "Anonymous"


class Platform(models.TextChoices):
    IOS = "ios", "iOS"
    ANDROID = "android", "Android"
    WEB = "web", "Web"
    KIOSK = "kiosk", "Kiosk"
    DESKTOP = "desktop", "Desktop"
    PROXY = "proxy", "Proxy"
    OTHER = "other", "Other"


class Flag(models.TextChoices):
    EXCEPTION = "exception", "Exception"
    CRASH = "crash", "Crash"
    ANR = "anr", "Not responding"
    RAGE_TAP = "rage_tap", "Rage tap"


class AttachmentKind(models.TextChoices):
    LOG = "log", "Log"
    NETWORK_LOG = "network_log", "Network log"
    VIDEO = "video", "Video"
    SCREENSHOT = "screenshot", "Screenshot"
    RECORDING = "recording", "Recording"
    CRASH_REPORT = "crash_report", "Crash report"
    OTHER = "other", "Other"


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Write"
