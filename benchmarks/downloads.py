"""Long downloads over HTTP beside psql's COPY of the same rows, and what they take of the server's memory."""

from dataclasses import dataclass
from typing import Any

from benchmarks.client import Client
from benchmarks.psql import seconds_to_copy
from benchmarks.servers import Server, watched
from sessions.models import User
from sessions.presenters.columns import CSV_FIELDS, FILES
from sessions.query import ListRequest
from sessions.query.rows import FIELDS, JOINS
from sessions.query.stream import copy_statement

JSON_ROWS = 100_000
ROUNDS = 3
# Of a download that takes longer there are no more rounds.
ENOUGH_SECONDS = 20

# What the CSV has, as it is stored: no guards against formulas, no formats of times, no words for states.
RAW = f"""
    u.email, t.label, s.label, a.name, a.app_id, a."group", s.app_version, s.app_build, d.model, o.name, o.version,
    s.queue_ms, s.duration_ms, s.status, s.occurred_at, {FILES}, s.id, s.external_id, s.initiator_type, u.username,
    s.requested_at, s.started_at, s.ended_at, s.last_seen_at, s.platform, s.device_identifier, d.manufacturer, d.type,
    s.screen_width, s.screen_height, s.network_type, s.sdk_version, s.plug_version, s.exception, s.crash, s.anr,
    s.rage_tap, s.client_ip, s.server_ip, s.user_agent, s.country, s.latitude, s.longitude, s.location_accuracy,
    s.environment, s.data_residency, s.space_id, s.installation_id, s.installation_version, s.client_id, s.capture_id,
    s.resource_type, s.resource_id, s.resource_name, s.resource_technology, s.connector_id, s.connector_name,
    s.sidecar_id, s.sidecar_name, s.sidecar_technology, s.attributes, s.title, s.outcome
"""


@dataclass(frozen=True)
class Download:
    """`limits` are the seconds of psql's COPY, by what it copies; of each the fastest round."""

    what: str
    rows: int
    megabytes: float
    first_byte_ms: float
    seconds: float
    memory_mib: float
    limits: dict[str, float]

    def share(self, limit: str) -> float:
        """Our speed as a part of this limit's."""
        return round(self.limits[limit] / self.seconds, 2)


def download_csv(admin: User, client: Client, server: Server, rows: int) -> Download:
    request = ListRequest(admin)
    columns = {"the same SELECT": ", ".join(field.sql for field in CSV_FIELDS), "raw columns": RAW}
    limits = {name: copy_statement(sql, request.criteria, request.order) for name, sql in columns.items()}
    return measured("CSV", rows, client, server, "/sessions/export.csv", limits, request.criteria.parameters)


def download_json(admin: User, client: Client, server: Server, rows: int) -> Download:
    request = ListRequest(admin)
    rows = min(rows, JSON_ROWS)
    fields = ", ".join(f'{sql} AS "{name}"' for name, sql in FIELDS.items())
    statement = f"""
        COPY (
            SELECT row_to_json(session) FROM (
                SELECT {fields} {JOINS}
                WHERE {request.criteria.sql_range()} ORDER BY {request.order.sql()} LIMIT {rows}
            ) session
        ) TO STDOUT
    """
    path = f"/api/v1/sessions?limit={rows}"
    return measured("JSON", rows, client, server, path, {"row_to_json": statement}, request.criteria.parameters)


def measured(
    what: str, rows: int, client: Client, server: Server, path: str, limits: dict[str, str], parameters: Any
) -> Download:
    """In turn, so that whatever else the machine does hits both."""
    downloads: list[tuple[float, float, int]] = []
    copies: dict[str, list[float]] = {name: [] for name in limits}
    memory = 0
    for _ in range(ROUNDS):
        with watched(server) as held:
            downloads.append(client.download(path))
        memory = max(memory, held.growth)
        for name, statement in limits.items():
            copies[name].append(seconds_to_copy(statement, parameters))
        if downloads[-1][1] > ENOUGH_SECONDS:
            break
    fastest = min(downloads, key=lambda download: download[1])
    return Download(
        what,
        rows,
        round(fastest[2] / 1e6, 1),
        round(max(first for first, _, _ in downloads) * 1000, 1),
        round(fastest[1], 3),
        round(memory / 2**20, 1),
        {name: round(min(found), 3) for name, found in copies.items()},
    )
