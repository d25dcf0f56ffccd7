"""Filters by version, build, network, country, space, installation, initiator and attribute: one index of keys, which
takes the place of the old one, and the facets of the sessions that are there.

Blocks neither readers nor writers, rewrites no row, and can be begun again. The old index goes last: until then, servers
of the older version use it.
"""

from datetime import timedelta
from typing import Any

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models, transaction

PERIOD = "floor(extract(epoch FROM (occurred_at - '1970-01-01 00:00:00+00'::timestamptz)) / 604800)::bigint << 48"
KEYS = (
    f"(keys || array_remove(ARRAY[({PERIOD} | 10995116277760 | (hashtextextended(environment, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 12094627905536 | (hashtextextended(app_version, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 13194139533312 | (hashtextextended(app_build, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 14293651161088 | (hashtextextended(network_type, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 15393162788864 | (hashtextextended(country, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 16492674416640 | (hashtextextended(space_id, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 17592186044416 | (hashtextextended(installation_id, organisation_id) & 1099511627775)), "
    f"({PERIOD} | 18691697672192 | (organisation_id * 16 + CASE initiator_type WHEN 'user' THEN 0 WHEN 'token' THEN 1 WHEN 'anonymous' THEN 2 END))]::bigint[], NULL) || history_keys_of_texts({PERIOD} | 19791209299968, organisation_id, attributes))"
)
# The keys of a map's texts, whose first bits are given.
KEYS_OF_TEXTS = """
CREATE OR REPLACE FUNCTION history_keys_of_texts(first bigint, organisation bigint, texts jsonb) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT first | (hashtextextended(key || chr(31) || value, organisation) & 1099511627775)
    FROM jsonb_each_text(texts) WHERE value IS NOT NULL
)
"""
STEP = timedelta(days=7)
# The kinds of organisations, users and tokens are 1, 2 and 3; those of versions, networks, countries and initiators are
# 11, 13, 14 and 17.
FACETS = """
INSERT INTO history_facet (owner, value, text)
SELECT DISTINCT owner.kind << 40 | owner.ident, value.key, value.text
FROM history_session
CROSS JOIN LATERAL (VALUES (1::bigint, organisation_id), (2, user_id), (3, token_id)) AS owner (kind, ident)
CROSS JOIN LATERAL (
    SELECT given.kind << 40 | (hashtextextended(given.text, organisation_id) & 1099511627775), given.text
    FROM (VALUES (11::bigint, app_version), (13, network_type), (14, country)) AS given (kind, text)
    WHERE given.text <> ''
    UNION ALL
    SELECT 17::bigint << 40 | (organisation_id * 16 + array_position('{user,token,anonymous}', initiator_type::text) - 1), ''
) AS value (key, text)
WHERE organisation_id = %s AND occurred_at >= %s AND occurred_at < %s AND owner.ident IS NOT NULL
ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""


def add_facets(apps: Any, schema_editor: Any) -> None:
    """A week of an organisation at a time. Whoever removes facets waits for no more than that, by the same lock as for
    an import."""
    session = apps.get_model("history", "Session")
    for organisation in apps.get_model("history", "Organisation").objects.values_list("pk", flat=True):
        found = session.objects.filter(organisation=organisation)
        first, last = found.aggregate(first=models.Min("occurred_at"), last=models.Max("occurred_at")).values()
        while first and first <= last:
            with transaction.atomic(), schema_editor.connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [7_305_115 << 32 | organisation])
                cursor.execute(FACETS, [organisation, first, first + STEP])
            first += STEP


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('history', '0023_list_display'),
    ]

    operations = [
        migrations.RunSQL(
            KEYS_OF_TEXTS, "DROP FUNCTION IF EXISTS history_keys_of_texts(bigint, bigint, jsonb)"
        ),
        AddIndexConcurrently(
            model_name='session',
            index=django.contrib.postgres.indexes.GinIndex(models.Func(template=KEYS), fastupdate=False, name='session_keys_18'),
        ),
        migrations.RunPython(add_facets, migrations.RunPython.noop),
        RemoveIndexConcurrently(
            model_name='session',
            name='session_keys_10',
        ),
    ]
