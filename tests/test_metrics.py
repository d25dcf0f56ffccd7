"""What Prometheus is told, and who may ask."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from sessions.accounts.tokens import make_token
from sessions.checks import check_metrics_token
from sessions.http.transfers import Transfer
from sessions.models import Organisation, User
from tests.conftest import ClientOf

# By the name of each sample and its labels.
Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]

SECRET = "m" * 32
SESSION = {
    "external_id": "a",
    "status": "active",
    "initiator": {"type": "anonymous"},
    "started_at": "2026-11-20T10:00:00Z",
}
RECEIVED = "session_history_sessions_received_total"
EVENTS = "session_history_events_received_total"
LAST_SUCCESS = "session_history_command_last_success_timestamp_seconds"


@pytest.fixture
def _token(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = SECRET


def ask(**headers: str) -> Any:
    return Client().get("/metrics", headers=headers)


def numbers(text: str) -> Numbers:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def everything() -> Numbers:
    response = ask(Authorization=f"Bearer {SECRET}")
    assert response.status_code == 200
    return numbers(response.content.decode())


def told(name: str, **labels: str) -> float | None:
    return everything().get((name, tuple(sorted(labels.items()))))


def test_without_a_token_of_its_own_there_is_no_such_page(settings: LazySettings) -> None:
    # No database: pytest-django refuses every query here.
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}):
        assert ask(**headers).status_code == 404


@pytest.mark.usefixtures("_token")
@pytest.mark.parametrize("said", [None, "", SECRET, f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer ", "Bearer \u00fc"])
def test_whoever_does_not_know_it_is_refused(said: str | None) -> None:
    response = ask(**({} if said is None else {"Authorization": said}))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="Session History"')
    assert "session_history_" not in response.content.decode()


@pytest.mark.usefixtures("_token")
def test_neither_an_admin_nor_their_token_is_told(db: None, client_of: ClientOf, alice: User) -> None:
    assert client_of(alice).get("/metrics").status_code == 401


@pytest.mark.usefixtures("_token")
def test_prometheus_asks_by_any_name_and_is_not_redirected(db: None, settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = ask(Authorization=f"bearer {SECRET}", Host="10.0.0.7:8000")
    assert (response.status_code, response["Content-Type"].partition(";")[0]) == (200, "text/plain")


@pytest.mark.usefixtures("_token")
def test_openmetrics_is_written_for_those_who_ask_for_it(db: None) -> None:
    response = ask(Authorization=f"Bearer {SECRET}", Accept="application/openmetrics-text; version=1.0.0")
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


@pytest.mark.parametrize(("secret", "is_fit"), [("", True), ("short", False), ("x" * 31, False), (SECRET, True)])
def test_a_token_that_could_be_guessed_is_named(settings: LazySettings, secret: str, is_fit: bool) -> None:
    settings.METRICS_TOKEN = secret
    assert [message.id for message in check_metrics_token()] == ([] if is_fit else ["history.E006"])


@pytest.mark.usefixtures("_token")
def test_requests_are_counted_by_route_and_status(client_of: ClientOf, alice: User) -> None:
    labels = {"route": "session_detail", "status": "404"}
    before = told("session_history_requests_total", **labels) or 0
    took = told("session_history_request_seconds_count", route="session_detail") or 0
    for number in range(3):
        client_of(alice).get(f"/sessions/018f2f6e-1111-7222-8333-44445555666{number}/")
    assert told("session_history_requests_total", **labels) == before + 3
    assert told("session_history_request_seconds_count", route="session_detail") == took + 3


@pytest.mark.usefixtures("_token")
def test_addresses_that_somebody_makes_up_are_all_one(db: None) -> None:
    series = everything().keys()
    before = told("session_history_requests_total", route="none", status="404") or 0
    for number in range(20):
        Client().get(f"/made-up-{number}/")
    assert told("session_history_requests_total", route="none", status="404") == before + 20
    more = everything().keys() - series
    assert not [key for key in more if "made-up" in str(key)]


@pytest.fixture
def secret(dave: User) -> str:
    return make_token(dave, "nightly", ["write"])[1]


def post(secret: str, path: str, body: Any, content_type: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().post(f"/api/v1/{path}", body, content_type=content_type, headers=headers)


@pytest.mark.usefixtures("_token")
def test_sessions_are_counted_by_what_became_of_them(secret: str) -> None:
    before = {outcome: told(RECEIVED, outcome=outcome) or 0 for outcome in ("created", "updated", "refused")}
    for status, session in ((201, SESSION), (200, SESSION), (400, {"flags": 7})):
        assert post(secret, "sessions", session).status_code == status
    sent = [SESSION, SESSION | {"external_id": "b"}, SESSION | {"external_id": 7}, SESSION | {"external_id": "c"}]
    lines = "\n".join(map(json.dumps, sent))
    answer = post(secret, "sessions/batch", lines, "application/x-ndjson")
    assert len(answer.getvalue().splitlines()) == 4
    after = {outcome: told(RECEIVED, outcome=outcome) for outcome in before}
    assert after == {
        "created": before["created"] + 3,
        "updated": before["updated"] + 2,
        "refused": before["refused"] + 2,
    }


@pytest.mark.usefixtures("_token")
def test_events_that_come_again_are_told_from_new_ones(secret: str) -> None:
    session = post(secret, "sessions", SESSION).json()["id"]
    before = {outcome: told(EVENTS, outcome=outcome) or 0 for outcome in ("new", "known")}
    event = {"event_type": "tap", "event_time": "2026-11-20T10:00:00Z"}
    for _ in range(2):
        assert post(secret, f"sessions/{session}/events", {"events": [event]}).status_code == 200
    assert {outcome: told(EVENTS, outcome=outcome) for outcome in before} == {
        outcome: number + 1 for outcome, number in before.items()
    }


@pytest.mark.usefixtures("_token")
def test_long_transfers_are_told_while_they_run(db: None) -> None:
    transfer = Transfer("user 1")
    assert told("session_history_transfers_running") == 1
    transfer.end()
    assert told("session_history_transfers_running") == 0


@pytest.mark.usefixtures("_token")
def test_the_last_purge_and_count_are_told(acme: Organisation) -> None:
    for command in ("purge_sessions", "count_usage"):
        assert told(LAST_SUCCESS, command=command) is None
    call_command("purge_sessions", "--dry-run")
    assert told(LAST_SUCCESS, command="purge_sessions") is None
    for command in ("purge_sessions", "count_usage"):
        call_command(command)
        first = told(LAST_SUCCESS, command=command)
        call_command(command)
        second = told(LAST_SUCCESS, command=command)
        assert first
        assert second
        assert first < second
