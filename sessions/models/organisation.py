import uuid
import zoneinfo
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

LONGEST_RETENTION_DAYS = 36_500


def validate_time_zone(name: str) -> None:
    if name and name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Use a name such as Europe/Berlin.")


class Organisation(models.Model):
    """Whose sessions they are. Nothing is ever shown across organisations."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    # The UUIDv5 namespace of its sessions' external ids.
    namespace = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    # An open session silent for longer than this is shown as lost.
    lost_after = models.DurationField(
        default=timedelta(minutes=30), validators=[MinValueValidator(timedelta(minutes=1))]
    )
    # Whole days of its zone that sessions are kept for; None is for ever.
    retention_days = models.IntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_RETENTION_DAYS)]
    )
    # How often a purge has removed facets: who remembers some as there looks here.
    facet_removals = models.IntegerField(db_default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retention_days__range=(1, LONGEST_RETENTION_DAYS)), name="organisation_retention_days"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def session_id(self, external_id: str) -> uuid.UUID:
        """The one id a session with this external id can have, on whichever machine it arrives."""
        return uuid.uuid5(self.namespace, external_id)
