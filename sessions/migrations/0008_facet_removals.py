# Made by makemigrations.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0007_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='facet_removals',
            field=models.IntegerField(db_default=0, editable=False),
        ),
    ]
