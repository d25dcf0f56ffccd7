"""Every address x every role x whose session: who gets an answer, and nobody else learns anything.

An address that is not in one of the two tables fails the build.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sessions.accounts.saved_views import save_view
from sessions.models import ApiToken, Organisation, User
from tests.conftest import NOON, Send

# The visitors: an admin, a developer and a user of acme, the admin of another organisation, somebody not signed in.
VISITORS = ("alice", "dave", "uma", "gina", "nobody")

# What lies below a session. A page sends whoever is not signed in to the sign-in, the API answers 401.
BELOW_A_SESSION = {
    "session_detail": 302,
    "attachment": 302,
    "attachment_view": 302,
    "attachment_moment": 302,
    "api_session": 401,
    "api_session_events": 401,
    "api_attachment": 401,
    "foreign_session_events": 401,
}

# Whose session                 alice  dave   uma    gina
SEEN = {
    "run by dave":             (True,  True,  False, False),
    "sent with dave's token":  (True,  True,  False, False),
    "run by uma":              (True,  False, True,  False),
    "sent with another token": (True,  False, False, False),
    "anonymous":               (True,  False, False, False),
    "of globex":               (False, False, False, True),
    "of globex, dave's namesake": (False, False, False, True),
}  # fmt: skip

# Every other address: what a GET answers.
#                            alice dave uma  gina nobody
ELSEWHERE = {
    "home":                  (302, 302, 302, 302, 302),
    "session_list":          (200, 200, 200, 200, 302),
    "session_live":          (200, 200, 200, 200, 302),
    "session_options":       (200, 200, 200, 200, 302),
    "search_completions":    (200, 200, 200, 200, 302),
    "search_help":           (200, 200, 200, 200, 302),
    "session_export":        (200, 200, 200, 200, 401),  # 302 for a browser, which would take a page
    "session_compare":       (200, 200, 200, 200, 302),
    "session_display":       (405, 405, 405, 405, 302),
    "saved_views":           (200, 200, 200, 200, 302),
    "saved_view_new":        (200, 200, 200, 200, 302),
    "saved_view_edit":       (200, 403, 403, 404, 302),  # a view of alice's that is shared
    "saved_view_update":     (405, 405, 405, 405, 302),
    "saved_view_use":        (405, 405, 405, 405, 302),
    "saved_view_delete":     (200, 403, 403, 404, 302),
    "session_selected":      (405, 405, 405, 405, 302),
    "usage":                 (200, 200, 200, 200, 302),
    "signin":                (302, 302, 302, 302, 200),
    "signout":               (405, 405, 405, 405, 405),
    "password_change":       (200, 200, 200, 200, 302),
    "password_reset":        (200, 200, 200, 200, 200),
    "password_reset_sent":   (200, 200, 200, 200, 200),
    "password_set":          (410, 410, 410, 410, 410),  # with a link that has expired
    "settings":              (200, 200, 200, 200, 302),
    "settings_organisation": (200, 403, 403, 200, 302),
    "members":               (200, 403, 403, 200, 302),
    "member_invite":         (200, 403, 403, 200, 302),
    "member":                (200, 403, 403, 404, 302),  # a member of acme
    "tokens":                (200, 200, 200, 200, 302),
    "token_new":             (200, 200, 403, 200, 302),
    "token_revoke":          (200, 200, 404, 404, 302),  # a token of dave's
    "api_sessions":          (200, 200, 200, 200, 401),
    "api_batch":             (405, 405, 405, 405, 401),
    "observability_sessions": (200, 200, 200, 200, 401),
    "foreign_session_events_unnamed": (400, 400, 400, 400, 401),
    "api_events":            (200, 200, 200, 200, 401),
    "api_events_latest":     (200, 200, 200, 200, 401),
    "realtime_sessions":     (200, 200, 200, 404, 401),  # of the tenant acme
    "realtime_events":       (200, 200, 200, 404, 401),
    "realtime_latest_events": (200, 200, 200, 404, 401),
    "formal_list_sessions":  (405, 405, 405, 405, 401),
    "api_openapi":           (200, 200, 200, 200, 200),
    "api_docs":              (200, 200, 200, 200, 200),
    "healthz":               (200, 200, 200, 200, 200),
    "readyz":                (200, 200, 200, 200, 200),
    "metrics":               (404, 404, 404, 404, 404),  # without METRICS_TOKEN; with it, only who knows it
}  # fmt: skip

QUERIES = {
    "session_options": "?name=app",
    "session_live": "?newest=",
    "search_completions": "?before=app:",
    "observability_sessions": "?platform=ios&version_key=app-1-secret",
    "api_events_latest": "?distinct=str1",
    "realtime_latest_events": "?distinctColumns=str1",
}


@dataclass(frozen=True)
class Secret:
    """A session and the words in it that only those who see it may read."""

    id: UUID
    words: tuple[str, ...]


def routes(resolver: URLResolver | None = None) -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)


def test_every_address_is_in_one_of_the_tables() -> None:
    assert sorted(routes()) == sorted([*BELOW_A_SESSION, *ELSEWHERE])


@pytest.fixture
def visitors(alice: User, dave: User, uma: User, globex_admin: User) -> dict[str, Client]:
    clients = {name: Client() for name in VISITORS}
    for name, user in (("alice", alice), ("dave", dave), ("uma", uma), ("gina", globex_admin)):
        clients[name].force_login(user)
    return clients


@pytest.fixture
def secrets(
    acme: Organisation, globex: Organisation, dave: User, uma: User, nightly: ApiToken, send: Send, tmp_path: Path
) -> dict[str, Secret]:
    ApiToken.objects.create(organisation=acme, creator=uma, label="revoked", digest="2" * 64, revoked_at=NOON)
    whose: dict[str, tuple[Organisation, dict[str, Any]]] = {
        "run by dave": (acme, {"user": "dave@acme.example"}),
        "sent with dave's token": (acme, {"token": "nightly-ci"}),
        "run by uma": (acme, {"user": "uma@acme.example"}),
        "sent with another token": (acme, {"token": "weekly"}),
        "anonymous": (acme, {}),
        "of globex": (globex, {}),
        "of globex, dave's namesake": (globex, {"user": "dave@acme.example"}),
    }
    made = {}
    for number, (name, (organisation, fields)) in enumerate(whose.items()):
        (tmp_path / "file").write_text(f"content-{number}")
        (tmp_path / "cast").write_text(f'{{"version":2,"width":80,"height":24}}\n[0,"o","content-{number}"]\n')
        words = (f"app-{number}-secret", f"App {number} Secret", f"event-{number}-secret", f"content-{number}")
        file = {"name": "secret.log", "kind": "log", "content_type": "text/plain", "file": "file"}
        cast = {"name": "secret.cast", "kind": "recording", "content_type": "application/x-asciicast", "file": "cast"}
        ident = send(
            organisation,
            app={"app_id": words[0], "name": words[1]},
            events=[{"event_type": words[2], "event_time": "2026-06-15T12:00:01Z"}],
            attachments=[file, cast],
            last_seen_at=NOON + timedelta(seconds=2),
            **fields,
        )
        made[name] = Secret(ident, words)
    return made


def address(name: str, session_id: UUID) -> str:
    arguments: dict[str, Any] = {"session_id": session_id}
    if "attachment" in name:
        arguments["name"] = "secret.cast" if name == "attachment_moment" else "secret.log"
    return reverse(name, kwargs=arguments)


@pytest.mark.parametrize("name", BELOW_A_SESSION)
def test_a_session_answers_whoever_sees_it_and_is_not_there_for_others(
    visitors: dict[str, Client], secrets: dict[str, Secret], name: str
) -> None:
    for whose, seen in SEEN.items():
        secret = secrets[whose]
        for visitor, sees in zip(VISITORS, (*seen, False), strict=True):
            response = visitors[visitor].get(address(name, secret.id))
            refused = BELOW_A_SESSION[name] if visitor == "nobody" else 404
            assert response.status_code == (200 if sees else refused), (name, whose, visitor)
            if not sees:
                assert_silent(response, secret, (name, whose, visitor))


@pytest.mark.parametrize("name", BELOW_A_SESSION)
def test_what_may_not_be_seen_answers_exactly_like_what_does_not_exist(
    visitors: dict[str, Client], secrets: dict[str, Secret], name: str
) -> None:
    as_one = {"X-Request-Id": "the-same"}  # errors name it
    other = visitors["dave"].get(address(name, secrets["run by uma"].id), headers=as_one)
    missing = visitors["dave"].get(address(name, uuid4()), headers=as_one)
    assert other.status_code == missing.status_code == 404
    assert same_but_for_the_token(other.content) == same_but_for_the_token(missing.content)


@pytest.mark.parametrize("name", BELOW_A_SESSION)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes_a_session_they_do_not_see(
    visitors: dict[str, Client], secrets: dict[str, Secret], name: str, method: str
) -> None:
    for visitor in ("uma", "gina", "nobody"):
        response = getattr(visitors[visitor], method)(address(name, secrets["run by dave"].id))
        assert response.status_code in (302, 401, 403, 404, 405), visitor
        assert_silent(response, secrets["run by dave"], visitor)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_every_other_address_answers_each_role_as_the_table_says(
    visitors: dict[str, Client], secrets: dict[str, Secret], alice: User, uma: User, name: str
) -> None:
    view = save_view(alice, "Shared", "status=failed", {}, is_shared=True).pk
    arguments: dict[str, dict[str, Any]] = {
        "password_set": {"uidb64": "MQ", "token": "expired"},
        "member": {"member_id": uma.pk},
        "realtime_sessions": {"tenant": "acme"},
        "realtime_events": {"tenant": "acme"},
        "realtime_latest_events": {"tenant": "acme"},
        **{f"saved_view_{name}": {"view_id": view} for name in ("edit", "update", "use", "delete")},
        "token_revoke": {"token_id": ApiToken.objects.get(label="nightly-ci").pk},
    }
    for visitor, expected in zip(VISITORS, ELSEWHERE[name], strict=True):
        url = reverse(name, kwargs=arguments.get(name)) + QUERIES.get(name, "")
        response = visitors[visitor].get(url)
        assert response.status_code == expected, visitor
        for whose, seen in SEEN.items():
            if not dict(zip(VISITORS, (*seen, False), strict=True))[visitor]:
                assert_silent(response, secrets[whose], (name, whose, visitor))


def test_somebody_deactivated_is_out_at_once(
    visitors: dict[str, Client], secrets: dict[str, Secret], dave: User
) -> None:
    dave.is_active = False
    dave.save()
    for name, refused in BELOW_A_SESSION.items():
        response = visitors["dave"].get(address(name, secrets["run by dave"].id))
        assert response.status_code == refused, name
    assert visitors["dave"].get(reverse("api_sessions")).status_code == 401


def assert_silent(response: Any, secret: Secret, where: object) -> None:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert [word for word in (*secret.words, str(secret.id)) if word.encode() in told(body, secret)] == [], where


def told(body: bytes, secret: Secret) -> bytes:
    """What is said beyond the address that was asked for, which a sign-in page or a link back repeats."""
    return body.replace(f"/sessions/{secret.id}".encode(), b"").replace(f"%2Fsessions%2F{secret.id}".encode(), b"")


def same_but_for_the_token(body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if b"csrf" not in line]
