# Made by makemigrations, but for the lock timeout and the storage parameters.

import django.core.validators
from django.db import migrations, models

# A fifth of ten million rows is late: until then, whoever looks for the oldest session passes over all that were purged.
TABLES = ("history_session", "history_event", "history_attachment", "history_facet")


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0004_sort_by_date_next'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='retention_days',
            field=models.IntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(36500)]),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.CheckConstraint(condition=models.Q(('retention_days__range', (1, 36500))), name='organisation_retention_days'),
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02)",
                f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor)",
            )
            for table in TABLES
        ),
    ]
