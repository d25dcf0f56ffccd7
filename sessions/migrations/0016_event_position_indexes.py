# Made by makemigrations, but for that it blocks neither readers nor writers.

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('history', '0015_event_position'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(fields=['session', 'event_time', 'position'], name='event_in_session'),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(fields=['organisation', '-event_time', '-position'], name='event_in_organisation'),
        ),
        RemoveIndexConcurrently(
            model_name='event',
            name='event_timeline',
        ),
        RemoveIndexConcurrently(
            model_name='event',
            name='event_newest',
        ),
    ]
