"""The Python client against the real server, and against servers that fail for a while."""

import hashlib
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from session_history import ApiError, SessionHistory

from sessions.models import Event, Session
from tests.producers.conftest import Listed
from tests.producers.failing_server import cut, server, status


def events_of(history: SessionHistory, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = history.request("GET", f"{path}/events")["events"]
    return found


def test_a_session_goes_in_and_comes_back_with_its_events_and_files(
    history: SessionHistory, listed: Listed, tmp_path: Path
) -> None:
    log = tmp_path / "shöp run.log"
    log.write_bytes(b"2026-11-20 INFO bought\n" * 100_000)

    with history.session(app="io.acme.shop", device="Pixel 8", os={"name": "Android", "version": "15"}) as session:
        assert [found["status"] for found in listed()] == ["active"]
        session.event("click", element="Buy", count=2)
        session.attach(log)
        session.attach_bytes("network.har", b'{"log": {"entries": []}}')

    (found,) = listed()
    assert (found["id"], found["status"]) == (session.id, "ended")
    assert found["initiator"]["label"] == "nightly-ci"
    assert (found["app"]["app_id"], found["device"]["model"]) == ("io.acme.shop", "Pixel 8")
    assert found["duration_ms"] > 0
    (event,) = events_of(history, session.path)
    assert (event["event_type"], event["event_properties"]) == ("click", {"element": "Buy", "count": 2})
    kept = {file["name"]: file for file in found["attachments"]}
    assert {name: file["kind"] for name, file in kept.items()} == {log.name: "log", "network.har": "network_log"}
    assert hashlib.sha256(history.download(kept[log.name]["url"])).hexdigest() == kept[log.name]["sha256"]
    assert history.download(kept[log.name]["url"]) == log.read_bytes()


def test_a_file_says_when_it_begins(history: SessionHistory, listed: Listed, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"bought")
    begun = datetime(2026, 11, 20, 11, 0, 4, 250_000, tzinfo=timezone(timedelta(hours=1)))

    with history.session() as session:
        session.attach(tmp_path / "a.log", starts_at=begun)
        session.attach_bytes("b.log", b"bought", starts_at="2026-11-20T10:00:05Z")
        session.attach_bytes("c.log", b"bought")

    starts = [file["starts_at"] for file in listed()[0]["attachments"]]
    assert starts == ["2026-11-20T10:00:04.25Z", "2026-11-20T10:00:05Z", None]


def test_a_file_that_is_refused_is_warned_of_and_the_session_goes_on(history: SessionHistory, listed: Listed) -> None:
    with history.session(app="a") as session:
        with pytest.warns(UserWarning, match="shop.png was not taken"):
            session.attach_bytes("shop.png", b"no picture")
        session.event("click")
        session.attach_bytes("a.log", b"\0\0")

    (found,) = listed()
    assert (found["status"], [file["name"] for file in found["attachments"]]) == ("ended", ["a.log"])
    assert session.refused["shop.png"].field == "content_type"
    assert len(events_of(history, session.path)) == 1


def test_an_exception_makes_the_session_failed_and_goes_on_its_way(history: SessionHistory, listed: Listed) -> None:
    with pytest.raises(ZeroDivisionError), history.session(app="a") as session:
        _ = 1 // 0

    (found,) = listed()
    assert found["status"] == "failed"
    assert found["flags"]["exception"] is True
    (event,) = events_of(history, session.path)
    assert event["event_type"] == "exception"
    assert event["event_properties"]["message"].startswith("ZeroDivisionError: ")
    assert "1 // 0" in event["event_properties"]["trace"]


def test_the_same_external_id_is_the_same_session(history: SessionHistory) -> None:
    first, second = history.start(external_id="run-1"), history.start(external_id="run-1")

    assert first.id == second.id
    assert Session.objects.count() == 1


def test_many_events_go_in_batches_and_are_there_once_in_order(history: SessionHistory) -> None:
    with history.session() as session:
        for number in range(250):
            session.event("step", number=number)
        assert Event.objects.count() == 200

    assert [event["event_properties"]["number"] for event in events_of(history, session.path)] == list(range(250))


def test_a_session_can_be_changed_and_kept_alive(history: SessionHistory) -> None:
    session = history.start()
    seen = Session.objects.get().last_seen_at
    session.heartbeat()
    assert Session.objects.get().last_seen_at > seen
    assert session.update(flags={"rage_tap": True}, os="Linux")["os"]["name"] == "Linux"
    assert session.fail()["status"] == "failed"


def test_a_refusal_says_which_field(history: SessionHistory) -> None:
    with pytest.raises(ApiError) as caught:
        history.start(status="done")

    assert (caught.value.status, caught.value.code, caught.value.field) == (400, "invalid_value", "status")


def test_a_wrong_token_is_said_to_be_one_at_once(live_server: LiveServer) -> None:
    with pytest.raises(ApiError) as caught:
        SessionHistory(live_server.url, "sh_wrong").start()

    assert (caught.value.status, caught.value.code) == (401, "unauthorized")


def test_a_server_that_is_away_is_tried_again_and_then_named() -> None:
    with pytest.raises(ApiError) as caught:
        SessionHistory("http://127.0.0.1:9", "sh_x", attempts=2, delay=0.01).start()

    assert (caught.value.status, caught.value.code) == (0, "unreachable")
    assert "127.0.0.1:9" in caught.value.message


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="https://"):
        SessionHistory("sessions.example.com", "sh_x")


def test_what_fails_for_a_moment_is_sent_again_as_it_was(tmp_path: Path) -> None:
    answers = [status(503), cut, status(429, Retry_After="0"), status(502), status(201)]
    with server(*answers, cut, status(200)) as (address, bodies):
        session = SessionHistory(address, "sh_x", delay=0.01).start(app="a")
        (tmp_path / "a.log").write_bytes(b"whole")
        session.attach(tmp_path / "a.log")

    assert len(set(bodies[:5])) == 1
    assert bodies[5:] == [b"whole", b"whole"]


def test_it_waits_as_long_as_the_server_asks() -> None:
    with server(status(429, Retry_After="1"), status(201)) as (address, bodies):
        waited = threading.Event()
        threading.Timer(0.8, waited.set).start()
        SessionHistory(address, "sh_x", delay=0.01).start()

    assert waited.is_set()
    assert len(bodies) == 2


def test_a_redirect_is_not_followed_with_the_token() -> None:
    moved = status(301, Location="http://127.0.0.1:9/")
    with server(moved) as (address, bodies), pytest.raises(ApiError) as caught:
        SessionHistory(address, "sh_x").start()

    assert (caught.value.code, len(bodies)) == ("moved", 1)
    assert "http://127.0.0.1:9/" in caught.value.message


def test_an_answer_that_is_no_json_is_an_error_with_its_status() -> None:
    with server(status(418)) as (address, _), pytest.raises(ApiError) as caught:
        SessionHistory(address, "sh_x").start()

    assert (caught.value.code, caught.value.status) == ("http_error", 418)


def test_the_events_of_a_session_that_could_not_be_sent_wait_for_the_next_time() -> None:
    with server(status(201), status(400), status(200), status(200)) as (address, bodies):
        session = SessionHistory(address, "sh_x").start()
        session.event("click")
        with pytest.raises(ApiError):
            session.flush()
        session.end()

    assert bodies[1] == bodies[2]
