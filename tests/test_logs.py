"""The log, and the ids under which requests stand in it."""

import logging
import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from sessions.contract.request_id import current_request_id, identified
from sessions.http.logs import LineFormatter
from sessions.models import User
from tests.conftest import ClientOf
from tests.server.test_metrics import get
from tests.web_server import free_port, serving

MADE = re.compile(r"[0-9a-f]{16}")
LINE = re.compile(
    r"\[20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}] \[\d+] \[WARNING] \[(?P<id>[^\]]+)] sessions\.test: (?P<message>.*)"
)


def written(message: str, *arguments: object) -> str:
    return LineFormatter().format(
        logging.LogRecord("sessions.test", logging.WARNING, __file__, 1, message, arguments, None)
    )


def test_a_line_has_its_time_level_and_request() -> None:
    with identified("abc"):
        found = LINE.fullmatch(written("%d of %s", 3, "four"))
    assert found
    assert (found["id"], found["message"]) == ("abc", "3 of four")


def test_outside_of_requests_a_line_has_no_id() -> None:
    found = LINE.fullmatch(written("started"))
    assert found
    assert found["id"] == "-"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x1b[2J", "\u0085", "\u2028", "\x00"])
def test_nobody_forges_a_line_or_steers_a_terminal(end: str) -> None:
    text = written("GET %s", f"/a{end}[2026-01-01 00:00:00 +0000] [1] [ERROR] [x] forged")
    assert text.isprintable()
    assert LINE.fullmatch(text)


def test_a_traceback_follows_its_line() -> None:
    try:
        raise ValueError("a bug")
    except ValueError as error:
        record = logging.LogRecord(
            "sessions.test", logging.ERROR, __file__, 1, "failed", (), (ValueError, error, error.__traceback__)
        )
    first, *others = LineFormatter().format(record).splitlines()
    assert first.endswith("failed")
    assert others[-1] == "ValueError: a bug"


@pytest.mark.parametrize("given", ["a", "7f3c-9.x_Y", "0" * 64])
def test_a_request_keeps_the_id_that_it_was_given(given: str) -> None:
    assert Client().get("/healthz", headers={"X-Request-Id": given})["X-Request-Id"] == given
    assert current_request_id() == ""


@pytest.mark.parametrize("given", [None, "", " ", "a b", "0" * 65, "a\tb", "ü", "a]", '"', "a\n"])
def test_what_is_no_id_is_replaced_by_one(given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    answers = [Client().get("/healthz", headers=headers)["X-Request-Id"] for _ in range(2)]
    assert all(MADE.fullmatch(answer) for answer in answers)
    assert answers[0] != answers[1]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("path", ["/api/v1/sessions?limit=x", "/api/v1/nothing", "/nothing/", "/observability.nothing"])
def test_errors_name_their_request(client_of: ClientOf, alice: User, path: str) -> None:
    for client in (Client(), client_of(alice)):
        response = client.get(path, headers={"X-Request-Id": "asked-once"})
        assert response.status_code >= 400
        assert response["X-Request-Id"] == "asked-once"
        if path.startswith("/api/"):
            assert response.json()["request_id"] == "asked-once"
        else:
            assert path.startswith("/observability.") or "request asked-once" in response.content.decode()


def test_the_reference_of_a_server_error_is_its_request(client: Client, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tests.test_errors"
    client.raise_request_exception = False
    body = client.get("/api/try/broken", headers={"X-Request-Id": "asked-once"}).json()
    assert (body["reference_id"], body["request_id"]) == ("asked-once", "asked-once")


def test_a_database_that_is_away_takes_a_line_for_each_request(db: None, tmp_path: Path) -> None:
    nobody = str(free_port())
    with serving(tmp_path, DATABASE_POOL_SECONDS="0.2", PGHOST="127.0.0.1", PGPORT=nobody) as server:
        for number in range(3):
            headers = {"Authorization": "Bearer sh_x", "X-Request-Id": f"asked-{number}"}
            assert get(server.port, "/api/v1/sessions", **headers)[0] == 503
        assert get(server.port, "/readyz")[0] == 503
    assert "Traceback" not in server.log
    for number in range(3):
        [line] = [line for line in server.log.splitlines() if f"[asked-{number}]" in line]
        assert (
            f"[ERROR] [asked-{number}] sessions.http.errors: GET /api/v1/sessions: the database cannot answer" in line
        )
    [line] = [line for line in server.log.splitlines() if "Not ready" in line]
    assert "the check of database failed" in line
