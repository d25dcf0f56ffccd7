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
from sessions.foreign.parameters import one, one_of, position_of, several
from sessions.foreign.streams import each, json_array
from sessions.foreign.times import rfc3339
from sessions.models import User
from sessions.presenters.facts import person, took_place
from sessions.query import ListRequest, find_page, json_records
from sessions.query.criteria.order import NEWEST_FIRST, Order, Term
from sessions.query.parameters import MOST_ROWS
from sessions.query.request import ROWS_ON_A_PAGE, clauses_of

PARAMETERS = ("platform", "version_key", "cursor", "limit", "mode", "sort_by")
PLATFORMS = ("android", "ios", "web")
MODES = ("after", "before")
OUR_FIELDS = {"created_at": "date", "duration": "duration_ms", "session_duration_ms": "duration_ms"}
SORTS = {
    f"{theirs}:{direction}": Term(ours, descending=direction == "desc")
    for theirs, ours in OUR_FIELDS.items()
    for direction in ("asc", "desc")
}
RECORDINGS = ("recording", "video")
LONGEST_APP_ID = 255
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


def list_request(viewer: User, data: QueryDict) -> ListRequest:
    """What was asked. Raises Problem."""
    refuse_unknown(data, PARAMETERS)
    platform = one_of("platform", _required(data, "platform"), PLATFORMS)
    app_id = _app_id(_required(data, "version_key"))
    mode = one_of("mode", "after" if (given := one(data, "mode")) is None else given, MODES)
    limit = one(data, "limit")
    order = _order([SORTS[one_of("sort_by", value, SORTS)] for value in several(data, "sort_by")])
    cursor = one(data, "cursor")
    return ListRequest(
        viewer,
        clauses_of(viewer, {"platform": [platform], "app": [app_id]}),
        order,
        position_of(cursor, order) if cursor else None,
        mode == "before",
        ROWS_ON_A_PAGE if limit is None else _limit(limit),
    )


def _app_id(text: str) -> str:
    if len(text) > LONGEST_APP_ID or "\0" in text:
        raise Problem("invalid_value", f"“version_key” is not an app ID: {text[:60]}", field="version_key")
    return text


def _order(terms: list[Term]) -> Order:
    terms = list(dict.fromkeys(terms))  # two spellings of one
    if len({term.field for term in terms}) < len(terms):
        raise Problem("invalid_value", "Each field can be given once.", field="sort_by")
    return Order(tuple(terms)) if terms else NEWEST_FIRST


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


def answer(asked: ListRequest) -> Iterator[bytes]:
    page = find_page(asked)
    cursors = {"next_cursor": page.next_cursor, "prev_cursor": page.prev_cursor}
    organisation = asked.viewer.organisation.slug
    shapes = each(json_records(asked.viewer, page.ids), schema.Session, lambda record: session(record, organisation))
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
