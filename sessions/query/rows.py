"""Whole sessions as JSON, built by PostgreSQL. The API sends it unchanged; pages read it as `schema.Session`."""

from collections.abc import Iterable

from sessions.query.criteria.conditions import DURATION_MS, SHOWN_STATUS

# Small tables are joined to the few rows that were found, never the other way round.
JOINS = """
    FROM history_session s
    LEFT JOIN history_user u ON u.id = s.user_id
    LEFT JOIN history_apitoken t ON t.id = s.token_id
    LEFT JOIN history_app a ON a.id = s.app_id
    LEFT JOIN history_device d ON d.id = s.device_id
    LEFT JOIN history_operatingsystem o ON o.id = s.os_id
"""

LABEL = "CASE s.initiator_type WHEN 'token' THEN t.label WHEN 'anonymous' THEN s.label END"


def utc(column: str) -> str:
    """RFC 3339 in UTC with the precision that is stored: microseconds, which stand there when they are 0 as well."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


# PostgreSQL has no function that quotes a name for a URL. Most names need none.
URL_NAME = """
    CASE WHEN f.name ~ '^[A-Za-z0-9._~-]+$' THEN f.name ELSE (
        SELECT string_agg(
            CASE WHEN c ~ '[A-Za-z0-9._~-]' THEN c
            ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%%\\1', 'g') END, '' ORDER BY n)
        FROM regexp_split_to_table(f.name, '') WITH ORDINALITY AS characters (c, n)
    ) END
"""

ATTACHMENTS = f"""
    COALESCE((
        SELECT json_agg(json_build_object(
            'name', f.name, 'kind', f.kind, 'content_type', f.content_type, 'size', f.size, 'sha256', f.sha256,
            'available', f.available, 'starts_at', {utc("f.starts_at")},
            'url', '/api/v1/sessions/' || s.id || '/attachments/' || {URL_NAME}
        ) ORDER BY f.name)
        FROM history_attachment f WHERE f.session_id = s.id
    ), '[]'::json)
"""

# Every field of a session in JSON, in the order of the contract (`sessions.contract.schema.Session`).
FIELDS = {
    "id": "s.id",
    "external_id": "s.external_id",
    "title": "s.title",
    "status": SHOWN_STATUS,
    "outcome": "s.outcome",
    "initiator": f"""json_build_object(
        'type', s.initiator_type, 'username', NULLIF(u.username, ''), 'email', u.email, 'label', {LABEL})""",
    "app": """json_build_object(
        'app_id', a.app_id, 'name', NULLIF(a.name, ''), 'group', NULLIF(a."group", ''), 'platform', s.platform,
        'version', s.app_version, 'build', s.app_build)""",
    "device": """json_build_object(
        'device_id', s.device_identifier, 'manufacturer', NULLIF(d.manufacturer, ''), 'model', NULLIF(d.model, ''),
        'type', NULLIF(d.type, ''), 'screen_width', s.screen_width, 'screen_height', s.screen_height,
        'network_type', s.network_type)""",
    "os": "json_build_object('name', NULLIF(o.name, ''), 'version', NULLIF(o.version, ''))",
    "sdk": "json_build_object('version', s.sdk_version, 'plug_version', s.plug_version)",
    "requested_at": utc("s.requested_at"),
    "started_at": utc("s.started_at"),
    "ended_at": utc("s.ended_at"),
    "last_seen_at": utc("s.last_seen_at"),
    "queue_ms": "s.queue_ms",
    "duration_ms": DURATION_MS,
    "flags": "json_build_object('exception', s.exception, 'crash', s.crash, 'anr', s.anr, 'rage_tap', s.rage_tap)",
    "network": """json_build_object(
        'client_ip', host(s.client_ip), 'server_ip', host(s.server_ip), 'user_agent', s.user_agent)""",
    "location": """json_build_object(
        'country', s.country, 'latitude', s.latitude, 'longitude', s.longitude, 'accuracy', s.location_accuracy)""",
    "environment": "s.environment",
    "data_residency": "s.data_residency",
    "space_id": "s.space_id",
    "installation_id": "s.installation_id",
    "installation_version": "s.installation_version",
    "client_id": "s.client_id",
    "capture_id": "s.capture_id",
    "resource": """json_build_object(
        'type', s.resource_type, 'id', s.resource_id, 'name', s.resource_name, 'technology', s.resource_technology)""",
    "connector": "json_build_object('id', s.connector_id, 'name', s.connector_name)",
    "sidecar": "json_build_object('id', s.sidecar_id, 'name', s.sidecar_name, 'technology', s.sidecar_technology)",
    "attributes": "s.attributes::json",
    "clock_skew_ms": "s.clock_skew_ms",
    "attachments": ATTACHMENTS,
}


# The fields that a page of the list shows.
LISTED = (
    "id",
    "external_id",
    "title",
    "status",
    "outcome",
    "initiator",
    "app",
    "device",
    "os",
    "requested_at",
    "started_at",
    "last_seen_at",
    "queue_ms",
    "duration_ms",
    "flags",
    "attachments",
)


def sql_json(fields: Iterable[str] = FIELDS) -> str:
    """A row of JOINS as one JSON text with these fields. `lost_before` must be among the parameters."""
    values = ", ".join(f'{FIELDS[name]} AS "{name}"' for name in fields)
    return f"(SELECT row_to_json(session)::text FROM (SELECT {values}) session)"


def json_rows(condition: str, fields: Iterable[str] = FIELDS) -> str:
    """The query for the rows that meet a condition: each as `sql_json`, then its id."""
    return f"SELECT {sql_json(fields)}, s.id {JOINS} WHERE {condition}"
