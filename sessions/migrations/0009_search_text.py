# Made by makemigrations.

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0008_facet_removals'),
    ]

    operations = [
        migrations.AddField(
            model_name='app',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Concat('app_id', models.Value('\n'), 'name')), output_field=models.TextField()),
        ),
        migrations.AddField(
            model_name='user',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Concat('email', models.Value('\n'), 'username')), output_field=models.TextField()),
        ),
    ]
