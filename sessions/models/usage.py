"""What the sessions of days that are over come to, counted ahead: see `sessions.usage.roll_up`."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sessions.models.organisation import Organisation


class ChangedDay(models.Model):
    """A UTC day of which sessions were written since its counts were last given up.

    Every write to a session sees to it that its day's row is there, and the row of the day it leaves.
    """

    pk = models.CompositePrimaryKey("organisation_id", "day")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()

    def __str__(self) -> str:
        return f"{self.day} of {self.organisation_id}"


class CountedDay(models.Model):
    """A day of some time zone, from midnight up to midnight. Those that share their midnights share it.

    Its counts hold while `counted_at` is set, no day that it touches has changed, and whatever was open
    when it was counted is lost by now.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    # One more each time its counts are given up: whoever counts meanwhile has counted in vain.
    version = models.IntegerField(default=0)
    counted_at = models.DateTimeField(null=True)
    # When the last of its sessions that are open was last seen. Lost ones have a duration, running ones none yet.
    silent_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "start_at", "end_at"], name="countedday_once"),
        ]

    def __str__(self) -> str:
        return f"{self.start_at} to {self.end_at}"


class DayCount(models.Model):
    """What the sessions of a counted day come to that have one key (`sessions.models.keys`).

    The organisation's key is always there; a user, token, app or device only if it is busy. The others' few
    sessions are read when somebody asks.
    """

    pk = models.CompositePrimaryKey("counted_day_id", "key")
    counted_day = models.ForeignKey(CountedDay, on_delete=models.CASCADE, db_index=False, related_name="counts")
    key = models.BigIntegerField()
    sessions = models.IntegerField()
    duration_ms = models.BigIntegerField()
    # Of those whose queue time is known: exact, and how many lie in each bucket of `usage.queue_times`.
    queue_median_ms = models.BigIntegerField(null=True)
    queue_p95_ms = models.BigIntegerField(null=True)
    queue_buckets = ArrayField(models.IntegerField())
    queue_sessions = ArrayField(models.IntegerField())
    # The keys of other kinds that the same sessions have, and what those come to.
    others = ArrayField(models.BigIntegerField())
    other_sessions = ArrayField(models.IntegerField())
    other_duration_ms = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{self.key}: {self.sessions}"
