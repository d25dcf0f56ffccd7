# Made by makemigrations, but for the lock timeout.

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0005_retention'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='moved_from',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='ChangedDay',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation_id', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='history.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='CountedDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start_at', models.DateTimeField()),
                ('end_at', models.DateTimeField()),
                ('version', models.IntegerField(default=0)),
                ('counted_at', models.DateTimeField(null=True)),
                ('silent_since', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='history.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='DayCount',
            fields=[
                ('pk', models.CompositePrimaryKey('counted_day_id', 'key', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField()),
                ('sessions', models.IntegerField()),
                ('duration_ms', models.BigIntegerField()),
                ('queue_median_ms', models.BigIntegerField(null=True)),
                ('queue_p95_ms', models.BigIntegerField(null=True)),
                ('queue_buckets', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('queue_sessions', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('others', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('other_sessions', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('other_duration_ms', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('counted_day', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='history.countedday')),
            ],
        ),
        migrations.AddConstraint(
            model_name='countedday',
            constraint=models.UniqueConstraint(fields=('organisation', 'start_at', 'end_at'), name='countedday_once'),
        ),
    ]
