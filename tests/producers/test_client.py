"""The Python client against the real server, and against servers that fail for a while."""

import hashlib
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from session_history import ApiError, SessionHistory, first_line, shortened

from sessions.models import Event, Session
from tests.producers.conftest import Listed
from tests.producers.failing_server import answer, cut, server, status


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
    assert starts == ["2026-11-20T10:00:04.250000Z", "2026-11-20T10:00:05.000000Z", None]


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
    assert found["outcome"] == event["event_properties"]["message"]
    assert "1 // 0" in event["event_properties"]["trace"]


def test_a_session_says_what_it_is_and_how_it_went(history: SessionHistory, listed: Listed) -> None:
    with history.session(title="order › flat white") as session:
        session.update(outcome="paid 4.80 €")
    history.start(title="order › cake").fail("out of\0 paper\ud800 " + "x" * 3_000)
    history.start(title="order › tea").fail("out of paper", outcome="nobody came")

    said = [(found["title"], found["outcome"]) for found in listed()]
    assert said[0] == ("order › flat white", "paid 4.80 €")
    assert said[1][1].startswith("out of\u2400 paper? xxx")
    assert len(said[1][1]) == 2_000
    assert said[2] == ("order › tea", "nobody came")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n\t\n  no price \n at cart.js", "no price"),
        ("Cookie: sid=12345678", "Cookie: [secret]"),
        ("e\u0301" * 2_000, "\u00e9" * 2_000),
        ("x" * 2_001, "x" * 1_999 + "…"),
    ],
)
def test_a_text_is_shortened_to_what_the_server_takes(text: str, expected: str) -> None:
    assert shortened(first_line(text), 2_000) == expected


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


BAD_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"event_type": ""}, "event_type"),
    ({"event_type": "x" * 101}, "event_type"),
    ({"event_time": "yesterday"}, "event_time"),
    ({"event_time": "2026-11-20T10:00:00"}, "event_time"),
    ({"event_time": "1969-12-31T23:59:59Z"}, "event_time"),
    ({"a": float("nan")}, "event_properties.a"),
    ({"a": 2**63}, "event_properties.a"),
    ({"a": ["b", "c\0"]}, "event_properties.a[1]"),
    ({"a": "\ud800"}, "event_properties.a"),
    ({"a": {1: 2}}, "event_properties.a.1"),
    ({"a": NotImplemented}, "event_properties.a"),
]


@pytest.mark.parametrize(("event", "field"), BAD_EVENTS, ids=str)
def test_a_bad_event_is_refused_when_it_is_given_and_the_session_goes_on(
    history: SessionHistory, listed: Listed, event: dict[str, Any], field: str
) -> None:
    with history.session() as session:
        with pytest.raises(ApiError) as caught:
            session.event(event.pop("event_type", "click"), **event)
        session.event("good")

    assert (caught.value.code, caught.value.field) == ("invalid_value", field)
    assert [found["event_type"] for found in events_of(history, session.path)] == ["good"]
    assert listed()[0]["status"] == "ended"


def test_an_event_that_nests_too_deeply_or_is_too_large_is_refused_when_it_is_given(history: SessionHistory) -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    with history.session() as session:
        with pytest.raises(ApiError, match="nested"):
            session.event("deep", deep=deep)
        with pytest.raises(ApiError, match="too_large"):
            session.event("large", text="x" * 5_000_000)


def test_an_event_that_the_server_refuses_is_warned_of_and_let_go() -> None:
    refusal = b'{"code": "invalid_value", "message": "is wrong", "field": "events[1].event_properties"}'
    with server(status(201), lambda request: answer(request, 400, refusal), status(200), status(200)) as (
        address,
        bodies,
    ):
        session = SessionHistory(address, "sh_x").start()
        for name in ("a", "b", "c"):
            session.event(name)
        with pytest.warns(UserWarning, match="event b was not taken"):
            session.end()

    assert [event["event_type"] for event in json.loads(bodies[2])["events"]] == ["a", "c"]
    assert session.refused["event b"].message == "is wrong"


def test_events_that_are_refused_as_a_whole_do_not_keep_the_session_open() -> None:
    with server(status(201), status(400), status(200)) as (address, bodies):
        session = SessionHistory(address, "sh_x").start()
        session.event("click")
        with pytest.warns(UserWarning, match="1 events were not taken"):
            session.end()

    assert json.loads(bodies[2])["status"] == "ended"


@contextmanager
def refusing_server() -> Iterator[str]:
    """Answers when it has read the head of a request, and hangs up without reading the rest."""
    refusal = b'{"code": "too_large", "message": "The body is larger than 1 bytes.", "max_bytes": 1}'
    head = b"HTTP/1.1 413 Too Large\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(refusal)
    listening = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(head + refusal)

    threading.Thread(target=refuse, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def test_a_file_that_is_too_large_is_called_so() -> None:
    with refusing_server() as address:
        session = SessionHistory(address, "sh_x", attempts=1).session()
        session.id = "1"
        with pytest.warns(UserWarning, match=r"a.log was not taken: too_large"):
            session.attach_bytes("a.log", b"x" * 50_000_000)

    assert session.refused["a.log"].status == 413


@pytest.mark.parametrize(("code", "expected"), [(0, "ended"), (None, "ended"), (1, "failed"), ("no disk", "failed")])
def test_leaving_the_program_is_a_failure_only_with_a_status(
    history: SessionHistory, listed: Listed, code: Any, expected: str
) -> None:
    with pytest.raises(SystemExit), history.session():
        sys.exit(code)

    assert listed()[0]["status"] == expected


def test_an_exception_whose_text_cannot_be_told_fails_the_session_all_the_same(
    history: SessionHistory, listed: Listed
) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(Mute), history.session():
        raise Mute

    assert listed()[0]["status"] == "failed"


def test_many_requests_go_over_one_connection(history: SessionHistory) -> None:
    used = []
    with history.session() as session:
        for _ in range(3):
            session.heartbeat()
            used.append(history._connection().sock)

    assert used[0] is not None
    assert len(set(used)) == 1
