"""`GET /observability.sessions.list`: DevRev's List Observability Sessions (its API reference of that name).

Every field of the documented answer is there; what is unknown is null.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from django.http import QueryDict

from sessions.contract import schema
from sessions.contract.errors import ERRORS, Problem, refuse_unknown
from sessions.foreign.parameters import one, one_of, refuse_invalid, several
from sessions.foreign.streams import each, json_array
from sessions.foreign.times import rfc3339
from sessions.models import User
from sessions.presenters.facts import person, took_place
from sessions.query import SessionQuery
from sessions.query.parameters import MOST_ROWS

PARAMETERS = ("platform", "version_key", "cursor", "limit", "mode", "sort_by")
PLATFORMS = ("android", "ios", "web")
MODES = ("after", "before")
OUR_FIELDS = {"created_at": "date", "duration": "duration_ms", "session_duration_ms": "duration_ms"}
SORTS = {
    f"{theirs}:{direction}": f"{ours}:{direction}"
    for theirs, ours in OUR_FIELDS.items()
    for direction in ("asc", "desc")
}
RECORDINGS = ("recording", "video")
INT32 = range(-(2**31), 2**31)

TYPES = {
    "required_field": "missing_required_field",
    "unknown_parameter": "invalid_field",
    "parse_error": "parse_error",
    "unauthorized": "unauthenticated",
    "forbidden": "forbidden",
    "not_found": "not_found",
    "too_large": "request_entity_too_large",
    "too_many_requests": "too_many_requests",
    "server_error": "internal_error",
    "unavailable": "service_unavailable",
}
REASONS = {"expired": "token_expired", "revoked": "token_revoked"}


def session_query(viewer: User, data: QueryDict) -> SessionQuery:
    """What was asked, in our parameters. Raises Problem under the names of this format."""
    refuse_unknown(data, PARAMETERS)
    ours = QueryDict(mutable=True)
    ours["platform"] = one_of("platform", _required(data, "platform"), PLATFORMS)
    ours["app"] = _required(data, "version_key")
    if (mode := one(data, "mode")) is not None:
        ours["mode"] = one_of("mode", mode, MODES)
    if (limit := one(data, "limit")) is not None:
        ours["limit"] = str(_limit(limit))
    if (cursor := one(data, "cursor")) is not None:
        ours["cursor"] = cursor
    ours.setlist("sort_by", [SORTS[one_of("sort_by", value, SORTS)] for value in several(data, "sort_by")])
    query = SessionQuery(viewer, ours)
    refuse_invalid(query.errors, {"app": "version_key"})
    return query


def _required(data: QueryDict, name: str) -> str:
    value = one(data, name)
    if value is None:
        raise Problem("required_field", f"“{name}” is required.", field=name)
    if not value:
        raise Problem("invalid_value", f"“{name}” is empty.", field=name)
    return value


def _limit(text: str) -> int:
    """An int32. A page holds at most 100,000, so more than that asks for a full page."""
    if not re.fullmatch(r"[+-]?[0-9]{1,11}", text) or int(text) not in INT32:
        raise Problem("parse_error", f"“limit” is not an int32: {text[:60]}")
    if int(text) < 1:
        raise Problem("invalid_value", "“limit” is less than 1.", field="limit")
    return min(int(text), MOST_ROWS)


def answer(query: SessionQuery) -> Iterator[bytes]:
    places = query.places
    cursors = {"next_cursor": places.next_cursor, "prev_cursor": places.prev_cursor}
    organisation = query.viewer.organisation.slug
    shapes = each(query.texts(places.ids), schema.Session, lambda record: session(record, organisation))
    return json_array(shapes, msgspec.json.encode(cursors)[:-1] + b',"sessions":', b"}")


def session(record: schema.Session, organisation: str) -> dict[str, Any]:
    created_at = took_place(record)
    return {
        "type": "web" if record.app.platform == "web" else "mobile",
        "platform": record.app.platform,
        "session_id": str(record.id),
        "created_at": created_at and rfc3339(created_at),
        "device_metadata": {
            "app_version": record.app.version,
            "manufacturer": record.device.manufacturer,
            "model": record.device.model,
            "network_type": record.device.network_type,
            "os_version": record.os.version,
            "plug_sdk_version": record.sdk.plug_version,
            "screen_height": record.device.screen_height,
            "screen_width": record.device.screen_width,
            "sdk_version": record.sdk.version,
        },
        "has_exception_occurred": record.flags.exception,
        "is_anr": record.flags.anr,
        "is_crash": record.flags.crash,
        "rage_tap": record.flags.rage_tap,
        "recording_ids": [file.name for file in record.attachments if file.kind in RECORDINGS and file.available],
        # Whoever brought sessions over from there kept the originals as attributes.
        "rev_org_id": record.attributes.get("rev_org_id", organisation),
        "rev_user_id": record.attributes.get("rev_user_id", person(record)),
        "session_duration_ms": record.duration_ms,
    }


def error(problem: Problem) -> tuple[int, dict[str, object]]:
    """`{detail, message, type}` and what the type has beside them."""
    kind = TYPES.get(problem.code, "bad_request")
    extra: dict[str, object] = {}
    match problem.code:
        case "required_field" | "unknown_parameter":
            extra = {"field_name": problem.field}
        case "invalid_value" if "allowed_values" in problem.extra:
            kind = "invalid_enum_value"
            extra = {**problem.extra, "field_name": problem.field}
        case "invalid_value" if problem.field:
            kind = "value_not_permitted"
            extra = {"field_name": problem.field, "reason": problem.message}
        case "unauthorized":
            kind = REASONS.get(str(problem.extra.get("reason")), kind)
        case "too_large":
            extra = {"max_bytes": problem.extra.get("max_bytes")}
        case "too_many_requests":
            extra = {"retry_after": int(problem.headers.get("Retry-After", "1"))}
        case "server_error":
            extra = {"reference_id": problem.extra.get("reference_id")}
    return problem.status, {"detail": problem.message, "message": ERRORS[problem.code][1], "type": kind, **extra}
