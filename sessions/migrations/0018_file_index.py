# Made by makemigrations. Neither reads nor rewrites a row.

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0017_session_clock'),
    ]

    operations = [
        migrations.CreateModel(
            name='FileIndex',
            fields=[
                ('pk', models.CompositePrimaryKey('sha256', 'kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('kind', models.CharField(max_length=20)),
                ('version', models.BigIntegerField()),
                ('content', models.BinaryField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
    ]
