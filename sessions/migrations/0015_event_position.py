# Events of one moment come in the order in which they were sent. Rewrites no row: those that are there have position 0.

from django.db import migrations, models

import sessions.models.event



class Migration(migrations.Migration):

    dependencies = [
        ('history', '0014_one_form_of_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='position',
            field=models.BigIntegerField(db_default=0),
        ),
        # After the column: a default that differs from row to row would be written into each of them.
        migrations.RunSQL(
            "CREATE SEQUENCE history_event_position OWNED BY history_event.position",
            "DROP SEQUENCE history_event_position",
        ),
        migrations.AlterField(
            model_name='event',
            name='position',
            field=models.BigIntegerField(db_default=sessions.models.event.NextPosition()),
        ),
    ]
