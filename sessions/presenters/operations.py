"""What the API can do: a method of a URL, what it takes and what it answers. `openapi.py` writes it down."""

from dataclasses import dataclass, field
from typing import Any

import django_filters

from sessions.errors import ErrorCode
from sessions.query.filters import SessionFilterSet

JsonSchema = dict[str, Any]

NULLABLE_TEXT: JsonSchema = {"anyOf": [{"type": "string"}, {"type": "null"}]}
ONE: tuple[ErrorCode, ...] = ("not_found",)
ASKED: tuple[ErrorCode, ...] = ("invalid_value", "unknown_parameter")


def reference(name: str) -> JsonSchema:
    return {"$ref": f"#/components/schemas/{name}"}


def array_of(name: str) -> JsonSchema:
    return {"type": "array", "items": reference(name)}


def object_of(**properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": list(properties)}


@dataclass(frozen=True)
class Operation:
    """One method of one URL: `answers` and `body` are JSON Schemas by content type."""

    url_name: str
    method: str
    summary: str
    answers: dict[int, dict[str, JsonSchema]]
    body: dict[str, JsonSchema] = field(default_factory=dict)
    filters: type[django_filters.FilterSet] | None = None
    parameters: tuple[JsonSchema, ...] = ()
    errors: tuple[ErrorCode, ...] = ()


def json_of(content: JsonSchema) -> dict[str, JsonSchema]:
    return {"application/json": content}


SESSION_LIST = object_of(
    sessions=array_of("Session"),
    next_cursor=NULLABLE_TEXT,
    prev_cursor=NULLABLE_TEXT,
    count={"anyOf": [object_of(value={"type": "integer", "minimum": 0}, capped={"type": "boolean"}), {"type": "null"}]},
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "api_sessions",
        "get",
        "List sessions",
        {200: json_of(SESSION_LIST)},
        filters=SessionFilterSet,
        errors=ASKED,
    ),
    Operation("api_session", "get", "Read one session", {200: json_of(reference("Session"))}, errors=ONE),
    Operation(
        "api_session_events",
        "get",
        "Read a session's events",
        {200: json_of(object_of(events=array_of("Event")))},
        errors=ONE,
    ),
)
