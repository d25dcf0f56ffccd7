"""What the API can do: a method of a URL, what it takes and what it answers. `openapi.py` writes it down."""

from dataclasses import dataclass, field
from typing import Any

import django_filters
from django import forms

from sessions.contract.choices import AttachmentKind
from sessions.contract.errors import ErrorCode
from sessions.query.events.parameters import EventListParameters, LatestEventParameters
from sessions.query.parameters import SessionFilterSet

JsonSchema = dict[str, Any]
# What declares the query parameters of an operation, and validates them.
Parameters = type[django_filters.FilterSet] | type[forms.Form]

# Whatever the file holds: OpenAPI 3.1 says nothing of the shape of what is no JSON.
BYTES: JsonSchema = {}
NULLABLE_TEXT: JsonSchema = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def reference(name: str) -> JsonSchema:
    return {"$ref": f"#/components/schemas/{name}"}


def array_of(name: str) -> JsonSchema:
    return {"type": "array", "items": reference(name)}


def object_of(**properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": list(properties)}


@dataclass(frozen=True)
class Operation:
    """One method of one URL: `answers` and `body` are JSON Schemas by content type. An answer may be empty."""

    url_name: str
    method: str
    summary: str
    answers: dict[int, dict[str, JsonSchema]]
    body: dict[str, JsonSchema] = field(default_factory=dict)
    parameters: Parameters | None = None
    errors: tuple[ErrorCode, ...] = ()


class UploadParameters(forms.Form):
    """What stands in the address of an upload."""

    kind = forms.ChoiceField(
        required=False, choices=AttachmentKind.choices, help_text="Told from the file's type unless given."
    )
    sha256 = forms.RegexField(
        "^[0-9A-Fa-f]{64}$",
        required=False,
        help_text="In hex; checked before the file can be seen. Digest headers work too.",
    )
    starts_at = forms.DateTimeField(required=False, help_text="When the file's first frame or byte is: RFC 3339.")


def json_of(content: JsonSchema) -> dict[str, JsonSchema]:
    return {"application/json": content}


SESSION_LIST = object_of(
    sessions=array_of("ListedSession"),
    next_cursor=NULLABLE_TEXT,
    prev_cursor=NULLABLE_TEXT,
    count={"anyOf": [object_of(value={"type": "integer", "minimum": 0}, capped={"type": "boolean"}), {"type": "null"}]},
)

READ: tuple[ErrorCode, ...] = ("invalid_value", "unknown_parameter")
SENT: tuple[ErrorCode, ...] = (
    "required_field",
    "invalid_value",
    "unknown_parameter",
    "parse_error",
    "request_timeout",
    "too_large",
    "unsupported_media_type",
)
SESSION = json_of(reference("Session"))
IF_MATCH: tuple[ErrorCode, ...] = ("precondition_failed",)
FOUND: tuple[ErrorCode, ...] = ("unknown_parameter", "not_found", *IF_MATCH)
UNCHANGED: dict[int, dict[str, JsonSchema]] = {304: {}}
EVENTS_SENT = object_of(received={"type": "integer"}, new={"type": "integer"})
# Described as the array of what stands in its lines, as OpenAPI 3.2 describes sequences.
NDJSON = "application/x-ndjson"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "api_sessions",
        "get",
        "List sessions",
        {200: json_of(SESSION_LIST)} | UNCHANGED,
        parameters=SessionFilterSet,
        errors=(*READ, *IF_MATCH),
    ),
    Operation(
        "api_sessions",
        "post",
        "Send a session, or replace the one with this external_id",
        {200: SESSION, 201: SESSION},
        body=json_of(reference("SessionLine")),
        errors=(*SENT, "conflict"),
    ),
    Operation(
        "api_batch",
        "post",
        "Send many sessions, one a line; each is answered by a line",
        {200: {NDJSON: array_of("Outcome")}},
        body={NDJSON: array_of("SessionLine")},
        errors=("unknown_parameter", "parse_error", "unsupported_media_type"),
    ),
    Operation("api_session", "get", "Read one session", {200: SESSION} | UNCHANGED, errors=FOUND),
    Operation(
        "api_session",
        "patch",
        "Change the fields that are sent; an empty object is a heartbeat",
        {200: SESSION},
        body=json_of(reference("SessionChange")),
        errors=(*SENT, "not_found", "conflict"),
    ),
    Operation(
        "api_session_events",
        "get",
        "Read a session's events",
        {200: json_of(object_of(events=array_of("Event")))} | UNCHANGED,
        errors=FOUND,
    ),
    Operation(
        "api_session_events",
        "post",
        "Send events of a session; the same event again is no new one",
        {200: json_of(EVENTS_SENT)},
        body={"application/json": reference("EventBatch"), NDJSON: array_of("Event")},
        errors=(*SENT, "not_found", "conflict"),
    ),
    Operation(
        "api_attachment",
        "get",
        "Download a file of a session; ranges are supported",
        {200: {"*/*": BYTES}, 206: {"*/*": BYTES}, 416: {}} | UNCHANGED,
        errors=FOUND,
    ),
    Operation(
        "api_attachment",
        "put",
        "Send a file of a session: the body is the file, its Content-Type the file's",
        {200: json_of(reference("Attachment")), 201: json_of(reference("Attachment"))},
        body={"*/*": BYTES},
        parameters=UploadParameters,
        errors=(*SENT, "not_found", "conflict"),
    ),
    Operation(
        "api_events",
        "get",
        "List events across sessions, newest first",
        {200: json_of(object_of(events=array_of("ListedEvent"), next_cursor=NULLABLE_TEXT))},
        parameters=EventListParameters,
        errors=READ,
    ),
    Operation(
        "api_events_latest",
        "get",
        "Read the newest event of each value of some columns",
        {200: json_of(object_of(events=array_of("ListedEvent")))},
        parameters=LatestEventParameters,
        errors=("required_field", *READ),
    ),
)
