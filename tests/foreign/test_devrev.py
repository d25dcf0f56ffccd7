"""GET /observability.sessions.list, line by line of DevRev's List Observability Sessions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from sessions.contract.errors import ERRORS, Problem
from sessions.foreign import devrev
from sessions.models import ApiToken, Attachment, Organisation, User
from tests.conftest import NOON, Send
from tests.foreign.conftest import Ask, body

PATH = "/observability.sessions.list"
APP = {"app_id": "com.acme.shop", "platform": "android"}
ASKED = {"platform": "android", "version_key": "com.acme.shop"}


@pytest.fixture
def complete(acme: Organisation, send: Send) -> str:
    """A session with everything that the answer can say."""
    ident = send(
        acme,
        user="uma@acme.example",
        app=APP | {"version": "2.4.1"},
        device={
            "manufacturer": "Google",
            "model": "Pixel 8",
            "network_type": "wifi",
            "screen_height": 2400,
            "screen_width": 1080,
        },
        os={"name": "Android", "version": "14"},
        sdk={"version": "3.1", "plug_version": "1.2"},
        started_at=datetime(2023, 1, 1, 12, tzinfo=UTC),
        ended_at=datetime(2023, 1, 1, 12, 0, 3, 500_000, tzinfo=UTC),
        flags={"exception": True, "crash": True, "anr": True, "rage_tap": True},
    )
    return str(ident)


def test_a_session_has_every_documented_field(alice: User, complete: str, ask: Ask) -> None:
    response = ask(alice, PATH, **ASKED)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert body(response) == {
        "next_cursor": None,
        "prev_cursor": None,
        "sessions": [
            {
                "type": "mobile",
                "platform": "android",
                "session_id": complete,
                "created_at": "2023-01-01T12:00:00.000Z",
                "device_metadata": {
                    "app_version": "2.4.1",
                    "manufacturer": "Google",
                    "model": "Pixel 8",
                    "network_type": "wifi",
                    "os_version": "14",
                    "plug_sdk_version": "1.2",
                    "screen_height": 2400,
                    "screen_width": 1080,
                    "sdk_version": "3.1",
                },
                "has_exception_occurred": True,
                "is_anr": True,
                "is_crash": True,
                "rage_tap": True,
                "recording_ids": [],
                "rev_org_id": "acme",
                "rev_user_id": "uma@acme.example",
                "session_duration_ms": 3500,
            }
        ],
    }


def test_recordings_are_the_videos_that_can_be_fetched(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    ident = send(acme, app=APP)
    for name, kind, available in (("a.webm", "video", True), ("b.bin", "recording", True), ("c.webm", "video", False)):
        Attachment.objects.create(
            session_id=ident, name=name, organisation=acme, kind=kind, content_type="video/webm", size=1,
            sha256="0" * 64, available=available, storage_name=name,
        )  # fmt: skip
    Attachment.objects.create(
        session_id=ident, name="log", organisation=acme, kind="log", content_type="text/plain", size=1,
        sha256="0" * 64, storage_name="log",
    )  # fmt: skip
    (session,) = body(ask(alice, PATH, **ASKED))["sessions"]
    assert session["recording_ids"] == ["a.webm", "b.bin"]


def test_what_is_unknown_is_null(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, app=APP, status="active", started_at=timezone.now())
    (session,) = body(ask(alice, PATH, **ASKED))["sessions"]
    assert set(session["device_metadata"].values()) == {None}
    assert session["session_duration_ms"] is None
    assert session["rev_user_id"] is None
    assert session["is_crash"] is False
    assert session["recording_ids"] == []


def test_ids_that_were_kept_as_attributes_come_back(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, app=APP, user="uma@acme.example", attributes={"rev_org_id": "REV-AbCdEfGh", "rev_user_id": "REVU-1"})
    (session,) = body(ask(alice, PATH, **ASKED))["sessions"]
    assert (session["rev_org_id"], session["rev_user_id"]) == ("REV-AbCdEfGh", "REVU-1")


@pytest.mark.parametrize(("platform", "kind"), [("android", "mobile"), ("ios", "mobile"), ("web", "web")])
def test_platform_chooses_and_says_the_type(
    acme: Organisation, alice: User, send: Send, ask: Ask, platform: str, kind: str
) -> None:
    for name in ("android", "ios", "web"):
        send(acme, app={"app_id": "one", "platform": name})
    (session,) = body(ask(alice, PATH, platform=platform, version_key="one"))["sessions"]
    assert (session["type"], session["platform"]) == (kind, platform)


def test_version_key_is_the_whole_app_id(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    send(acme, app=APP | {"app_id": "com.acme.shop.beta"})
    assert body(ask(alice, PATH, **ASKED))["sessions"] == []


@pytest.fixture
def ten(acme: Organisation, send: Send) -> list[str]:
    """Oldest first; the older, the longer."""
    return [
        str(
            send(
                acme, app=APP, started_at=NOON + timedelta(hours=n), ended_at=NOON + timedelta(hours=n, minutes=30 - n)
            )
        )
        for n in range(10)
    ]


def ids(response: Any) -> list[str]:
    return [session["session_id"] for session in body(response)["sessions"]]


def test_newest_first_unless_asked_otherwise(alice: User, ten: list[str], ask: Ask) -> None:
    assert ids(ask(alice, PATH, **ASKED)) == ten[::-1]
    assert ids(ask(alice, PATH, **ASKED, sort_by="created_at:desc")) == ten[::-1]
    assert ids(ask(alice, PATH, **ASKED, sort_by=["created_at:asc"])) == ten
    assert ids(ask(alice, PATH, **ASKED, sort_by="duration:asc")) == ten[::-1]
    assert ids(ask(alice, PATH, **ASKED, sort_by="session_duration_ms:desc")) == ten


def test_fifty_unless_a_limit_is_given(acme: Organisation, alice: User, send: Send, ask: Ask) -> None:
    for number in range(51):
        send(acme, app=APP, external_id=str(number))
    assert len(ids(ask(alice, PATH, **ASKED))) == 50
    assert len(ids(ask(alice, PATH, **ASKED, limit=51))) == 51
    assert len(ids(ask(alice, PATH, **ASKED, limit=2**31 - 1))) == 51


@pytest.mark.parametrize("sort_by", ["created_at:desc", "created_at:asc", "duration:desc"])
def test_cursors_lead_through_all_of_it_and_back(alice: User, ten: list[str], ask: Ask, sort_by: str) -> None:
    whole = ids(ask(alice, PATH, **ASKED, sort_by=sort_by))
    pages, cursor = [], None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = body(ask(alice, PATH, **ASKED, sort_by=sort_by, limit=4, **more))
        pages.append(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [s["session_id"] for page in pages for s in page["sessions"]] == whole
    assert pages[0]["prev_cursor"] is None
    before = ask(alice, PATH, **ASKED, sort_by=sort_by, limit=4, mode="before", cursor=pages[2]["prev_cursor"])
    assert ids(before) == whole[4:8]


def test_before_without_a_cursor_starts_from_the_end_in_the_same_order(alice: User, ten: list[str], ask: Ask) -> None:
    assert ids(ask(alice, PATH, **ASKED, mode="before", limit=3)) == ten[:3][::-1]
    assert ids(ask(alice, PATH, **ASKED, mode="after", limit=3)) == ten[-3:][::-1]


ENUM = {"type": "invalid_enum_value"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"version_key": "a"}, {"type": "missing_required_field", "field_name": "platform"}),
        ({"platform": "ios"}, {"type": "missing_required_field", "field_name": "version_key"}),
        ({"platform": "ios", "version_key": ""}, {"type": "value_not_permitted", "field_name": "version_key"}),
        ({"platform": "ios", "version_key": "a" * 256}, {"type": "value_not_permitted", "field_name": "version_key"}),
        ({"platform": "ios", "version_key": "\0"}, {"type": "value_not_permitted", "field_name": "version_key"}),
        (
            {"platform": "kiosk", "version_key": "a"},
            ENUM | {"field_name": "platform", "value": "kiosk", "allowed_values": ["android", "ios", "web"]},
        ),
        (
            ASKED | {"mode": "around"},
            ENUM | {"field_name": "mode", "value": "around", "allowed_values": ["after", "before"]},
        ),
        (ASKED | {"sort_by": "app:asc"}, ENUM | {"field_name": "sort_by", "value": "app:asc"}),
        (ASKED | {"sort_by": "created_at"}, ENUM | {"field_name": "sort_by", "value": "created_at"}),
        (
            ASKED | {"sort_by": ["duration:desc", "duration:asc"]},
            {
                "type": "value_not_permitted",
                "field_name": "sort_by",
                "reason": "Each field can be given once.",
            },
        ),
        (ASKED | {"limit": "many"}, {"type": "parse_error"}),
        (ASKED | {"limit": "²"}, {"type": "parse_error"}),
        (ASKED | {"limit": "1_000"}, {"type": "parse_error"}),
        (ASKED | {"limit": "2147483648"}, {"type": "parse_error"}),
        (ASKED | {"limit": "9" * 5000}, {"type": "parse_error"}),
        (ASKED | {"limit": "0"}, {"type": "value_not_permitted", "field_name": "limit"}),
        (ASKED | {"limit": "-5"}, {"type": "value_not_permitted", "field_name": "limit"}),
        (ASKED | {"cursor": "forged"}, {"type": "value_not_permitted", "field_name": "cursor"}),
        (ASKED | {"cursor": "x" * 10_000}, {"type": "value_not_permitted", "field_name": "cursor"}),
        (ASKED | {"platforms": "ios"}, {"type": "invalid_field", "field_name": "platforms"}),
        ({"platform": ["ios", "web"], "version_key": "a"}, {"type": "value_not_permitted", "field_name": "platform"}),
    ],
    ids=lambda value: str(value)[:80],
)
def test_what_cannot_be_answered_is_named(
    alice: User, ask: Ask, parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    response = ask(alice, PATH, **parameters)
    said = body(response)
    assert response.status_code == 400
    assert {"detail", "message", "type"} <= said.keys()
    assert {name: said[name] for name in expected} == expected


def test_a_cursor_of_another_order_is_refused(alice: User, ten: list[str], ask: Ask) -> None:
    cursor = body(ask(alice, PATH, **ASKED, limit=2))["next_cursor"]
    response = ask(alice, PATH, **ASKED, limit=2, sort_by="created_at:asc", cursor=cursor)
    assert (response.status_code, body(response)["field_name"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, None),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "token_expired"),
        ({"revoked_at": timezone.now()}, "token_revoked"),
        ({"digest": "f" * 64}, "unauthenticated"),
        ({"scopes": ["write"]}, "forbidden"),
    ],
)
def test_a_token_is_expired_revoked_unknown_or_lacks_the_scope(
    dave: User, key_of: Callable[..., str], change: dict[str, Any], kind: str | None
) -> None:
    key = key_of(dave)
    ApiToken.objects.update(**change) if change else None
    response = Client().get(PATH, ASKED, headers={"Authorization": f"Bearer {key}"})
    if kind is None:
        assert response.status_code == 200
        return
    assert response.status_code == (403 if kind == "forbidden" else 401)
    said = body(response)
    assert said["type"] == kind
    assert set(said) == {"detail", "message", "type"}


def test_without_a_token_nobody_is_known(db: None) -> None:
    response = Client().get(PATH, ASKED)
    assert (response.status_code, body(response)["type"]) == (401, "unauthenticated")
    assert "WWW-Authenticate" in response


def test_a_body_that_is_too_large_is_refused_with_the_limit(alice: User, key_of: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {key_of(alice)}"}
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        response = Client().generic("GET", PATH, b"x" * 1001, headers=headers)
    assert (response.status_code, body(response)["type"], body(response)["max_bytes"]) == (
        413,
        "request_entity_too_large",
        1000,
    )


def test_another_method_is_refused_as_json(alice: User, key_of: Callable[..., str]) -> None:
    response = Client().post(PATH, headers={"Authorization": f"Bearer {key_of(alice)}"})
    assert (response.status_code, body(response)["type"], response["Allow"]) == (405, "bad_request", "GET, HEAD")


def test_nothing_else_is_there(alice: User, ask: Ask) -> None:
    response = ask(alice, "/observability.sessions.get")
    assert (response.status_code, body(response)["type"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("problem", "status", "kind", "extra"),
    [
        (Problem("too_many_requests", headers={"Retry-After": "7"}), 429, "too_many_requests", {"retry_after": 7}),
        (Problem("server_error", reference_id="abc"), 500, "internal_error", {"reference_id": "abc"}),
        (Problem("unavailable"), 503, "service_unavailable", {}),
        (Problem("invalid_value", "What?"), 400, "bad_request", {}),
    ],
)
def test_what_the_server_cannot_do_has_its_type(
    problem: Problem, status: int, kind: str, extra: dict[str, object]
) -> None:
    assert devrev.error(problem) == (
        status,
        {"detail": problem.message, "message": ERRORS[problem.code][1], "type": kind, **extra},
    )


def test_members_get_their_own_and_another_organisation_gets_nothing(
    acme: Organisation, dave: User, alice: User, uma: User, globex_admin: User, send: Send, ask: Ask
) -> None:
    own = str(send(acme, user="dave@acme.example", app=APP))
    other = str(send(acme, user="uma@acme.example", app=APP))
    assert set(ids(ask(alice, PATH, **ASKED))) == {own, other}
    assert ids(ask(dave, PATH, **ASKED)) == [own]
    cursor = body(ask(alice, PATH, **ASKED, limit=1))["next_cursor"]
    for more in ({}, {"cursor": cursor}, {"cursor": cursor, "mode": "before"}):
        assert ids(ask(globex_admin, PATH, **ASKED, **more)) == []
