from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from sessions.contract.choices import AttachmentKind
from sessions.models.organisation import Organisation
from sessions.models.session import Session


class Attachment(models.Model):
    """A file of a session. `storage_name` is made of ids and the hash, never of what a producer called it."""

    pk = models.CompositePrimaryKey("session_id", "name")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, db_index=False, related_name="attachments")
    name = models.CharField(max_length=255)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=20, choices=AttachmentKind.choices)
    content_type = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    # False while a producer has announced the file but not sent it, and after its bytes were deleted.
    available = models.BooleanField(default=True)
    storage_name = models.CharField(max_length=255)
    # When its first frame or byte is, as its producer says.
    starts_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=0), name="attachment_size"),
            models.CheckConstraint(condition=Q(kind__in=AttachmentKind.values), name="attachment_kind"),
        ]

    def __str__(self) -> str:
        return self.name
