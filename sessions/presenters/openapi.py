"""OpenAPI 3.1 of the JSON API, made of the declarations that answer and validate.

Parameters come from the FilterSet, bodies from `sessions.contract.schema`, errors from
`sessions.contract.errors`, paths from the URLconf. Only summaries are written here.
"""

from typing import Any

import msgspec
from django import forms
from django.urls import get_resolver
from django.urls.converters import UUIDConverter

from sessions.contract import schema
from sessions.contract.errors import ERRORS, ErrorCode
from sessions.presenters.operations import OPERATIONS, JsonSchema, Operation, Parameters, json_of, reference
from sessions.query.events.page import ListedEvent
from sessions.query.parameters import (
    LONGEST_VALUE,
    DayMomentOrAgoField,
    DayOrMomentField,
    DurationField,
    ListedWidget,
    SeveralField,
)
from sessions.receiving.posting import Outcome

ALWAYS: tuple[ErrorCode, ...] = (
    "invalid_value",
    "unauthorized",
    "forbidden",
    "too_many_requests",
    "server_error",
    "unavailable",
)
SECONDS: JsonSchema = {"type": "integer", "minimum": 1}
# What stands in the headers of every answer of a status.
HEADERS: dict[int, JsonSchema] = {
    201: {"Location": {"description": "The address of what is new.", "schema": {"type": "string"}}},
    401: {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}},
    429: {"Retry-After": {"description": "Seconds until the next request is answered.", "schema": SECONDS}},
    503: {"Retry-After": {"description": "Seconds.", "schema": SECONDS}},
}
# Answers without a body, and one that no operation gives: the server itself does.
DESCRIPTIONS = {
    304: "What If-None-Match names has not changed.",
    414: "The address is longer than 8,190 bytes.",
    416: "Range asks for bytes that are not there.",
}


def document(server: str) -> dict[str, Any]:
    """The whole document as plain data, for the API at the address `server`."""
    components = schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Session History",
            "version": "1",
            "description": "Sessions in and out. Times are RFC 3339 in UTC; absent means null.",
        },
        "servers": [{"url": server}],
        "paths": paths(),
        "components": {"schemas": components, "securitySchemes": SECURITY},
        "security": [{name: []} for name in SECURITY],
    }


def schemas() -> dict[str, JsonSchema]:
    types = [schema.Session, schema.SessionLine, schema.EventBatch, ListedEvent, Outcome]
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for component in components.values():
        absent_may_be_null(component)
    components["SessionChange"] = without_required(components["SessionLine"])
    components["ListedSession"] = without_required(components["Session"])  # with `fields`, only those
    components["Error"] = error_schema()
    return components


def absent_may_be_null(component: JsonSchema) -> None:
    """As `sessions.ingest.reading.parse` takes it, and as types with default values do not say it."""
    for name, content in component.get("properties", {}).items():
        if name not in component.get("required", ()) and {"type": "null"} not in content.get("anyOf", ()):
            component["properties"][name] = {"anyOf": [content, {"type": "null"}]}


def without_required(component: JsonSchema) -> JsonSchema:
    return {name: value for name, value in component.items() if name != "required"}


SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API token: sh_..."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
    "basic": {"type": "http", "scheme": "basic", "description": "The token as user name."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session_history", "description": "A signed-in browser."},
}


def paths() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for operation in OPERATIONS:
        path, in_path = template_of(operation.url_name)
        item = found.setdefault(path, {"parameters": in_path} if in_path else {})
        item[operation.method] = describe(operation)
    return found


def template_of(url_name: str) -> tuple[str, list[JsonSchema]]:
    """A URL of the URLconf as OpenAPI writes it, and the parameters in it."""
    possibilities, _, _, converters = get_resolver().reverse_dict.getlist(url_name)[0]
    route, names = possibilities[0]
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} | ({"format": "uuid"} if isinstance(converters[name], UUIDConverter) else {}),
        }
        for name in names
    ]
    return "/" + route % {name: f"{{{name}}}" for name in names}, parameters


def describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.method}_{operation.url_name.removeprefix('api_')}",
        "summary": operation.summary,
        "responses": {
            **{str(status): answer(operation, status) for status in operation.answers},
            **error_responses((*operation.errors, *ALWAYS)),
            "414": {"description": DESCRIPTIONS[414], "content": json_of({"schema": reference("Error")})},
        },
    }
    in_query = query_parameters(operation.parameters)
    if in_query:
        described["parameters"] = in_query
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": content} for kind, content in operation.body.items()},
        }
    return described


def answer(operation: Operation, status: int) -> dict[str, Any]:
    contents = operation.answers[status]
    described: dict[str, Any] = {"description": DESCRIPTIONS.get(status, operation.summary), **headers(status)}
    if contents:
        described["content"] = {kind: {"schema": content} for kind, content in contents.items()}
    return described


def query_parameters(declared: Parameters | None) -> list[JsonSchema]:
    if declared is None:
        return []
    return [
        {
            "name": name,
            "in": "query",
            "required": field.required,
            # An unset field of a form is sent so, and counts as absent; among values of any text it may stand anyway.
            "allowEmptyValue": not (field.required or isinstance(field, SeveralField)),
            "description": str(field.help_text),
            "schema": field_schema(field),
            **({"explode": False} if isinstance(field.widget, ListedWidget) else {}),
        }
        for name, field in fields_of(declared).items()
    ]


def fields_of(declared: Parameters) -> dict[str, forms.Field]:
    """The form fields that validate them, whether a FilterSet or a form declares them."""
    filters = getattr(declared, "base_filters", {})
    return {name: filter_.field for name, filter_ in filters.items()} or dict(getattr(declared, "base_fields", {}))


def field_schema(field: forms.Field) -> JsonSchema:
    """What a form field takes."""
    if isinstance(field, forms.IntegerField):
        return {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
    if isinstance(field, DurationField):
        return {"type": "string", "pattern": r"^(0|([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h|d)){1,5})$"}
    if isinstance(field, DayMomentOrAgoField):
        return {
            "type": "string",
            "anyOf": [{"format": "date"}, {"format": "date-time"}, {"pattern": "^-[0-9]{1,7}[mhdw]$"}],
        }
    if isinstance(field, DayOrMomentField):
        return {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
    if isinstance(field, forms.DateTimeField):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, forms.UUIDField):
        return {"type": "string", "format": "uuid"}
    if isinstance(field, SeveralField):
        return {"type": "array", "items": {"type": "string", "maxLength": LONGEST_VALUE}}
    if isinstance(field, forms.RegexField):
        return {"type": "string", "pattern": field.regex.pattern}
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        words = {"type": "string", "enum": [str(value) for value, _ in choices if value]}
        return {"type": "array", "items": words} if isinstance(field, forms.MultipleChoiceField) else words
    longest = getattr(field, "max_length", None)
    return {"type": "string"} | ({"maxLength": longest} if longest else {})


def error_responses(codes: tuple[ErrorCode, ...]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(ERRORS[code][0], []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"`{code}`: {ERRORS[code][1]}" for code in found),  # type: ignore[index]
            "content": json_of({"schema": reference("Error")}),
            **headers(status),
        }
        for status, found in sorted(by_status.items())
    }


def headers(status: int) -> dict[str, Any]:
    found = HEADERS.get(status, {})
    return {"headers": {name: {"required": True, **header} for name, header in found.items()}} if found else {}


def error_schema() -> JsonSchema:
    return {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "string", "enum": sorted(ERRORS)},
            "message": {"type": "string"},
            "field": {"type": "string"},
            "request_id": {"type": "string"},
            "reference_id": {"type": "string"},
            "max_bytes": {"type": "integer"},
        },
    }
