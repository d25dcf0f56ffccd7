"""GET /v2/sessions/{session_id}/events, line by line of FullStory's Get Session Events."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from sessions.contract.errors import Problem
from sessions.foreign import fullstory
from sessions.models import ApiToken, Organisation, User
from tests.conftest import NOON, Send
from tests.foreign.conftest import Ask, body

AGENT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/123.0.0.0 Safari/537.36"
)
LOGIN = "https://app.fullstory.com/login/?dest=%2Fui"
NAVIGATION = {
    "event_type": "navigate",
    "event_time": "2024-04-03T17:06:12.290Z",
    "device_id": "17117",
    "view_id": "4376064173749384629",
    "source_type": "web",
    "event_properties": {
        "navigate_reason": "navigate",
        "event_definition_id": "Navigate-Login-Event",
        "additional_event_definition_ids": [],
    },
    "source_properties": {"url": LOGIN},
}


def path(session_id: object) -> str:
    return f"/v2/sessions/{quote(str(session_id), safe='')}/events"


def events(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.getvalue()
    found: list[dict[str, Any]] = body(response)["events"]
    return found


def test_an_event_has_every_documented_field(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, external_id="5916567459329906423", network={"user_agent": AGENT}, events=[NAVIGATION])
    assert body(ask(alice, path("5916567459329906423"))) == {
        "events": [
            {
                "device_id": "17117",
                "session_id": "5916567459329906423",
                "view_id": "4376064173749384629",
                "event_time": "2024-04-03T17:06:12.290Z",
                "event_type": "navigate",
                "event_properties": NAVIGATION["event_properties"],
                "source_type": "web",
                "source_properties": {
                    "user_agent": {
                        "raw_user_agent": AGENT,
                        "device": "Desktop",
                        "operating_system": "OS X",
                        "browser": "Chrome",
                        "browser_version": "123.0.0.0",
                    },
                    "url": {
                        "full_url": LOGIN,
                        "host": "app.fullstory.com",
                        "path": "/login/",
                        "query": {"dest": {"values": ["/ui"]}},
                    },
                    "initial_referrer": None,
                },
            }
        ]
    }


def test_a_session_is_found_by_its_id_and_by_its_producers(
    acme: Organisation, alice: User, send: Send, ask: Ask
) -> None:
    ident = send(acme, external_id="17117:591/656 é", events=[NAVIGATION])
    assert quote("17117:", safe="") == "17117%3A"
    for name in ("17117:591/656 é", str(ident), str(ident).upper()):
        (event,) = events(ask(alice, path(name)))
        assert event["session_id"] == name
    response = ask(alice, "/v2/sessions/17117:591%2F656%20%C3%A9/events")
    assert len(events(response)) == 1


def test_an_external_id_that_looks_like_an_id_is_found(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, external_id="0123456789abcdef0123456789abcdef", events=[NAVIGATION])
    assert len(events(ask(alice, path("0123456789abcdef0123456789abcdef")))) == 1


def test_all_events_come_in_order_of_time(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    many = [
        {"event_type": "click", "event_time": NOON + timedelta(milliseconds=n), "event_properties": {"n": n}}
        for n in range(2_500)
    ]
    ident = send(acme, events=many[::-1])
    assert [event["event_properties"]["n"] for event in events(ask(alice, path(ident)))] == list(range(2_500))


def test_what_is_unknown_is_null(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    ident = send(acme, events=[{"event_type": "click", "event_time": NOON}])
    (event,) = events(ask(alice, path(ident)))
    assert event == {
        "device_id": None,
        "session_id": str(ident),
        "view_id": None,
        "event_time": "2026-06-15T12:00:00.000Z",
        "event_type": "click",
        "event_properties": {},
        "source_type": None,
        "source_properties": {"user_agent": None, "url": None, "initial_referrer": None},
    }


def test_a_session_without_events_has_an_empty_list(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    assert events(ask(alice, path(send(acme)))) == []


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("not a url", {"full_url": "not a url", "host": None, "path": "not a url", "query": {}}),
        ("https://[half", {"full_url": "https://[half", "host": None, "path": None, "query": None}),
        (
            "https://u:p@a.example:8080/b?x=1&x=2&y=",
            {
                "full_url": "https://u:p@a.example:8080/b?x=1&x=2&y=",
                "host": "a.example:8080",
                "path": "/b",
                "query": {"x": {"values": ["1", "2"]}, "y": {"values": [""]}},
            },
        ),
        (
            {"host": "shop.example", "path": "/cart"},
            {"full_url": None, "host": "shop.example", "path": "/cart", "query": None},
        ),
        (
            {"full_url": "https://a.example/b?c=d", "path": "/rewritten"},
            {
                "full_url": "https://a.example/b?c=d",
                "host": "a.example",
                "path": "/rewritten",
                "query": {"c": {"values": ["d"]}},
            },
        ),
        ("", None),
        (7, None),
        ({}, None),
    ],
    ids=str,
)
def test_an_address_is_taken_apart_and_nothing_is_added(
    acme: Organisation, alice: User, send: Send, ask: Ask, stored: object, expected: object
) -> None:
    event = {"event_type": "click", "event_time": NOON, "source_properties": {"url": stored, "other": 1}}
    ident = send(acme, events=[event])
    (found,) = events(ask(alice, path(ident)))
    assert found["source_properties"]["url"] == expected
    assert found["source_properties"]["other"] == 1


def test_only_a_navigation_has_its_page_among_its_own_properties(
    acme: Organisation, alice: User, send: Send, ask: Ask
) -> None:
    properties = {"url": "https://a.example/b"}
    ident = send(
        acme,
        events=[
            {"event_type": kind, "event_time": NOON + timedelta(seconds=n), "event_properties": properties}
            for n, kind in enumerate(("navigate", "network"))
        ],
    )
    urls = [event["source_properties"]["url"] for event in events(ask(alice, path(ident)))]
    assert urls[0]["host"] == "a.example"
    assert urls[1] is None


def test_what_the_event_says_of_the_browser_wins(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    said = {"raw_user_agent": AGENT, "browser": "Arc", "device": "Desktop"}
    event = {"event_type": "click", "event_time": NOON, "source_properties": {"user_agent": said}}
    ident = send(acme, os={"name": "macOS"}, events=[event])
    (found,) = events(ask(alice, path(ident)))
    assert found["source_properties"]["user_agent"] == {
        **said,
        "operating_system": "macOS",
        "browser_version": "123.0.0.0",
    }


@pytest.mark.parametrize("value", ["true", "false", "True"])
def test_the_cache_may_be_asked_for_and_the_answer_is_always_of_now(
    acme: Organisation, alice: User, send: Send, ask: Ask, value: str
) -> None:
    send(acme, external_id="a", events=[NAVIGATION])
    assert len(events(ask(alice, path("a"), enable_event_cache=value))) == 1
    send(acme, external_id="a", events=[NAVIGATION | {"view_id": "another"}])
    assert len(events(ask(alice, path("a"), enable_event_cache=value))) == 2


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/v2/sessions//events", 400, "required_field"),
        ("/v2/sessions/%20/events", 400, "required_field"),
        ("/v2/sessions/a/events?enable_event_cache=maybe", 400, "invalid_value"),
        ("/v2/sessions/a/events?enable_event_cache=true&enable_event_cache=false", 400, "invalid_value"),
        ("/v2/sessions/a/events?limit=5", 400, "unknown_parameter"),
        ("/v2/sessions/a%00/events", 400, "invalid_value"),
        ("/v2/sessions/a/events", 404, "resource_not_found"),
        ("/v2/sessions/" + "a" * 20_000 + "/events", 404, "resource_not_found"),
        ("/v2/sessions/%FF%FE/events", 404, "resource_not_found"),
        ("/v2/sessions/a", 404, "resource_not_found"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_errors_are_a_message_and_a_code(alice: User, ask: Ask, address: str, status: int, code: str) -> None:
    response = ask(alice, address)
    assert response.status_code == status
    assert set(body(response)) == {"message", "code"}
    assert body(response)["code"] == code


def test_the_key_is_sent_as_basic_as_it_is_or_as_a_name(
    acme: Organisation, alice: User, send: Send, key_of: Callable[..., str]
) -> None:
    ident = send(acme, events=[NAVIGATION])
    key = key_of(alice)
    for value in (key, base64.b64encode(f"{key}:".encode()).decode()):
        assert len(events(Client().get(path(ident), headers={"Authorization": f"Basic {value}"}))) == 1


@pytest.mark.parametrize("header", [None, "Basic bm9uZQ==", "Basic sh_unknown", "Digest x"])
def test_without_a_known_key_access_is_unauthorized(db: None, header: str | None) -> None:
    response = Client().get(path("a"), headers={"Authorization": header} if header else {})
    assert (response.status_code, body(response)["code"], set(body(response))) == (
        401,
        "unauthorized",
        {"message", "code"},
    )


def test_expired_revoked_and_without_the_scope(dave: User, key_of: Callable[..., str]) -> None:
    headers = {"Authorization": f"Basic {key_of(dave, 'write')}"}
    assert Client().get(path("a"), headers=headers).status_code == 403
    ApiToken.objects.update(expires_at=timezone.now())
    response = Client().get(path("a"), headers=headers)
    assert (response.status_code, body(response)["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (Problem("too_many_requests", headers={"Retry-After": "7"}), 429, "too_many_requests"),
        (Problem("server_error", reference_id="abc"), 500, "server_error"),
        (Problem("unavailable"), 503, "unavailable"),
    ],
)
def test_what_the_server_cannot_do_is_a_code_too(problem: Problem, status: int, code: str) -> None:
    answered, said = fullstory.error(problem)
    assert (answered, said["code"], set(said)) == (status, code, {"message", "code"})


def test_the_reference_of_a_server_error_is_in_its_message() -> None:
    _, said = fullstory.error(Problem("server_error", reference_id="abc123"))
    assert str(said["message"]).endswith("Reference: abc123")


def test_another_persons_and_another_organisations_session_does_not_exist(
    acme: Organisation, globex: Organisation, dave: User, globex_admin: User, send: Send, ask: Ask
) -> None:
    other = send(acme, external_id="shared-name", user="uma@acme.example", events=[NAVIGATION])
    for viewer in (dave, globex_admin):
        for name in ("shared-name", other):
            assert ask(viewer, path(name)).status_code == 404
    send(globex, external_id="shared-name", events=[NAVIGATION, NAVIGATION | {"view_id": "2"}])
    assert len(events(ask(globex_admin, path("shared-name")))) == 2
