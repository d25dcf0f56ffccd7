"""Clients written from the documents' own examples, unchanged but for the host and the key, over real HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from sessions.models import Organisation, User
from tests.conftest import Send
from tests.foreign.test_fullstory import AGENT, NAVIGATION

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Static files are not collected where tests run; none is asked for here.
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


@pytest.fixture
def server(live_server: LiveServer, settings: LazySettings) -> str:
    settings.ALLOWED_HOSTS = ["*"]
    url: str = live_server.url
    return url


def call(request: urllib.request.Request) -> tuple[int, Any, dict[str, str]]:
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), dict(error.headers)


def test_devrev(server: str, acme: Organisation, alice: User, send: Send, key_of: Callable[..., str]) -> None:
    send(acme, app={"app_id": "string", "platform": "android"})
    request = urllib.request.Request(
        f"{server}/observability.sessions.list?platform=android&version_key=string",
        headers={"Authorization": f"Bearer {key_of(alice)}"},
    )
    status, answer, headers = call(request)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert set(answer) == {"next_cursor", "prev_cursor", "sessions"}
    (session,) = answer["sessions"]
    assert set(session) == {
        "type", "platform", "session_id", "created_at", "device_metadata", "has_exception_occurred", "is_anr",
        "is_crash", "rage_tap", "recording_ids", "rev_org_id", "rev_user_id", "session_duration_ms",
    }  # fmt: skip
    assert set(session["device_metadata"]) == {
        "app_version", "manufacturer", "model", "network_type", "os_version", "plug_sdk_version", "screen_height",
        "screen_width", "sdk_version",
    }  # fmt: skip


def test_fullstory(server: str, acme: Organisation, alice: User, send: Send, key_of: Callable[..., str]) -> None:
    send(acme, external_id="17117:5916567459329906423", network={"user_agent": AGENT}, events=[NAVIGATION])
    request = urllib.request.Request(
        f"{server}/v2/sessions/17117%3A5916567459329906423/events?enable_event_cache=true",
        headers={"Authorization": f"Basic {key_of(alice)}"},
    )
    status, answer, _ = call(request)
    assert status == 200
    (event,) = answer["events"]
    assert event["session_id"] == "17117:5916567459329906423"
    assert event["source_properties"]["url"]["query"]["dest"]["values"] == ["/ui"]


def test_the_kiosk_grid(server: str, acme: Organisation, alice: User, send: Send, key_of: Callable[..., str]) -> None:
    now = timezone.now()
    send(acme, started_at=now, events=[{"event_type": "tap", "event_time": now, "str1": "a"}])
    for path in ("session", "event", "latest-event"):
        query = "?distinctColumns=str1&interactionType=all" if path == "latest-event" else ""
        request = urllib.request.Request(
            f"{server}/v2/realtime/{path}/tenants/acme{query}", headers={"Authorization": f"Bearer {key_of(alice)}"}
        )
        status, answer, _ = call(request)
        assert (status, len(answer), answer[0]["tenantId"]) == (200, 1, "acme")


def test_formal(server: str, acme: Organisation, alice: User, send: Send, key_of: Callable[..., str]) -> None:
    send(acme, started_at=datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC))
    request = urllib.request.Request(
        f"{server}/core.v1.SessionsService/ListSessionsV2",
        data=b'{\n    "example": "value"\n  }',
        headers={"X-API-KEY": key_of(alice), "Content-Type": "application/json"},
        method="POST",
    )
    status, answer, _ = call(request)
    assert status == 200
    assert set(answer["listMetadata"]) == {"after", "before", "count", "nextCursor"}
    assert set(answer["sessions"][0]) == {
        "id", "startTime", "endTime", "duration", "sessionStatus", "network", "sidecar", "user", "resource",
        "connector",
    }  # fmt: skip
    assert answer["sessions"][0]["startTime"] == "2023-11-07T05:31:56Z"


PATHS = {
    "/observability.sessions.list?platform=ios&version_key=a": ("type", "too_many_requests"),
    "/v2/sessions/a/events": ("code", "too_many_requests"),
    "/v2/realtime/session/tenants/acme": ("code", "too_many_requests"),
}


@pytest.mark.parametrize("path", PATHS)
def test_whoever_asks_too_often_is_told_when_to_come_back(
    server: str, settings: LazySettings, alice: User, key_of: Callable[..., str], path: str
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    headers = {"Authorization": f"Bearer {key_of(alice)}"}
    for _ in range(3):
        status, answer, answered = call(urllib.request.Request(server + path, headers=headers))
    name, kind = PATHS[path]
    assert (status, answer[name]) == (429, kind)
    assert int(answered["Retry-After"]) >= 1
    if name == "type":
        assert answer["retry_after"] == int(answered["Retry-After"])
