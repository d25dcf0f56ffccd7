# Neither reads nor rewrites a row: nobody has said yet what the sessions were that are there, nor how they went.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0021_session_environment'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='title',
            field=models.CharField(max_length=500, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='outcome',
            field=models.CharField(max_length=2000, null=True),
        ),
    ]
