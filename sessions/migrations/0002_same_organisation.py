"""A session can only point to its own organisation's people, tokens, apps, devices and systems.

Composite foreign keys, which Django's models cannot declare.
"""

from django.db import migrations

PARENTS = {
    "user_id": "history_user",
    "token_id": "history_apitoken",
    "app_id": "history_app",
    "device_id": "history_device",
    "os_id": "history_operatingsystem",
}


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=(
                f"ALTER TABLE history_session ADD CONSTRAINT session_same_organisation_{column} "
                f"FOREIGN KEY (organisation_id, {column}) REFERENCES {table} (organisation_id, id)"
            ),
            reverse_sql=f"ALTER TABLE history_session DROP CONSTRAINT session_same_organisation_{column}",
        )
        for column, table in PARENTS.items()
    ]
