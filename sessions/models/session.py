import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Now

from sessions.contract.choices import OPEN_STATUSES, InitiatorType, Platform, Status
from sessions.models.catalogue import App, Device, OperatingSystem
from sessions.models.dimensions import DIMENSIONS, Dimension
from sessions.models.keys import KEYS_INDEX, sql_indexed_keys, sql_keys
from sessions.models.organisation import Organisation
from sessions.models.token import ApiToken
from sessions.models.user import User


class Milliseconds(Func):
    """Whole milliseconds between two times, `end` first."""

    template = "floor(extract(epoch FROM (%(expressions)s)) * 1000)::bigint"
    arg_joiner = " - "
    output_field = models.BigIntegerField()


class Keys(Func):
    template = sql_keys()
    output_field = ArrayField(models.BigIntegerField())

    def get_source_expressions(self) -> list[F]:
        return []


def parent(model: type[models.Model], *, null: bool = True) -> "models.ForeignKey[Any, Any]":
    """A reference whose foreign key, composite with the organisation, is made in the migration."""
    return models.ForeignKey(
        model, null=null, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )


def by_date(dimension: Dimension) -> list[models.Index]:
    """The indexes of a dimension. Ids are unique across organisations, words are not."""
    date = ["-occurred_at", "-id"]
    if not dimension.has_own_index:
        return []
    if not dimension.column:
        return [
            models.Index(fields=["organisation", *date], condition=Q(**{flag: True}), name=f"session_{flag}")
            for flag in dimension.words
        ]
    name = dimension.column.removesuffix("_id")
    condition = None
    if dimension.unindexed is None:
        condition = Q(**{f"{name}__isnull": False})
    elif dimension.unindexed:
        condition = ~Q(**{name: dimension.unindexed})
    fields = [name, *date] if dimension.has_ids else ["organisation", name, *date]
    return [models.Index(fields=fields, condition=condition, name=f"session_{name}")]


