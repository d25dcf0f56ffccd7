"""The OpenAPI document, arranged for a page to print."""

import json
from typing import Any

from sessions.presenters.operations import JsonSchema


def readable(api: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": api["openapi"],
        "description": api["info"]["description"],
        "server": api["servers"][0]["url"],
        "operations": [
            readable_operation(path, method, operation, item.get("parameters", []))
            for path, item in api["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        ],
        "schemas": [{"name": name, "text": printed(found)} for name, found in api["components"]["schemas"].items()],
    }


def readable_operation(path: str, method: str, operation: dict[str, Any], in_path: list[JsonSchema]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [
            parameter | {"takes": takes(parameter["schema"]) + how_several(parameter)}
            for parameter in in_path + operation.get("parameters", [])
        ],
        "bodies": [
            {"content_type": kind, "schema": printed(content["schema"])}
            for kind, content in operation.get("requestBody", {"content": {}})["content"].items()
        ],
        "answers": [readable_answer(status, answer) for status, answer in operation["responses"].items()],
    }


def readable_answer(status: str, answer: dict[str, Any]) -> dict[str, Any]:
    contents: dict[str, dict[str, JsonSchema]] = answer.get("content", {})
    kind, content = next(iter(contents.items()), ("", {}))
    shape = printed(content["schema"]) if content and int(status) < 400 else ""
    return {"status": status, "description": answer["description"], "content_type": kind, "schema": shape}


def takes(content: JsonSchema) -> str:
    """A parameter's schema in words."""
    if content.get("type") == "array":
        return takes(content["items"])
    if "enum" in content:
        return ", ".join(content["enum"])
    if "minimum" in content:
        return f"{content['minimum']:,} to {content['maximum']:,}"
    return "date or time" if "anyOf" in content else str(content.get("format", "text"))


def how_several(parameter: JsonSchema) -> str:
    if parameter["schema"].get("type") != "array":
        return ""
    return "; repeatable" if parameter.get("explode", True) else "; comma-separated"


def printed(content: JsonSchema) -> str:
    return json.dumps(content, indent=2)
