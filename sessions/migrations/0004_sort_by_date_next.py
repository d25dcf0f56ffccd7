from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce


def sorted_by(field: str, *then: str, name: str) -> models.Index:
    return models.Index("organisation", Coalesce(field, -1), *then, "id", name=name)


class Migration(migrations.Migration):
    """Sessions with the same queue time or duration come by date, no longer by id alone. Blocks neither readers nor writers."""

    atomic = False
    dependencies = [("history", "0003_rate_limit")]
    operations = [
        operation
        for field in ("queue_ms", "duration_ms")
        for operation in (
            RemoveIndexConcurrently("session", f"session_{field}"),
            AddIndexConcurrently("session", sorted_by(field, "occurred_at", name=f"session_{field}")),
        )
    ]
