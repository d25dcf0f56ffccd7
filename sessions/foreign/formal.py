"""`POST /core.v1.SessionsService/ListSessionsV2`: Formal's List Sessions V2 (its API reference of that name).

Every field of the documented answer is there. What is unknown is null, which protobuf's JSON reads as unset.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec
from django.core.exceptions import ValidationError

from sessions.contract import schema
from sessions.contract.errors import Problem
from sessions.foreign.formal_fields import ACTIVE, QueryError, asking
from sessions.foreign.parameters import position_of
from sessions.foreign.streams import each, json_array
from sessions.foreign.times import protobuf_duration, protobuf_time
from sessions.models import User
from sessions.presenters.facts import person, who
from sessions.query import Clauses, ListRequest, find_page, json_records
from sessions.query.criteria.order import NEWEST_FIRST, Order, Term
from sessions.query.parameters import MOST_ROWS, DayOrMomentField, day_range, is_reversed
from sessions.query.request import ROWS_ON_A_PAGE

FIELDS = ("limit", "query", "sortBy", "startTimestamp", "endTimestamp", "cursor")
OUR_FIELDS = {"startTime": "date", "duration": "duration_ms"}
# A cursor says on its own which way it leads.
BEFORE = "before."
CODES = {
    "unauthorized": "unauthorized",
    "forbidden": "forbidden",
    "not_found": "not_found",
    "too_many_requests": "too_many_requests",
    "server_error": "internal_error",
    "unavailable": "unavailable",
}

Fields = dict[str, Any]


def read_body(raw: bytes) -> Fields:
    """The known fields that are set. Others are ignored, as protobuf's JSON does for fields of another version."""
    try:
        body = json.loads(raw or b"{}", object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        message = str(error) if isinstance(error, _RepeatedError) else "The body is not JSON."
        raise Problem("parse_error", message, field="body") from error
    if not isinstance(body, dict):
        raise Problem("parse_error", "The body is not a JSON object.", field="body")
    fields = {}
    for name in FIELDS:
        given = [body[key] for key in {name, _snake(name)} if body.get(key) not in (None, "", 0)]
        if len(given) > 1:
            raise Problem("invalid_value", "Given twice, in two spellings.", field=name)
        if given:
            fields[name] = _limit(given[0]) if name == "limit" else _text(name, given[0])
    return fields


class _RepeatedError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> Fields:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedError("A field occurs twice in one object.")
    return found


def _snake(name: str) -> str:
    """protobuf's JSON takes a field's own name as well."""
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


def _limit(value: object) -> int:
    """An int32, which protobuf's JSON also takes as text."""
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise Problem("invalid_value", "limit is not an int32.", field="limit")
    if not 0 <= int(text) <= MOST_ROWS:
        raise Problem("invalid_value", f"limit is not between 1 and {MOST_ROWS}.", field="limit")
    return int(text)


def _text(name: str, value: object) -> str:
    """PostgreSQL takes neither NUL nor half of a surrogate pair."""
    if not isinstance(value, str) or not "".join(value.split()).isprintable():
        raise Problem("invalid_value", f"{name} is not text that can be read.", field=name)
    return value


def list_request(viewer: User, fields: Fields) -> ListRequest:
    """Raises Problem."""
    start, end = (_moment(fields, name) for name in ("startTimestamp", "endTimestamp"))
    if is_reversed(start, end, viewer.zone):
        raise Problem("invalid_value", "The end of the range lies before its start.", field="endTimestamp")
    order = _order(fields["sortBy"]) if "sortBy" in fields else NEWEST_FIRST
    cursor = fields.get("cursor", "")
    position = cursor.removeprefix(BEFORE)
    after = position_of(position, order) if position else None
    try:
        between = Clauses().between(*day_range(start, end, viewer.zone))
        clauses = asking(between, viewer, fields.get("query", ""))
    except QueryError as error:
        raise Problem("invalid_value", str(error), field="query") from error
    limit = fields.get("limit") or ROWS_ON_A_PAGE
    return ListRequest(viewer, clauses, order, after, cursor.startswith(BEFORE), limit)


def _moment(fields: Fields, name: str) -> date | datetime | None:
    try:
        moment: date | datetime | None = DayOrMomentField(required=False).clean(fields.get(name))
    except ValidationError as error:
        raise Problem("invalid_value", error.messages[0], field=name) from error
    return moment


def _order(text: str) -> Order:
    """`field`, `-field`, `field:asc`, `field desc`: ascending unless it says otherwise."""
    match = re.fullmatch(r"(-?)(\w+)(?:[: ](asc|desc))?", text, re.IGNORECASE)
    if not match or match[2] not in OUR_FIELDS or (match[1] and match[3]):
        raise Problem("invalid_value", f"sortBy takes {' or '.join(OUR_FIELDS)}, as in “-startTime”.", field="sortBy")
    descending = match[1] or (match[3] or "").lower() == "desc"
    return Order((Term(OUR_FIELDS[match[2]], bool(descending)),))


def answer(asked: ListRequest) -> Iterator[bytes]:
    page = find_page(asked)
    metadata = {
        "after": page.next_cursor,
        "before": page.prev_cursor and BEFORE + page.prev_cursor,
        "count": len(page.ids),
        "nextCursor": page.next_cursor,
    }
    after = b',"listMetadata":' + msgspec.json.encode(metadata) + b"}"
    return json_array(each(json_records(asked.viewer, page.ids), schema.Session, session), b'{"sessions":', after)


def session(record: schema.Session) -> dict[str, Any]:
    initiator = record.initiator
    known = {"id": person(record), "name": initiator.username, "email": initiator.email}
    return {
        "id": str(record.id),
        "startTime": record.started_at and protobuf_time(record.started_at),
        "endTime": record.ended_at and protobuf_time(record.ended_at),
        "duration": None if record.duration_ms is None else protobuf_duration(record.duration_ms),
        "sessionStatus": "active" if record.status in ACTIVE else "completed",
        "network": {"clientIpAddress": record.network.client_ip, "serverIpAddress": record.network.server_ip},
        "sidecar": msgspec.to_builtins(record.sidecar),
        "user": {
            "type": initiator.type,
            "username": who(record),
            "formal": {
                "user": _person(record, "user", **known, type=initiator.type if known["id"] else None),
                "endUser": _person(record, "end_user"),
            },
            "native": {"username": record.attributes.get("native.username", initiator.username)},
        },
        "resource": msgspec.to_builtins(record.resource),
        "connector": msgspec.to_builtins(record.connector),
    }


def _person(record: schema.Session, prefix: str, **known: str | None) -> dict[str, Any]:
    """What the producer kept as attributes (`end_user.email` ...), else what is known; lists are comma-separated."""
    attributes = record.attributes
    texts = {name: attributes.get(f"{prefix}.{name}", known.get(name)) for name in ("id", "name", "email", "type")}
    return {
        **texts,
        "groups": _listed(attributes.get(f"{prefix}.groups")),
        "externalIds": _listed(attributes.get(f"{prefix}.external_ids")),
    }


def _listed(value: object) -> list[str]:
    return [part.strip() for part in str(value or "").split(",") if part.strip()]


def error(problem: Problem) -> tuple[int, dict[str, object]]:
    """`{code, message}`, with `details` for an invalid request."""
    code = CODES.get(problem.code, "invalid_request")
    body: dict[str, object] = {"code": code, "message": problem.message}
    if code == "invalid_request":
        body["details"] = [{"field": problem.field, "reason": problem.message}] if problem.field else []
        if "max_bytes" in problem.extra:
            body["max_bytes"] = problem.extra["max_bytes"]
    if "reference_id" in problem.extra:
        body["reference_id"] = problem.extra["reference_id"]
    return problem.status, body