class Session(models.Model):
    """One run of an app on a device, by a person, a token or an anonymous visitor.

    The primary key is its only unique key, so that the table can be distributed
    by it. Times are UTC; `None` means unknown everywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    external_id = models.CharField(max_length=255, null=True)
    title = models.CharField(max_length=500, null=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    outcome = models.CharField(max_length=2000, null=True)

    initiator_type = models.CharField(max_length=10, choices=InitiatorType.choices)
    user = parent(User)
    token = parent(ApiToken)
    label = models.CharField(max_length=255, null=True)

    app = parent(App)
    platform = models.CharField(max_length=10, choices=Platform.choices, null=True)
    app_version = models.CharField(max_length=100, null=True)
    app_build = models.CharField(max_length=100, null=True)
    sdk_version = models.CharField(max_length=100, null=True)
    plug_version = models.CharField(max_length=100, null=True)

    device = parent(Device)
    device_identifier = models.CharField(max_length=255, null=True)
    screen_width = models.IntegerField(null=True)
    screen_height = models.IntegerField(null=True)
    network_type = models.CharField(max_length=40, null=True)
    os = parent(OperatingSystem)

    requested_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # As far as the server has heard: before the session's own times where the producer's clock is ahead.
    last_seen_at = models.DateTimeField()

    exception = models.BooleanField(default=False)
    crash = models.BooleanField(default=False)
    anr = models.BooleanField(default=False)
    rage_tap = models.BooleanField(default=False)

    client_ip = models.GenericIPAddressField(null=True)
    server_ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=1000, null=True)
    country = models.CharField(max_length=100, null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    location_accuracy = models.FloatField(null=True)

    environment = models.CharField(max_length=255, null=True)
    data_residency = models.CharField(max_length=255, null=True)
    space_id = models.CharField(max_length=255, null=True)
    installation_id = models.CharField(max_length=255, null=True)
    installation_version = models.CharField(max_length=255, null=True)
    client_id = models.CharField(max_length=255, null=True)
    capture_id = models.CharField(max_length=255, null=True)
    resource_type = models.CharField(max_length=255, null=True)
    resource_id = models.CharField(max_length=255, null=True)
    resource_name = models.CharField(max_length=255, null=True)
    resource_technology = models.CharField(max_length=255, null=True)
    connector_id = models.CharField(max_length=255, null=True)
    connector_name = models.CharField(max_length=255, null=True)
    sidecar_id = models.CharField(max_length=255, null=True)
    sidecar_name = models.CharField(max_length=255, null=True)
    sidecar_technology = models.CharField(max_length=255, null=True)
    attributes = models.JSONField(default=dict)

    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    # When it took place before it was last written: the day it then left has changed as well.
    moved_from = models.DateTimeField(null=True)
    # How far the producer's clock was ahead of the server's, as far as that was noticed.
    clock_skew_ms = models.BigIntegerField(null=True)

    # When it took place: the order of every list.
    occurred_at = models.GeneratedField(
        expression=Coalesce("started_at", "requested_at"), output_field=models.DateTimeField(), db_persist=True
    )
    queue_ms = models.GeneratedField(
        expression=Milliseconds("started_at", "requested_at"), output_field=models.BigIntegerField(), db_persist=True
    )
    # Of an open session: as far as it is known to have run; negative where its start had not come by then.
    duration_ms = models.GeneratedField(
        expression=Milliseconds(Coalesce("ended_at", "last_seen_at"), F("started_at")),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    keys = models.GeneratedField(expression=Keys(), output_field=ArrayField(models.BigIntegerField()), db_persist=True)

    class Meta:
        # What each costs a row written, of 43 us, and a million rows (`python -m benchmarks.indexes`); and the database
        # time of the page that loses most without it, at 200,000 sessions.
        indexes = [
            # 1.2 us, 50 MB. Every list without a filter, and the newest-first look before any other plan.
            models.Index(fields=["organisation", "-occurred_at", "-id"], name="session_newest"),
            # By date, each dimension's: 0.6 to 1.6 us and 50 MB for one with ids (nearly nothing for tokens, which few
            # sessions have); 2.2 us and 59 MB for platforms, which organisations share; 0.4 to 0.8 us and 1 or 2 MB for
            # each flag and for statuses other than ended, the few that are looked for. Lists of one or some of their
            # values, merged. Without: 3 to 29 ms for tokens, 3 to 50 for apps, 3 to 52 for devices, 2 to 22 for OS
            # versions, 2 to 52 for a platform gone long ago, 2 to 52 for flags, 2 to 23 for statuses.
            *(index for dimension in DIMENSIONS for index in by_date(dimension)),
            # 2.4 us, 59 MB each. Sorting by queue time and duration, then by date; unknown counts as less than
            # nothing. Without: 3 to 55 ms and 4 to 55 ms.
            models.Index("organisation", Coalesce("queue_ms", -1), "occurred_at", "id", name="session_queue_ms"),
            models.Index("organisation", Coalesce("duration_ms", -1), "occurred_at", "id", name="session_duration_ms"),
            # 0.4 us, and nothing for sessions that have ended. Those that run or wait right now, without the many that
            # fell silent long ago, which session_status has as well.
            models.Index(
                fields=["organisation", "last_seen_at"], condition=Q(status__in=OPEN_STATUSES), name="session_open"
            ),
            # 10 us, 73 MB: the dearest, for some eight keys a row. Every other combination, period by period. Without:
            # 2 to 473 ms, and 24 ms to 4.9 s with the count. No pending list: readers would have to scan it.
            GinIndex(Func(template=sql_indexed_keys()), fastupdate=False, name=KEYS_INDEX),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(requested_at__isnull=False) | Q(started_at__isnull=False), name="session_took_place"
            ),
            models.CheckConstraint(condition=Q(started_at__gte=F("requested_at")), name="session_queue_not_negative"),
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="session_ends_after_start"),
            models.CheckConstraint(condition=Q(ended_at__gte=F("requested_at")), name="session_ends_after_request"),
            models.CheckConstraint(
                condition=~Q(status="queued") | Q(started_at__isnull=True, ended_at__isnull=True),
                name="session_queued_has_not_started",
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(started_at__isnull=False, ended_at__isnull=True),
                name="session_active_has_started",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="session_status"),
            models.CheckConstraint(condition=Q(initiator_type__in=InitiatorType.values), name="session_initiator_type"),
            models.CheckConstraint(condition=Q(platform__in=Platform.values), name="session_platform"),
            models.CheckConstraint(
                condition=~Q(initiator_type="user") | Q(user__isnull=False), name="session_user_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(initiator_type="token") | Q(token__isnull=False), name="session_token_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
