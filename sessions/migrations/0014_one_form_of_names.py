"""Names in their one form, as they are stored from now on: NFC, without blanks around them.

A name whose other form has a row of its own stays as it is, and is found by exactly these characters. Each row is
renamed by itself, so nobody waits; interrupted, it can be run again.
"""

import unicodedata
from contextlib import suppress

from django.db import DataError, IntegrityError, migrations, transaction

SET_TIMEOUT = "SET LOCAL lock_timeout = '5s'"
NAMES = (
    ("App", ("app_id", "name", "group")),
    ("Device", ("manufacturer", "model", "type")),
    ("OperatingSystem", ("name", "version")),
    ("User", ("email", "username")),
    ("ApiToken", ("label",)),
)


def rename(apps, schema_editor):
    for model, columns in NAMES:
        rows = apps.get_model("history", model).objects
        for row in rows.values("pk", *columns).iterator(chunk_size=2_000):
            changes = {column: clean(row[column]) for column in columns if row[column] != clean(row[column])}
            if changes:
                with suppress(IntegrityError, DataError), transaction.atomic():
                    schema_editor.execute(SET_TIMEOUT)
                    rows.filter(pk=row["pk"]).update(**changes)


def clean(name):
    """What is blank stays, since nothing would be left of it."""
    return name and (unicodedata.normalize("NFC", name).strip() or name)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('history', '0013_outgoing_mail'),
    ]

    operations = [
        migrations.RunPython(rename, migrations.RunPython.noop),
    ]
