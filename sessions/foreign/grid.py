"""`GET /v2/realtime/{session|event|latest-event}/tenants/{tenant-id}`: a kiosk grid's API for real-time reports.

Bare arrays of the past 24 hours. The document marks fields with "?": those are left out when absent,
others are null. Its errors are documented nowhere, so they are those of our own API.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import QueryDict

from sessions.contract import schema
from sessions.contract.errors import Problem, refuse_unknown
from sessions.foreign.parameters import one, one_of, several
from sessions.foreign.streams import each, json_array
from sessions.foreign.times import rfc3339
from sessions.models import User
from sessions.presenters.facts import took_place
from sessions.query import Clauses, ListRequest, stream_json
from sessions.query.events.latest import DISTINCT_COLUMNS, MOST_VALUES, TooManyValuesError, latest_events
from sessions.query.events.page import EventSearch, ListedEvent
from sessions.query.events.parameters import past_day

OF_SESSIONS = {"installationId": "installation_id", "spaceId": "space_id", "deviceId": "device_id"}
OF_EVENTS = OF_SESSIONS | {"eventType": "event_type"}
INTERACTION = "interactionType"
INTERACTIONS: Mapping[str, bool | None] = {"interactive": True, "nonInteractive": False, "all": None}
DISTINCT = "distinctColumns"
LONGEST = 255
NUMBERED = tuple(f"{kind}{number}" for kind in ("int", "str") for number in range(1, 6))


def check_tenant(viewer: User, tenant: str) -> None:
    """A tenant is an organisation, by its slug or its namespace. Raises Problem for any but the viewer's."""
    organisation = viewer.organisation
    if tenant not in (organisation.slug, str(organisation.namespace)):
        raise Problem("not_found")


def list_request(viewer: User, data: QueryDict) -> ListRequest:
    """Sessions of the past 24 hours. Raises Problem."""
    refuse_unknown(data, OF_SESSIONS)
    return ListRequest(viewer, Clauses().between(*past_day()).exactly(_values(data, OF_SESSIONS)))


def event_search(viewer: User, data: QueryDict) -> EventSearch:
    """Events of the past 24 hours. Raises Problem."""
    refuse_unknown(data, (*OF_EVENTS, INTERACTION))
    return _event_search(viewer, data)


def latest(viewer: User, data: QueryDict) -> Iterator[str]:
    """The newest event of each distinct value, as JSON texts. Raises Problem."""
    refuse_unknown(data, (*OF_EVENTS, INTERACTION, DISTINCT))
    columns = several(data, DISTINCT)
    if not columns:
        raise Problem("required_field", f"“{DISTINCT}” is required.", field=DISTINCT)
    for column in columns:
        one_of(DISTINCT, column, DISTINCT_COLUMNS)
    try:
        return latest_events(_event_search(viewer, data), columns)
    except TooManyValuesError as error:
        raise Problem("invalid_value", f"More than {MOST_VALUES:,} values are distinct.", field=DISTINCT) from error


def _event_search(viewer: User, data: QueryDict) -> EventSearch:
    values: dict[str, object] = {**_values(data, OF_EVENTS)}
    kind = one_of(INTERACTION, one(data, INTERACTION) or "all", INTERACTIONS)
    if INTERACTIONS[kind] is not None:
        values["interaction"] = INTERACTIONS[kind]
    start, end = past_day()
    return EventSearch(viewer, start, end, values=values)


def _values(data: QueryDict, names: Mapping[str, str]) -> dict[str, str]:
    """The filters that are given, by our names; an empty one, which a form sends, is none."""
    values = {}
    for theirs, ours in names.items():
        value = one(data, theirs)
        if value and len(value) > LONGEST:
            raise Problem("invalid_value", f"“{theirs}” is longer than {LONGEST} characters.", field=theirs)
        if value:
            values[ours] = value
    return values


def sessions(asked: ListRequest, tenant: str) -> Iterator[bytes]:
    return json_array(each(stream_json(asked), schema.Session, lambda record: session(record, tenant)))


def events(texts: Iterable[str], tenant: str) -> Iterator[bytes]:
    return json_array(each(texts, ListedEvent, lambda record: event(record, tenant)))


def latest_of_all(texts: Iterable[str], tenant: str) -> Iterator[bytes]:
    return json_array(each(texts, ListedEvent, lambda record: latest_event(record, tenant)))


def session(record: schema.Session, tenant: str) -> dict[str, Any]:
    created = took_place(record)
    optional = {
        "appVersion": record.app.version,
        "installationVersion": record.installation_version,
        "deviceId": record.device.device_id,
    }
    return {
        "tenantId": tenant,
        "sessionId": str(record.id),
        "sessionCreated": created and rfc3339(created),
        "environment": record.environment,
        "dataResidency": record.data_residency,
        "country": record.location.country,
        "spaceId": record.space_id,
        "appId": record.app.app_id,
        "installationId": record.installation_id,
        "clientId": record.client_id,
        "ip": record.network.client_ip,
        "locationAccuracy": record.location.accuracy,
        "latitude": record.location.latitude,
        "longitude": record.location.longitude,
        "captureId": record.capture_id,
        **_present(optional),
    }


def event(record: ListedEvent, tenant: str) -> dict[str, Any]:
    """What the event does not say itself is its session's."""
    optional = {
        "productId": record.product_id,
        "categoryId": record.category_id,
        **{name: getattr(record, name) for name in NUMBERED},
        "stateful": record.stateful,
        "public": record.public,
    }
    return {
        "tenantId": tenant,
        "eventTime": rfc3339(record.event_time),
        "dataResidency": record.session.data_residency,
        "sessionId": str(record.session_id),
        "clientId": record.client_id or record.session.client_id,
        "eventType": record.event_type,
        "interaction": record.interaction,
        "ip": record.ip or record.session.client_ip,
        "captureId": record.capture_id or record.session.capture_id,
        **_present(optional),
    }


def latest_event(record: ListedEvent, tenant: str) -> dict[str, Any]:
    of_session = {
        "installationId": record.session.installation_id,
        "deviceId": record.device_id or record.session.device_id,
        "spaceId": record.session.space_id,
    }
    return event(record, tenant) | of_session


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
