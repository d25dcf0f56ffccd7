from django.db import models
from django.db.models import F, Func

from sessions.models.organisation import Organisation
from sessions.models.session import Session


class NextPosition(Func):
    template = "nextval('history_event_position')"
    output_field = models.BigIntegerField()

    def get_source_expressions(self) -> list[F]:
        return []


class Event(models.Model):
    """Something that happened in a session. Its id is derived from its content: sent twice, it is one event."""

    pk = models.CompositePrimaryKey("session_id", "id")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, db_index=False, related_name="events")
    id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    event_type = models.CharField(max_length=100)
    event_time = models.DateTimeField()
    # What came later has a higher one, so that events of one moment stay in the order in which they were sent. Writers
    # of one session wait for each other before they draw theirs. 0 is from before there were any: then the id decides.
    position = models.BigIntegerField(db_default=NextPosition())
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
            # One session's timeline. Without the id, which takes more room than it sorts: only events of one moment
            # that have no position are left to be sorted.
            models.Index(fields=["session", "event_time", "position"], name="event_in_session"),
            # The newest events of an organisation.
            models.Index(fields=["organisation", "-event_time", "-position"], name="event_in_organisation"),
        ]

    def __str__(self) -> str:
        return self.event_type
