# Made by makemigrations, but for the lock timeout. Neither reads nor rewrites a row.

from django.db import migrations, models

SET_TIMEOUT = "SET LOCAL lock_timeout = '5s'"


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0013_event_position_indexes'),
    ]

    operations = [
        migrations.RunSQL(SET_TIMEOUT, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='session',
            name='session_seen_last',
        ),
        migrations.AddField(
            model_name='session',
            name='clock_skew_ms',
            field=models.BigIntegerField(null=True),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, SET_TIMEOUT),
    ]
