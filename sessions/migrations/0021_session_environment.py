"""The filter `environment`: two indexes, and the facets of the sessions that are there.

Blocks neither readers nor writers, rewrites no row, and can be begun again. The new index of keys has those of every
session. The old one goes last: until then, servers of the older version use it.
"""

from datetime import timedelta
from typing import Any

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models, transaction

KEYS = (
    "(keys || array_remove(ARRAY[(floor(extract(epoch FROM (occurred_at - '1970-01-01 00:00:00+00'::timestamptz)) "
    "/ 604800)::bigint << 48 | 10995116277760 | (hashtextextended(environment, organisation_id) & 1099511627775))]"
    "::bigint[], NULL))"
)
STEP = timedelta(days=7)
# The kinds of organisations, users and tokens are 1, 2 and 3.
FACETS = """
INSERT INTO history_facet (owner, value, text)
SELECT DISTINCT kind << 40 | ident, 10995116277760 | (hashtextextended(environment, organisation_id) & 1099511627775),
       environment
FROM history_session
CROSS JOIN LATERAL (VALUES (1::bigint, organisation_id), (2, user_id), (3, token_id)) AS owner (kind, ident)
WHERE organisation_id = %s AND occurred_at >= %s AND occurred_at < %s AND environment <> '' AND ident IS NOT NULL
ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""


def add_facets(apps: Any, schema_editor: Any) -> None:
    """A week of an organisation at a time. Whoever removes facets waits for no more than that, by the same lock as for
    an import."""
    session = apps.get_model("history", "Session")
    for organisation in apps.get_model("history", "Organisation").objects.values_list("pk", flat=True):
        found = session.objects.filter(organisation=organisation, environment__isnull=False)
        first, last = found.aggregate(first=models.Min("occurred_at"), last=models.Max("occurred_at")).values()
        while first and first <= last:
            with transaction.atomic(), schema_editor.connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [7_305_115 << 32 | organisation])
                cursor.execute(FACETS, [organisation, first, first + STEP])
            first += STEP


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('history', '0020_facet_text'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(condition=models.Q(('environment__isnull', False)), fields=['organisation', 'environment', '-occurred_at', '-id'], name='session_environment'),
        ),
        AddIndexConcurrently(
            model_name='session',
            index=django.contrib.postgres.indexes.GinIndex(models.Func(template=KEYS), fastupdate=False, name='session_keys_10'),
        ),
        migrations.RunPython(add_facets, migrations.RunPython.noop),
        RemoveIndexConcurrently(
            model_name='session',
            name='session_keys',
        ),
    ]
