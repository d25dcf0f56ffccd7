"""The statements of a catalogue: apps, devices, operating systems, people and tokens, many names at a time.

Every insert is sorted, so that concurrent imports wait for each other and never deadlock. E-mail addresses are
compared as PostgreSQL lowers them, since its unique index does.
"""

SELECT_APPS = """
SELECT app_id, id, name, "group" FROM history_app WHERE organisation_id = %s AND app_id = ANY(%s)
"""
UPSERT_APPS = """
INSERT INTO history_app AS stored (organisation_id, app_id, name, "group")
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (app_id, name, "group") ORDER BY app_id
ON CONFLICT (organisation_id, app_id) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), stored.name),
    "group" = coalesce(nullif(excluded."group", ''), stored."group")
"""
# Whether the rows of a session's app and person still have the names that this process knows, by primary key.
NAMES_HOLD = """
({app}::bigint IS NULL OR EXISTS (
    SELECT FROM history_app WHERE id = {app}::bigint AND name = {app_name} AND "group" = {app_group}
)) AND ({person}::bigint IS NULL OR EXISTS (
    SELECT FROM history_user
    WHERE id = {person}::bigint AND coalesce(email, '') = {email} AND username = {username} AND can_sign_in = {signs_in}
))
"""
SELECT_DEVICES = """
SELECT manufacturer, model, type, id FROM history_device
JOIN unnest(%s::text[], %s::text[], %s::text[]) AS given (manufacturer, model, type) USING (manufacturer, model, type)
WHERE organisation_id = %s
"""
INSERT_DEVICES = """
INSERT INTO history_device (organisation_id, manufacturer, model, type)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[]) ORDER BY 2, 3, 4
ON CONFLICT DO NOTHING
"""
SELECT_SYSTEMS = """
SELECT name, version, id FROM history_operatingsystem
JOIN unnest(%s::text[], %s::text[]) AS given (name, version) USING (name, version)
WHERE organisation_id = %s
"""
INSERT_SYSTEMS = """
INSERT INTO history_operatingsystem (organisation_id, name, version)
SELECT %s, * FROM unnest(%s::text[], %s::text[]) ORDER BY 2, 3
ON CONFLICT DO NOTHING
"""
SELECT_USERS_BY_EMAIL = """
SELECT given.email, member.id, member.email, member.username, member.can_sign_in
FROM unnest(%s::text[]) AS given (email)
JOIN history_user AS member ON member.organisation_id = %s AND lower(member.email) = lower(given.email)
"""
UPSERT_USERS_BY_EMAIL = """
INSERT INTO history_user AS stored
    (organisation_id, email, username, password, role, time_zone, is_active, can_sign_in, created_at)
SELECT DISTINCT ON (lower(email)) %s, email, username, %s, %s, '', true, false, now()
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS given (email, username, position)
ORDER BY lower(email), username = '', position DESC
ON CONFLICT (organisation_id, lower(email)) DO UPDATE SET username = excluded.username
WHERE excluded.username <> '' AND (stored.username = '' OR NOT stored.can_sign_in)
"""
SELECT_USERS_BY_USERNAME = """
SELECT username, id FROM history_user WHERE organisation_id = %s AND email IS NULL AND username = ANY(%s)
"""
INSERT_USERS_BY_USERNAME = """
INSERT INTO history_user (organisation_id, username, password, role, time_zone, is_active, can_sign_in, created_at)
SELECT %s, username, %s, %s, '', true, false, now() FROM unnest(%s::text[]) AS given (username) ORDER BY username
ON CONFLICT (organisation_id, username) WHERE email IS NULL DO NOTHING
"""
SELECT_TOKENS = """
SELECT DISTINCT ON (label) label, id FROM history_apitoken
WHERE organisation_id = %s AND label = ANY(%s) ORDER BY label, created_at DESC, id DESC
"""
INSERT_TOKENS = """
INSERT INTO history_apitoken (organisation_id, label, scopes, prefix, created_at)
SELECT %s, label, '{}', '', now() FROM unnest(%s::text[]) AS given (label) ORDER BY label
ON CONFLICT (organisation_id, label) WHERE digest IS NULL DO NOTHING
"""
