"""GET /v2/realtime/..., line by line of the kiosk grid's Real-time reports."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from sessions.models import Organisation, User
from tests.conftest import Send
from tests.foreign.conftest import Ask, body

SESSION, EVENT, LATEST = (f"/v2/realtime/{kind}/tenants/acme" for kind in ("session", "event", "latest-event"))
ALL = (SESSION, EVENT, LATEST)
NOW = timezone.now().replace(microsecond=0)
KIOSK = {
    "app": {"app_id": "menu", "platform": "kiosk", "version": "4.2"},
    "device": {"device_id": "dev-1"},
    "environment": "production",
    "data_residency": "eu",
    "space_id": "space-1",
    "installation_id": "inst-1",
    "installation_version": "7",
    "client_id": "client-1",
    "capture_id": "capture-1",
    "network": {"client_ip": "192.0.2.1"},
    "location": {"country": "DE", "latitude": 52.5, "longitude": 13.4, "accuracy": 12.5},
}
FULL_EVENT = {
    "event_type": "payment",
    "interaction": True,
    "product_id": "espresso",
    "category_id": "drinks",
    **{f"int{n}": n for n in range(1, 6)},
    **{f"str{n}": f"s{n}" for n in range(1, 6)},
    "stateful": True,
    "public": 1,
}


def ago(**units: float) -> Any:
    return timezone.now() - timedelta(**units)


def event(kind: str = "tap", **fields: Any) -> dict[str, Any]:
    return {"event_type": kind, "event_time": ago(minutes=1), **fields}


def iso(moment: Any) -> str:
    text: str = moment.isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds")
    return text.replace("+00:00", "Z")


def test_a_session_has_every_documented_field(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    started = ago(hours=1)
    ident = send(acme, started_at=started, **KIOSK)
    assert body(ask(alice, SESSION)) == [
        {
            "tenantId": "acme",
            "sessionId": str(ident),
            "sessionCreated": iso(started),
            "environment": "production",
            "dataResidency": "eu",
            "country": "DE",
            "spaceId": "space-1",
            "appId": "menu",
            "appVersion": "4.2",
            "installationVersion": "7",
            "installationId": "inst-1",
            "deviceId": "dev-1",
            "clientId": "client-1",
            "ip": "192.0.2.1",
            "locationAccuracy": 12.5,
            "latitude": 52.5,
            "longitude": 13.4,
            "captureId": "capture-1",
        }
    ]


def test_an_event_has_every_documented_field(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    happened = ago(minutes=5)
    own = {"client_id": "client-2", "capture_id": "capture-2", "ip": "192.0.2.2", "device_id": "dev-2"}
    ident = send(acme, started_at=ago(hours=1), events=[FULL_EVENT | own | {"event_time": happened}], **KIOSK)
    expected = {
        "tenantId": "acme",
        "eventTime": iso(happened),
        "dataResidency": "eu",
        "sessionId": str(ident),
        "clientId": "client-2",
        "eventType": "payment",
        "interaction": True,
        "ip": "192.0.2.2",
        "captureId": "capture-2",
        "productId": "espresso",
        "categoryId": "drinks",
        **{f"int{n}": n for n in range(1, 6)},
        **{f"str{n}": f"s{n}" for n in range(1, 6)},
        "stateful": True,
        "public": 1,
    }
    assert body(ask(alice, EVENT)) == [expected]
    latest = expected | {"installationId": "inst-1", "deviceId": "dev-2", "spaceId": "space-1"}
    assert body(ask(alice, LATEST, distinctColumns="str1")) == [latest]


def test_optional_fields_are_left_out_when_absent_and_the_others_are_null(
    acme: Organisation, alice: User, send: Send, ask: Ask
) -> None:
    send(acme, started_at=ago(hours=1), events=[event(str1="a")])
    (session,) = body(ask(alice, SESSION))
    assert not {"appVersion", "installationVersion", "deviceId"} & session.keys()
    assert session["environment"] is session["ip"] is session["latitude"] is None
    (found,) = body(ask(alice, EVENT))
    optional = {"productId", "categoryId", "stateful", "public", "str2", "int1"}
    assert not optional & found.keys()
    assert (found["str1"], found["interaction"], found["clientId"]) == ("a", None, None)


def test_what_an_event_does_not_say_is_its_sessions(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, started_at=ago(hours=1), events=[event(str1="a")], **KIOSK)
    (found,) = body(ask(alice, LATEST, distinctColumns="str1"))
    assert (found["clientId"], found["captureId"], found["ip"], found["deviceId"]) == (
        "client-1",
        "capture-1",
        "192.0.2.1",
        "dev-1",
    )


def test_only_the_past_24_hours(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    inside = ago(hours=23, minutes=59)
    for number, started in enumerate((ago(hours=24, seconds=1), inside, ago(hours=-1))):
        send(acme, external_id=str(number), started_at=started, last_seen_at=ago(hours=-2))
    assert [session["sessionCreated"] for session in body(ask(alice, SESSION))] == [iso(inside)]
    # An event counts by its own time, whenever its session began.
    times = [ago(hours=24, seconds=1), inside, ago(hours=-1)]
    events = [event(str1=str(n)) | {"event_time": time} for n, time in enumerate(times)]
    send(acme, external_id="long", started_at=ago(days=3), events=events, last_seen_at=ago(hours=-2))
    assert [found["str1"] for found in body(ask(alice, EVENT))] == ["1"]
    assert [found["str1"] for found in body(ask(alice, LATEST, distinctColumns="str1"))] == ["1"]


def test_all_of_the_day_comes_however_much_it_is(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    moments = [ago(minutes=1) + timedelta(milliseconds=n // 3) for n in range(4_100)]
    events = [event(int1=n) | {"event_time": moment} for n, moment in enumerate(moments)]
    for number in range(3):
        send(acme, external_id=str(number), started_at=ago(hours=1), events=events if number == 1 else [])
    found = body(ask(alice, EVENT))
    assert len(found) == 4_100
    times = [datetime.fromisoformat(one["eventTime"]) for one in found]
    assert times == sorted(times, reverse=True)
    assert {one["int1"] for one in found} == set(range(4_100))
    assert len(body(ask(alice, SESSION))) == 3


@pytest.fixture
def several(acme: Organisation, send: Send) -> None:
    """Two of each: a kiosk whose values all end in 1, and one whose values end in 2."""
    for n in (1, 2):
        send(
            acme,
            external_id=str(n),
            started_at=ago(hours=n),
            installation_id=f"inst-{n}",
            space_id=f"space-{n}",
            device={"device_id": f"dev-{n}"},
            events=[
                event("tap", str1=f"tap-{n}", interaction=True, int1=1),
                event("idle", str1=f"idle-{n}", interaction=False, int1=2),
                event("boot", str1=f"boot-{n}", int1=3),
            ],
        )


@pytest.mark.parametrize(
    ("name", "value"), [("installationId", "inst-1"), ("spaceId", "space-1"), ("deviceId", "dev-1")]
)
def test_all_three_filter_by_installation_space_and_device(
    alice: User, several: None, ask: Ask, name: str, value: str
) -> None:
    (session,) = body(ask(alice, SESSION, **{name: value}))
    assert session[name] == value
    for path, more in ((EVENT, {}), (LATEST, {"distinctColumns": "str1"})):
        found = body(ask(alice, path, **{name: value}, **more))
        assert {one["str1"] for one in found} == {"tap-1", "idle-1", "boot-1"}
        assert body(ask(alice, path, **{name: "nothing' OR 1=1"}, **more)) == []
    assert body(ask(alice, SESSION, **{name: "nothing"})) == []
    assert len(body(ask(alice, SESSION, **{name: ""}))) == 2


def test_filters_combine(alice: User, several: None, ask: Ask) -> None:
    assert len(body(ask(alice, SESSION, installationId="inst-1", spaceId="space-1", deviceId="dev-1"))) == 1
    assert body(ask(alice, SESSION, installationId="inst-1", spaceId="space-2")) == []
    assert len(body(ask(alice, EVENT, installationId="inst-1", eventType="tap", interactionType="interactive"))) == 1


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("interactive", ["tap"]),
        ("nonInteractive", ["idle"]),
        ("all", ["tap", "idle", "boot"]),
        (None, ["tap", "idle", "boot"]),
    ],
)
def test_events_filter_by_interaction_and_type(
    alice: User, several: None, ask: Ask, kind: str | None, types: list[str]
) -> None:
    expected = {f"{name}-{number}" for name in types for number in (1, 2)}
    asked = {} if kind is None else {"interactionType": kind}
    for path, more in ((EVENT, {}), (LATEST, {"distinctColumns": "str1"})):
        assert {one["str1"] for one in body(ask(alice, path, **asked, **more))} == expected
        taps = body(ask(alice, path, **asked, **more, eventType="tap"))
        assert {one["str1"] for one in taps} == {value for value in expected if value.startswith("tap")}


def test_latest_is_the_newest_of_each_distinct_value(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    values = [("a", 1), ("a", 2), ("b", 1), (None, 1), (None, None), ("a", 1)]
    events = [
        event(str1=text, int1=number, view_id=str(position)) | {"event_time": ago(minutes=10 - position)}
        for position, (text, number) in enumerate(values)
    ]
    events = [{name: value for name, value in one.items() if value is not None} for one in events]
    send(acme, started_at=ago(hours=1), events=events)

    def latest(columns: str | list[str]) -> list[tuple[str | None, int | None]]:
        found = body(ask(alice, LATEST, distinctColumns=columns))
        return [(one.get("str1"), one.get("int1")) for one in found]

    assert latest("str1") == [("a", 1), ("b", 1)]
    assert latest("int1") == [("a", 1), ("a", 2)]
    assert latest("str1,int1") == latest(["str1", "int1"]) == [("a", 1), (None, 1), ("b", 1), ("a", 2)]
    assert latest("str5") == []


def test_a_tenant_is_the_organisation_by_slug_or_by_uuid(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, started_at=ago(hours=1), events=[event(str1="a")])
    for path in ALL:
        for tenant in ("acme", str(acme.namespace)):
            (found,) = body(ask(alice, path.replace("acme", tenant), **needed(path)))
            assert found["tenantId"] == tenant


def needed(path: str) -> dict[str, str]:
    return {"distinctColumns": "str1"} if path == LATEST else {}


@pytest.mark.parametrize("path", ALL)
def test_another_tenant_is_not_found(
    globex: Organisation, alice: User, globex_admin: User, ask: Ask, send: Send, path: str
) -> None:
    send(alice.organisation, started_at=ago(hours=1), events=[event(str1="a")])
    for tenant in ("globex", str(globex.namespace), "nobody", "ACME", "a" * 5000):
        response = ask(alice, path.replace("acme", tenant), **needed(path))
        assert (response.status_code, body(response)["code"]) == (404, "not_found")
    assert ask(globex_admin, path, **needed(path)).status_code == 404
    assert body(ask(globex_admin, path.replace("acme", "globex"), **needed(path))) == []


@pytest.mark.parametrize("path", ALL)
def test_members_get_what_belongs_to_their_own_sessions(
    acme: Organisation, dave: User, uma: User, alice: User, send: Send, ask: Ask, path: str
) -> None:
    shared = {"started_at": ago(hours=1), "installation_id": "one"}
    own = send(acme, user="dave@acme.example", events=[event(str1="own")], **shared)
    send(acme, user="uma@acme.example", events=[event(str1="other")], **shared)
    for filters in ({}, {"installationId": "one"}):
        assert {one["sessionId"] for one in body(ask(dave, path, **needed(path), **filters))} == {str(own)}
        assert len(body(ask(alice, path, **needed(path), **filters))) == 2


@pytest.mark.parametrize(
    ("path", "parameters", "field", "code"),
    [
        (LATEST, {}, "distinctColumns", "required_field"),
        (LATEST, {"distinctColumns": ""}, "distinctColumns", "required_field"),
        (LATEST, {"distinctColumns": "str6"}, "distinctColumns", "invalid_value"),
        (LATEST, {"distinctColumns": "str1,event_type"}, "distinctColumns", "invalid_value"),
        (LATEST, {"distinctColumns": "str1;DROP TABLE"}, "distinctColumns", "invalid_value"),
        (EVENT, {"interactionType": "both"}, "interactionType", "invalid_value"),
        (EVENT, {"distinctColumns": "str1"}, "distinctColumns", "unknown_parameter"),
        (SESSION, {"eventType": "tap"}, "eventType", "unknown_parameter"),
        (SESSION, {"installation_id": "a"}, "installation_id", "unknown_parameter"),
        (SESSION, {"deviceId": ["a", "b"]}, "deviceId", "invalid_value"),
        (SESSION, {"deviceId": "a" * 256}, "deviceId", "invalid_value"),
        (SESSION, {"deviceId": "a\0"}, "deviceId", "invalid_value"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_named(
    alice: User, ask: Ask, path: str, parameters: dict[str, Any], field: str, code: str
) -> None:
    response = ask(alice, path, **parameters)
    assert response.status_code == 400
    assert (body(response)["field"], body(response)["code"]) == (field, code)


@pytest.mark.parametrize("path", ALL)
def test_without_a_key_nobody_is_known(db: None, path: str) -> None:
    response = Client().get(f"{path}?{urlencode(needed(path))}")
    assert (response.status_code, body(response)["code"]) == (401, "unauthorized")
