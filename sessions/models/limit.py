from django.db import models


class RateLimit(models.Model):
    """How often something happened in a window of time: a row while it may count, gone soon after.

    The table is UNLOGGED, so that counting a request waits for no disk. After a crash
    of the database it is empty, and every count begins again.
    """

    pk = models.CompositePrimaryKey("key", "started_at")
    key = models.TextField()
    started_at = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        # Old windows are found by it. The count stands in no index, so that adding to it moves no index entry.
        indexes = [models.Index(fields=["started_at"], name="ratelimit_started_at")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
