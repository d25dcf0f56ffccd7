"""Turns a line into rows of the tables: column -> value, in one order, which COPY and the statements share."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from sessions.contract.schema import Event, SessionLine
from sessions.files.storing import StoredFile
from sessions.ingest.writing.catalogue import Ids

Row = dict[str, Any]


@dataclass(slots=True)
class Item:
    """A session ready to be written: parsed, normalised, named, its files stored.

    `number` is for the report (the line of a file, the position in a request).
    `token_id` is the token it was sent with, where that is known; it wins over the label.
    `clock_skew_ms` is how far the producer's clock is ahead of ours, where it is further than tolerable.
    """

    id: UUID
    line: SessionLine
    number: int = 1
    files: list[StoredFile] = field(default_factory=list)
    token_id: int | None = None
    clock_skew_ms: int | None = None


def session_row(organisation_id: int, item: Item, ids: Ids) -> Row:
    line = item.line
    return {
        "id": item.id,
        "organisation_id": organisation_id,
        "external_id": line.external_id,
        "title": line.title,
        "status": line.status,
        "outcome": line.outcome,
        "initiator_type": line.initiator.type,
        "user_id": ids.user,
        "token_id": item.token_id or ids.token,
        "label": line.initiator.label,
        "app_id": ids.app,
        "platform": line.app.platform,
        "app_version": line.app.version,
        "app_build": line.app.build,
        "sdk_version": line.sdk.version,
        "plug_version": line.sdk.plug_version,
        "device_id": ids.device,
        "device_identifier": line.device.device_id,
        "screen_width": line.device.screen_width,
        "screen_height": line.device.screen_height,
        "network_type": line.device.network_type,
        "os_id": ids.os,
        "requested_at": line.requested_at,
        "started_at": line.started_at,
        "ended_at": line.ended_at,
        "last_seen_at": line.last_seen_at,
        "exception": line.flags.exception,
        "crash": line.flags.crash,
        "anr": line.flags.anr,
        "rage_tap": line.flags.rage_tap,
        "client_ip": line.network.client_ip,
        "server_ip": line.network.server_ip,
        "user_agent": line.network.user_agent,
        "country": line.location.country,
        "latitude": line.location.latitude,
        "longitude": line.location.longitude,
        "location_accuracy": line.location.accuracy,
        "environment": line.environment,
        "data_residency": line.data_residency,
        "space_id": line.space_id,
        "installation_id": line.installation_id,
        "installation_version": line.installation_version,
        "client_id": line.client_id,
        "capture_id": line.capture_id,
        "resource_type": line.resource.type,
        "resource_id": line.resource.id,
        "resource_name": line.resource.name,
        "resource_technology": line.resource.technology,
        "connector_id": line.connector.id,
        "connector_name": line.connector.name,
        "sidecar_id": line.sidecar.id,
        "sidecar_name": line.sidecar.name,
        "sidecar_technology": line.sidecar.technology,
        "attributes": _json(line.attributes),
        "clock_skew_ms": item.clock_skew_ms,
    }


def event_row(organisation_id: int, session_id: UUID, event_id: UUID, event: Event) -> Row:
    return {
        "session_id": session_id,
        "id": event_id,
        "organisation_id": organisation_id,
        "event_type": event.event_type,
        "event_time": event.event_time,
        "interaction": event.interaction,
        "view_id": event.view_id,
        "device_identifier": event.device_id,
        "source_type": event.source_type,
        "source_properties": _json(event.source_properties),
        "event_properties": _json(event.event_properties),
        "product_id": event.product_id,
        "category_id": event.category_id,
        "int1": event.int1,
        "int2": event.int2,
        "int3": event.int3,
        "int4": event.int4,
        "int5": event.int5,
        "str1": event.str1,
        "str2": event.str2,
        "str3": event.str3,
        "str4": event.str4,
        "str5": event.str5,
        "stateful": event.stateful,
        "public": event.public,
        "client_id": event.client_id,
        "capture_id": event.capture_id,
        "ip": event.ip,
    }


def attachment_row(organisation_id: int, session_id: UUID, file: StoredFile) -> Row:
    return {
        "session_id": session_id,
        "name": file.name,
        "organisation_id": organisation_id,
        "kind": file.kind,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "available": file.available,
        "storage_name": file.storage_name,
        "starts_at": file.starts_at,
    }


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode() if value else "{}"
