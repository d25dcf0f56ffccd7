"""OpenAPI 3.1 of the JSON API, made of the declarations that answer and validate.

Parameters come from the FilterSet, bodies from `sessions.schema`, errors from
`sessions.errors`, paths from the URLconf. Only summaries are written here.
"""

from typing import Any

import django_filters
import msgspec
from django.urls import get_resolver
from django.urls.converters import UUIDConverter

from sessions import schema
from sessions.errors import ERRORS, ErrorCode
from sessions.presenters.operations import OPERATIONS, JsonSchema, Operation, json_of, reference
from sessions.query.filters import DayOrMomentFilter, WholeNumberFilter

ALWAYS: tuple[ErrorCode, ...] = ("unauthorized", "forbidden", "too_many_requests", "server_error", "unavailable")


def document(server: str) -> dict[str, Any]:
    """The whole document as plain data, for the API at the address `server`."""
    _, components = msgspec.json.schema_components(
        [schema.Session, schema.SessionLine, schema.Event], ref_template="#/components/schemas/{name}"
    )
    components["Error"] = error_schema()
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
            str(status): {
                "description": operation.summary,
                "content": {kind: {"schema": content} for kind, content in contents.items()},
            }
            for status, contents in operation.answers.items()
        }
        | error_responses((*operation.errors, *ALWAYS)),
    }
    in_query = [*filter_parameters(operation.filters), *operation.parameters]
    if in_query:
        described["parameters"] = in_query
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": content} for kind, content in operation.body.items()},
        }
    return described


def filter_parameters(filters: type[django_filters.FilterSet] | None) -> list[JsonSchema]:
    if filters is None:
        return []
    return [
        {
            "name": name,
            "in": "query",
            "description": filter_.extra.get("help_text", ""),
            "schema": filter_schema(filter_),
        }
        for name, filter_ in filters.base_filters.items()
    ]


def filter_schema(filter_: django_filters.Filter) -> JsonSchema:
    """What the filter's own form field takes."""
    extra = filter_.extra
    words = [str(value) for value, _ in extra.get("choices", ())]
    if isinstance(filter_, WholeNumberFilter):
        return {"type": "integer", "minimum": extra["min_value"], "maximum": extra["max_value"]}
    if isinstance(filter_, DayOrMomentFilter):
        return {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
    item: JsonSchema = {"type": "string"} | ({"enum": words} if words else {})
    if isinstance(filter_, django_filters.ChoiceFilter):
        return item
    if isinstance(filter_, django_filters.CharFilter):
        return item | {"maxLength": extra["max_length"]}
    return {"type": "array", "items": item | ({} if words else {"maxLength": 255})}


def error_responses(codes: tuple[ErrorCode, ...]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(ERRORS[code][0], []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"`{code}`: {ERRORS[code][1]}" for code in found),  # type: ignore[index]
            "content": json_of({"schema": reference("Error")}),
        }
        for status, found in sorted(by_status.items())
    }


def error_schema() -> JsonSchema:
    return {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "string", "enum": sorted(ERRORS)},
            "message": {"type": "string"},
            "field": {"type": "string"},
            "reference_id": {"type": "string"},
            "max_bytes": {"type": "integer"},
        },
    }
