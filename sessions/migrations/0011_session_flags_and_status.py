# Made by makemigrations, but for that it blocks neither readers nor writers.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('history', '0010_session_platform'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('exception', True)), fields=['organisation', '-occurred_at', '-id'], name='session_exception'),
        ),
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('crash', True)), fields=['organisation', '-occurred_at', '-id'], name='session_crash'),
        ),
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('anr', True)), fields=['organisation', '-occurred_at', '-id'], name='session_anr'),
        ),
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('rage_tap', True)), fields=['organisation', '-occurred_at', '-id'], name='session_rage_tap'),
        ),
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('status', 'ended'), _negated=True), fields=['organisation', 'status', '-occurred_at', '-id'], name='session_status'),
        ),
    ]
