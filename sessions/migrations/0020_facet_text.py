# Room for dimensions of free text. Neither reads nor rewrites a row.

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0019_attachment_starts_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='facet',
            name='text',
            field=models.CharField(db_default='', max_length=255),
        ),
        # The same index. Written as an expression, it can get the keys of more dimensions.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(
                    model_name='session',
                    name='session_keys',
                ),
                migrations.AddIndex(
                    model_name='session',
                    index=django.contrib.postgres.indexes.GinIndex(models.Func(template='keys'), fastupdate=False, name='session_keys'),
                ),
            ],
        ),
    ]
