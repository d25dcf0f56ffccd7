from django.db import models
from django.db.models.functions import Now


class RemovedFile(models.Model):
    """A file of the storage that an attachment named until `removed_at`: it stays for a while.

    A backup of the database names files that were replaced or purged while the files themselves were copied.
    """

    storage_name = models.CharField(max_length=255)
    removed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storage_name"], name="removedfile_once")]
        indexes = [models.Index(fields=["removed_at"], name="removedfile_removed_at")]

    def __str__(self) -> str:
        return self.storage_name
