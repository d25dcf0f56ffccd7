"""PATCH: the fields that are sent, the state machine, signs of life."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from sessions.models import Organisation, Session, User
from tests.api_writing.program import SESSIONS, Program, error
from tests.api_writing.test_posting import FULL
from tests.conftest import Send
from tests.ingest.lines import a_line, an_event, stored

RUNNING = {"status": "active", "ended_at": None}
SILENT = timedelta(days=2)


def test_only_what_is_sent_changes(daves: Program) -> None:
    before = daves.post(FULL).json()

    response = daves.patch(before["id"], {"flags": {"crash": True}, "app": {"build": "8"}, "attributes": {"new": "x"}})

    assert response.status_code == 200
    before["flags"]["crash"] = True
    before["app"]["build"] = "8"
    before["attributes"] = {name: value for name, value in FULL["attributes"].items() if value is not None} | {
        "new": "x"
    }
    assert response.json() == before == daves.get(before["id"])


def test_nothing_sent_changes_nothing_of_a_session_that_is_over(daves: Program) -> None:
    before = daves.post(FULL).json()

    assert daves.patch(before["id"], {}).json() == before


def test_null_clears(daves: Program) -> None:
    ident = daves.post(FULL).json()["id"]

    nulls = {"environment": None, "resource": None, "app": {"version": None}, "attributes": {"number": None}}
    record = daves.patch(ident, nulls | {"title": None, "outcome": " "}).json()

    assert (record["title"], record["outcome"]) == (None, None)
    assert (record["environment"], record["app"]["version"], record["app"]["build"]) == (None, None, "7")
    assert record["resource"] == {"type": None, "id": None, "name": None, "technology": None}
    assert "number" not in record["attributes"]
    assert daves.patch(ident, {"initiator": None}).json()["initiator"]["label"] == "nightly-ci"
    assert error(daves.patch(ident, {"status": None})) == (400, "required_field", "status")


def test_a_session_is_told_how_it_went_when_it_ends(daves: Program) -> None:
    ident = daves.new(**RUNNING, title=" checkout \u203a pays ")

    record = daves.patch(ident, {"status": "failed", "outcome": " Expected 12, got 13\n"}).json()

    assert (record["title"], record["outcome"]) == ("checkout \u203a pays", "Expected 12, got 13")
    assert daves.patch(ident, {"outcome": "a known flaw"}).json()["outcome"] == "a known flaw"


def test_a_session_from_its_request_to_its_end(daves: Program) -> None:
    ident = daves.new(status="queued", started_at=None, ended_at=None, requested_at="2026-11-20T10:00:00Z")
    for patch, status in (
        ({}, "queued"),
        ({"status": "active", "started_at": "2026-11-20T10:00:05Z"}, "active"),
        ({"flags": {"crash": True}}, "active"),
        ({"status": "failed", "ended_at": "2026-11-20T10:01:05Z"}, "failed"),
    ):
        record = daves.patch(ident, patch).json()
        assert record["status"] == status
    assert (record["queue_ms"], record["duration_ms"], record["flags"]["crash"]) == (5000, 60_000, True)


def test_an_end_may_be_sent_as_a_duration(daves: Program) -> None:
    ident = daves.new(**RUNNING)

    record = daves.patch(ident, {"status": "ended", "duration_ms": 90_000}).json()

    assert (record["ended_at"], record["duration_ms"]) == ("2026-11-20T10:01:30.000000Z", 90_000)


def test_a_session_that_ends_without_a_time_ran_until_it_said_so(daves: Program) -> None:
    started = timezone.now() - timedelta(minutes=1)
    ident = daves.new(**RUNNING | {"started_at": started.isoformat()})

    record = daves.patch(ident, {"status": "ended"}).json()

    assert record["ended_at"] is None
    assert 60_000 <= record["duration_ms"] < 120_000
    assert daves.patch(ident, {"flags": {"crash": True}}).json()["duration_ms"] == record["duration_ms"]


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"status": "active", "ended_at": None}, "status"),
        ({"status": "failed"}, "status"),
        ({"status": "lost"}, "status"),
        ({"ended_at": "2026-11-20T10:06:00Z"}, "ended_at"),
        ({"ended_at": None}, "ended_at"),
    ],
)
def test_how_a_session_ended_stays(daves: Program, patch: dict[str, Any], field: str) -> None:
    ident = daves.new()
    before = daves.get(ident)

    assert error(daves.patch(ident, patch)) == (409, "conflict", field)
    assert daves.get(ident) == before


def test_the_same_end_again_is_no_conflict(daves: Program) -> None:
    ident = daves.new(**RUNNING)
    end = {"status": "ended", "ended_at": "2026-11-20T10:05:00Z"}

    assert daves.patch(ident, end).json() == daves.patch(ident, end).json()


def test_a_session_that_started_does_not_wait_again(daves: Program) -> None:
    ident = daves.new(**RUNNING)
    again = {"status": "queued", "started_at": None, "requested_at": "2026-11-20T10:00:00Z"}

    assert error(daves.patch(ident, again)) == (409, "conflict", "status")


def test_a_sign_of_life_brings_a_silent_session_back(daves: Program, acme: Organisation) -> None:
    ident = daves.new(**RUNNING)
    signs: list[Callable[[], Any]] = [
        lambda: daves.patch(ident, {}),
        lambda: daves.patch(ident, {"last_seen_at": timezone.now().isoformat()}),
        lambda: daves.patch(ident, {"flags": {"crash": True}}),
        lambda: daves.events(ident, an_event()),
        lambda: daves.put(ident, "a.log", b"x"),
        lambda: daves.post(a_line(**RUNNING)),
    ]
    for sign in signs:
        for state in ({}, {"status": "lost"}):
            then = timezone.now() - SILENT
            Session.objects.update(last_seen_at=then, started_at=then, **state)
            assert daves.get(ident)["status"] == "lost"
            assert sign().status_code in (200, 201)
            assert daves.get(ident)["status"] == "active"
            assert timezone.now() - stored(acme).last_seen_at < timedelta(minutes=1)


def test_a_lost_session_that_waited_waits_again(daves: Program) -> None:
    ident = daves.new(status="lost", started_at=None, ended_at=None, requested_at="2026-11-20T10:00:00Z")

    assert daves.patch(ident, {}).json()["status"] == "queued"


def test_a_session_that_is_over_is_not_brought_back(daves: Program) -> None:
    ident = daves.new()
    before = daves.get(ident)

    assert daves.events(ident, an_event()).status_code == 200
    assert daves.put(ident, "a.log", b"x").status_code == 201
    assert daves.get(ident) | {"attachments": []} == before


def test_it_was_never_seen_earlier_than_it_was(daves: Program) -> None:
    ident = daves.new(**RUNNING, last_seen_at="2026-11-20T11:00:00Z")

    record = daves.patch(ident, {"last_seen_at": "2026-11-20T10:30:00Z"}).json()

    assert record["last_seen_at"] == "2026-11-20T11:00:00.000000Z"


def test_the_external_id_stays(daves: Program) -> None:
    assert error(daves.patch(daves.new(), {"external_id": "two"})) == (400, "invalid_value", "external_id")
    assert error(daves.patch(daves.new(external_id=None), {"external_id": "x"})) == (
        400,
        "invalid_value",
        "external_id",
    )


def test_an_admins_change_leaves_a_session_with_the_token_it_was_sent_with(
    daves: Program, alices: Program, acme: Organisation
) -> None:
    ident = daves.new(initiator={"type": "token"})

    record = alices.patch(ident, {"environment": "x", "initiator": {"type": "token", "label": "nightly-ci"}}).json()

    assert (record["initiator"]["label"], record["environment"]) == ("nightly-ci", "x")
    assert stored(acme).token_id == daves.token.pk
    label = {"initiator": {"type": "token", "label": "release"}}
    assert error(alices.patch(ident, label)) == (400, "invalid_value", "initiator.label")


def test_an_apps_name_is_not_touched_by_a_change_of_something_else(daves: Program, acme: Organisation) -> None:
    ident = daves.new(app={"app_id": "a", "name": "Old"})
    daves.new(external_id="two", app={"app_id": "a", "name": "New"})

    assert daves.patch(ident, {"environment": "x"}).json()["app"]["name"] == "New"


def test_events_and_announcements_are_added(daves: Program) -> None:
    ident = daves.new(events=[an_event()])
    announced = {"name": "a.png", "kind": "screenshot", "content_type": "image/png"}

    record = daves.patch(ident, {"events": [an_event(str1="x")], "attachments": [announced]}).json()

    assert [file["name"] for file in record["attachments"]] == ["a.png"]
    assert Session.objects.get().events.count() == 2


def test_what_nobody_may_see_is_not_there(
    daves: Program, ginas: Program, alice: User, acme: Organisation, send: Send
) -> None:
    alices = send(acme, user="alice@acme.example", environment="before")
    daves_own = daves.new()
    for program, ident in ((daves, alices), (ginas, alices), (ginas, daves_own), (daves, uuid4())):
        before = list(Session.objects.order_by("id").values())
        for response in (
            program.patch(ident, {"environment": "x"}),
            program.events(ident, an_event()),
            program.put(ident, "a.log", b"x"),
        ):
            assert error(response) == (404, "not_found", None)
        assert list(Session.objects.order_by("id").values()) == before


def test_methods_that_an_address_does_not_take(daves: Program) -> None:
    ident = daves.new()
    for method, path, allowed in (
        ("DELETE", SESSIONS, "GET, POST, HEAD"),
        ("POST", f"{SESSIONS}/{ident}", "GET, PATCH, HEAD"),
        ("GET", f"{SESSIONS}/batch", "POST"),
        ("PUT", f"{SESSIONS}/{ident}/events", "GET, POST, HEAD"),
        ("DELETE", f"{SESSIONS}/{ident}/attachments/a", "GET, PUT, HEAD"),
    ):
        response = daves.send(method, path, {})
        assert (response.status_code, response["Allow"]) == (405, allowed)


def test_a_token_that_may_not_read_is_told_no_more_than_the_id(daves: Program, dave: User) -> None:
    """Else a change of nothing would be a way to read, and so would sending again what is there."""
    before = daves.post(a_line(external_id="x")).json()
    writer = Program(dave, "writer", scopes=("write",))
    assert writer.patch(before["id"], {}).json() == {"id": before["id"]}
    again = writer.post(a_line(external_id="x", status="ended"))
    assert (again.status_code, again.json()) == (200, {"id": before["id"]})


def test_a_session_given_to_somebody_else_takes_no_username_along(daves: Program) -> None:
    other = {"type": "user", "email": "other@acme.example", "username": "other"}
    daves.new(external_id="other", initiator=other)
    ident = daves.new(initiator={"type": "user", "email": "mia@acme.example", "username": "mia"})

    assert daves.patch(ident, {"initiator": {"email": other["email"]}}).json()["initiator"]["username"] == "other"
    assert daves.patch(ident, {"initiator": {"username": "changed"}}).json()["initiator"]["username"] == "changed"
    assert dict(User.objects.filter(can_sign_in=False).values_list("email", "username")) == {
        "other@acme.example": "changed",
        "mia@acme.example": "mia",
    }
