# Made by makemigrations. Neither reads nor rewrites a row.

from django.db import migrations, models

class Migration(migrations.Migration):

    dependencies = [
        ('history', '0016_event_position_indexes'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='session',
            name='session_seen_last',
        ),
        migrations.AddField(
            model_name='session',
            name='clock_skew_ms',
            field=models.BigIntegerField(null=True),
        ),
    ]
