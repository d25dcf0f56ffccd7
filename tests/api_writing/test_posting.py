"""POST /api/v1/sessions: one session, new or in place of its older record."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import Client
from django.utils import timezone

from sessions.accounts.tokens import make_token
from sessions.contract.choices import Role
from sessions.models import Event, Organisation, Session, User
from tests.api_writing.program import SESSIONS, Program, error
from tests.conftest import ClientOf, member
from tests.ingest.lines import a_line, an_event, stored

FULL: dict[str, Any] = {
    "external_id": "build 1/ü",
    "title": "checkout › pays with an expired card",
    "status": "ended",
    "outcome": "paid 12 €\nwithout a discount",
    "initiator": {"type": "user", "username": "dave", "email": "dave@acme.example", "label": None},
    "app": {"app_id": "a", "name": "A", "group": "G", "platform": "ios", "version": "1.2", "build": "7"},
    "device": {
        "device_id": "d-1",
        "manufacturer": "Apple",
        "model": "iPhone 15",
        "type": "phone",
        "screen_width": 393,
        "screen_height": 852,
        "network_type": "wifi",
    },
    "os": {"name": "iOS", "version": "18.1"},
    "sdk": {"version": "4.0", "plug_version": "1.8"},
    "requested_at": "2026-11-20T09:59:58.123456Z",
    "started_at": "2026-11-20T10:00:00.000000Z",
    "ended_at": "2026-11-20T10:05:00.000000Z",
    "last_seen_at": "2026-11-20T10:05:01.000000Z",
    "queue_ms": 1876,
    "duration_ms": 300_000,
    "flags": {"exception": True, "crash": False, "anr": True, "rage_tap": False},
    "network": {"client_ip": "203.0.113.7", "server_ip": "2001:db8::1", "user_agent": "curl/8"},
    "location": {"country": "DE", "latitude": 52.5, "longitude": 13.4, "accuracy": 5.5},
    "environment": "staging",
    "data_residency": "EU",
    "space_id": "s",
    "installation_id": "i",
    "installation_version": "2",
    "client_id": "c",
    "capture_id": "p",
    "resource": {"type": "database", "id": "r", "name": "Orders", "technology": "postgres"},
    "connector": {"id": "k", "name": "Frankfurt"},
    "sidecar": {"id": "q", "name": "Sidecar", "technology": "postgres"},
    "attributes": {"text": "“ü” \\ \t", "number": 1.5, "big": 2**62, "yes": True, "nothing": None},
}
ANNOUNCED = {"name": "a ü.log", "kind": "log", "content_type": "text/plain", "size": 5, "sha256": "0" * 64}


def test_what_is_posted_comes_back(daves: Program) -> None:
    response = daves.post(FULL | {"attachments": [ANNOUNCED], "events": [an_event()]})

    assert response.status_code == 201
    body = response.json()
    assert response["Location"] == f"{SESSIONS}/{body['id']}"
    assert body == daves.get(body["id"])
    for name, value in FULL.items():
        assert body[name] == value, name
    url = f"{SESSIONS}/{body['id']}/attachments/a%20%C3%BC.log"
    assert body["attachments"] == [ANNOUNCED | {"available": False, "starts_at": None, "url": url}]


def test_the_same_request_again_is_the_same_session(daves: Program) -> None:
    first, second = daves.post(FULL), daves.post(FULL)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Session.objects.count() == 1


def test_a_later_record_takes_the_place_of_the_whole_older_one(daves: Program) -> None:
    ident = daves.new(environment="staging", attributes={"a": 1})

    assert daves.new(status="failed") == ident
    record = daves.get(ident)
    assert (record["status"], record["environment"], record["attributes"]) == ("failed", None, {})


OPENING = {"status": "active", "ended_at": None}


def test_what_opened_a_session_and_comes_again_when_it_has_ended_does_not_open_it_again(daves: Program) -> None:
    ident = daves.new(**OPENING)
    ending = {"status": "ended", "ended_at": "2026-11-20T10:05:00Z", "flags": {"crash": True}}
    ended = daves.patch(ident, ending).json()

    again = daves.post(a_line(**OPENING, environment="old", events=[an_event()]))
    assert again.status_code == 200
    assert again.json() == daves.get(ident) == ended
    # What happened in it is kept all the same.
    assert Event.objects.filter(session_id=ident).count() == 1
    assert daves.batch(a_line(**OPENING)) == [{"line": 1, "status": "updated", "id": ident, "external_id": "one"}]
    many = [a_line(**OPENING, external_id=f"{number}") for number in range(20)]
    assert {line["status"] for line in daves.batch(*many, a_line(**OPENING))} == {"created", "updated"}
    assert daves.get(ident) == ended

    assert daves.new(status="failed", ended_at="2026-11-20T10:06:00Z") == ident
    assert daves.get(ident)["status"] == "failed"


def test_a_colleague_learns_no_more_of_a_session_that_has_ended_than_of_any_other(
    daves: Program, acme: Organisation
) -> None:
    daves.new()
    colleague = Program(member(acme, "dora", Role.DEVELOPER), "doras")
    assert error(colleague.post(a_line(**OPENING))) == (409, "conflict", "external_id")


def test_without_an_external_id_it_is_a_new_session_with_an_id_in_the_order_of_time(daves: Program) -> None:
    before = timezone.now() - timedelta(milliseconds=1)
    ids = [UUID(daves.new(external_id=None)) for _ in range(2)]

    assert ids[0] != ids[1]
    for ident in ids:
        assert ident.version == 7
        assert before <= datetime.fromtimestamp((ident.int >> 80) / 1000, UTC) <= timezone.now()


def test_a_session_sent_with_a_token_is_its_creators_and_the_persons_it_names(
    daves: Program, acme: Organisation, uma: User, client_of: Any, alice: User
) -> None:
    ident = daves.new(initiator={"type": "user", "email": "uma@acme.example"})

    assert stored(acme).token_id == daves.token.pk
    assert daves.get(ident)["initiator"]["email"] == "uma@acme.example"
    assert client_of(uma).get(f"{SESSIONS}/{ident}").status_code == 200


@pytest.mark.parametrize("label", [None, "nightly-ci"])
def test_a_tokens_session_is_shown_under_its_label(daves: Program, label: str | None) -> None:
    ident = daves.new(initiator={"type": "token", "label": label})

    assert daves.get(ident)["initiator"]["label"] == "nightly-ci"


def test_a_session_without_an_initiator_is_the_tokens(daves: Program, acme: Organisation) -> None:
    absent, null = a_line(initiator=None), a_line(external_id="two") | {"initiator": None}
    idents = [daves.post(absent).json()["id"], daves.post(null).json()["id"]]
    many = [a_line(external_id=f"{number}", initiator=None) for number in range(12)]
    idents += [line["id"] for line in daves.batch(a_line(external_id="three", initiator=None))]
    idents += [line["id"] for line in daves.batch(*many)]

    for ident in idents:
        assert daves.get(ident)["initiator"] == {
            "type": "token",
            "username": None,
            "email": None,
            "label": "nightly-ci",
        }
    assert set(Session.objects.values_list("token_id", flat=True)) == {daves.token.pk}


def test_somebody_signed_in_says_who_the_initiator_is(client_of: Any, dave: User, alice: User) -> None:
    for user in (dave, alice):
        for initiator in (None, {"type": "token"}):
            body = a_line(initiator=initiator)
            response = client_of(user).post(SESSIONS, body, content_type="application/json")
            assert error(response) == (400, "required_field", "initiator")


def test_two_tokens_with_one_label_are_kept_apart(daves: Program, alice: User, acme: Organisation) -> None:
    Program(alice)
    daves.new(initiator={"type": "token"})

    assert stored(acme).token_id == daves.token.pk


def test_another_label_than_the_tokens_is_refused(daves: Program) -> None:
    response = daves.post(a_line(initiator={"type": "token", "label": "other"}))

    assert error(response) == (400, "invalid_value", "initiator.label")


def test_a_write_is_a_sign_of_life_of_a_session_that_is_open(daves: Program, acme: Organisation) -> None:
    before = timezone.now()
    daves.new(status="active", ended_at=None)

    assert before <= stored(acme).last_seen_at <= timezone.now()


def test_when_it_was_last_seen_is_what_its_producer_says(daves: Program) -> None:
    ident = daves.new(status="active", ended_at=None, last_seen_at="2026-11-20T10:03:00Z")

    assert daves.get(ident)["last_seen_at"] == "2026-11-20T10:03:00.000000Z"
    assert daves.get(ident)["status"] == "lost"


def test_a_session_that_is_over_is_not_seen_again(daves: Program) -> None:
    ident = daves.new(status="lost", ended_at=None)

    assert daves.get(ident)["duration_ms"] == 0


def test_a_developer_does_not_overwrite_a_colleagues_session(
    daves: Program, alices: Program, acme: Organisation
) -> None:
    alices.new(environment="alice's", initiator={"type": "token"})

    assert error(daves.post(a_line())) == (409, "conflict", "external_id")
    assert stored(acme).environment == "alice's"
    assert daves.batch(a_line(), a_line(external_id="two"))[0]["code"] == "conflict"
    assert Session.objects.count() == 2


def test_an_admin_replaces_any_session_of_the_organisation(daves: Program, alices: Program) -> None:
    ident = daves.new()

    assert alices.post(a_line(environment="x")).status_code == 200
    assert alices.get(ident)["environment"] == "x"


def test_the_same_external_id_is_another_session_in_another_organisation(daves: Program, ginas: Program) -> None:
    ident = daves.new(environment="acme's")

    assert ginas.new(environment="globex's") != ident
    assert daves.get(ident)["environment"] == "acme's"


def test_somebody_signed_in_without_a_token_sends_own_sessions(client_of: Any, dave: User, alice: User) -> None:
    def post(client: Client, email: str) -> int:
        body = a_line(external_id=email, initiator={"type": "user", "email": email})
        return client.post(SESSIONS, body, content_type="application/json").status_code

    assert post(client_of(dave), "Dave@acme.example") == 201
    assert post(client_of(dave), "alice@acme.example") == 403
    assert post(client_of(alice), "dave@acme.example") == 201


def test_what_is_answered_is_durable(db: None) -> None:
    """That is the server's to decide: no connection of the product asks to be answered before the disk has it."""
    fresh = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with fresh.cursor() as cursor:
            cursor.execute("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
            (source,) = cursor.fetchone()
    finally:
        fresh.close()
    assert source in {"default", "configuration file", "database"}


def test_the_longest_session_there_can_be_is_read_like_any_other(daves: Program) -> None:
    ident = daves.new(started_at="1970-01-01T00:00:00Z", ended_at="2499-12-31T23:59:59Z")

    record = daves.patch(ident, {"environment": "staging"}).json()

    assert record == daves.get(ident)
    assert record["duration_ms"] == 16_725_225_599_000


@pytest.mark.django_db(transaction=True)
def test_a_label_means_its_newest_token_as_soon_as_there_is_one(
    acme: Organisation, alice: User, client_of: ClientOf
) -> None:
    def post(external_id: str) -> int | None:
        line = a_line(external_id=external_id, initiator={"type": "token", "label": "ci"})
        assert client_of(alice).post(SESSIONS, line, "application/json").status_code == 201
        return stored(acme, external_id).token_id

    first = post("a")
    assert post("b") == first
    token, _ = make_token(alice, "ci", ["write"])
    assert post("c") == token.pk != first


@pytest.mark.django_db(transaction=True)
def test_a_late_message_of_a_session_that_has_ended_still_says_the_names(daves: Program, acme: Organisation) -> None:
    daves.new(app={"app_id": "a", "name": "Old"})
    late = a_line(app={"app_id": "a", "name": "New"}, status="active", ended_at=None)

    for _ in range(2):
        assert daves.post(late).status_code == 200

    assert (stored(acme).status, stored(acme).app.name) == ("ended", "New")
