from django.db import models
from django.db.models.functions import Now


class FileIndex(models.Model):
    """What one pass over a large file found, so that no page reads all of it again: offsets, times and counts.

    It belongs to the content, whose hash is its key, and none of the content's words are in it. It can be made again at
    any time.
    """

    pk = models.CompositePrimaryKey("sha256", "kind")
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    # That of the code that made it: one of another version is made again.
    version = models.BigIntegerField()
    content = models.BinaryField()
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} of {self.sha256}"
