# Rewrites no row: nobody has said yet when the files begin that are there.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0018_file_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='starts_at',
            field=models.DateTimeField(null=True),
        ),
    ]
