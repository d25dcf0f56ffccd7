# Made by makemigrations, but for that it blocks neither readers nor writers.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('history', '0009_search_text'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('platform__isnull', False)), fields=['organisation', 'platform', '-occurred_at', '-id'], name='session_platform'),
        ),
    ]
