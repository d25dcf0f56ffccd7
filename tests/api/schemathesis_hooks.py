"""What schemathesis has to be told: how NDJSON is written and read, and that requests come from many addresses."""

import ipaddress
import itertools
import json
from typing import Any

import schemathesis
from schemathesis import Case, DeserializationContext, HookContext, Response, SerializationContext
from schemathesis.core.failures import AcceptedNegativeData, Failure

NDJSON = "application/x-ndjson"
ADDRESSES = map(ipaddress.IPv4Address, itertools.count(int(ipaddress.IPv4Address("10.0.0.1"))))

DEPEND_ON_OTHERS = {
    "external_id", "status", "initiator", "requested_at", "started_at", "ended_at", "last_seen_at", "queue_ms",
    "duration_ms", "attachments",
}  # fmt: skip
EVERY_OTHER = itertools.cycle((True, False))


@schemathesis.serializer(NDJSON)
def lines(context: SerializationContext, value: Any) -> bytes:
    """What is no list becomes a line that is no object, or it would be as good as a list of one."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in (value if isinstance(value, list) else [[value]]))


@schemathesis.deserializer(NDJSON)
def values(context: DeserializationContext, response: Response) -> list[Any]:
    return [json.loads(line) for line in response.content.splitlines()]


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """For the server it is a proxy that sends: wrong tokens are tried at every operation, and 30 an address go."""
    case.headers["X-Forwarded-For"] = str(next(ADDRESSES))


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Forgives what the address does not show: one value stands for a list of one, and an empty one for none."""
    if not isinstance(failure, AcceptedNegativeData):
        return True
    lists = {found.name for found in case.operation.query if found.definition["schema"].get("type") == "array"}
    given = (value for name, value in case.query.items() if name in lists)
    return all(isinstance(value, list) and value != [""] for value in given)


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Of the sessions in order, every other one also keeps the rules between its values, so that it is stored."""
    keep = KEEPERS.get(case.operation.definition.raw["operationId"])
    if keep and case.meta and case.meta.generation.mode.is_positive and next(EVERY_OTHER):
        sent: Any = case.body
        case.body = [keep(item) for item in sent] if isinstance(sent, list) else keep(sent)
    return case


def new(session: dict[str, Any]) -> dict[str, Any]:
    return changed(session) | {
        "external_id": session.get("external_id"),
        "status": "active",
        "started_at": "2026-11-20T10:00:00Z",
        "initiator": {"type": "anonymous", "label": (session.get("initiator") or {}).get("label")},
    }


def changed(session: dict[str, Any]) -> dict[str, Any]:
    session = {name: value for name, value in session.items() if name not in DEPEND_ON_OTHERS}
    if session.get("app"):
        session["app"] = session["app"] | {"app_id": session["app"].get("app_id") or "app"}
    if session.get("events"):
        session["events"] = [event | {"event_time": "2026-11-20T10:00:01Z"} for event in session["events"]]
    return session


KEEPERS = {"post_session": new, "post_batch": new, "patch_session": changed}
