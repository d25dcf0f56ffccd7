from django.db import models

from sessions.models.organisation import Organisation
from sessions.models.session import Session


class Event(models.Model):
    """Something that happened in a session. Its id is derived from its content: sent twice, it is one event."""

    pk = models.CompositePrimaryKey("session_id", "id")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, db_index=False, related_name="events")
    id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    event_type = models.CharField(max_length=100)
    event_time = models.DateTimeField()
    interaction = models.BooleanField(null=True)
    view_id = models.CharField(max_length=255, null=True)
    device_identifier = models.CharField(max_length=255, null=True)
    source_type = models.CharField(max_length=100, null=True)
    source_properties = models.JSONField(default=dict)
    event_properties = models.JSONField(default=dict)
    product_id = models.CharField(max_length=255, null=True)
    category_id = models.CharField(max_length=255, null=True)
    int1 = models.BigIntegerField(null=True)
    int2 = models.BigIntegerField(null=True)
    int3 = models.BigIntegerField(null=True)
    int4 = models.BigIntegerField(null=True)
    int5 = models.BigIntegerField(null=True)
    str1 = models.CharField(max_length=1000, null=True)
    str2 = models.CharField(max_length=1000, null=True)
    str3 = models.CharField(max_length=1000, null=True)
    str4 = models.CharField(max_length=1000, null=True)
    str5 = models.CharField(max_length=1000, null=True)
    stateful = models.BooleanField(null=True)
    public = models.BigIntegerField(null=True)
    client_id = models.CharField(max_length=255, null=True)
    capture_id = models.CharField(max_length=255, null=True)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [
            # One session's timeline.
            models.Index(fields=["session", "event_time", "id"], name="event_timeline"),
            # The newest events of an organisation.
            models.Index(fields=["organisation", "-event_time", "-id"], name="event_newest"),
        ]

    def __str__(self) -> str:
        return self.event_type
