# Made by makemigrations. The small tables lose indexes that another one begins with.

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0006_usage'),
    ]

    operations = [
        migrations.AlterField(
            model_name='app',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='apps', to='history.organisation'),
        ),
        migrations.AlterField(
            model_name='device',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='history.organisation'),
        ),
        migrations.AlterField(
            model_name='operatingsystem',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='operating_systems', to='history.organisation'),
        ),
        migrations.AlterField(
            model_name='user',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='history.organisation'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(models.F('organisation'), django.db.models.functions.text.Lower('username'), name='user_username'),
        ),
    ]
