"""The client against the server as it is run, which closes connections and does not read what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from session_history import SessionHistory

from tests.producers.conftest import Listed
from tests.web_server import serving


@pytest.fixture
def served(secret: str, tmp_path: Path) -> Iterator[SessionHistory]:
    with serving(tmp_path, ATTACHMENT_MAX_BYTES="1000000") as server:
        yield SessionHistory(f"http://127.0.0.1:{server.port}", secret, delay=0.01)


def test_a_file_that_is_too_large_is_called_so_and_the_session_goes_on(
    served: SessionHistory, listed: Listed, tmp_path: Path
) -> None:
    large = tmp_path / "large.log"
    large.write_bytes(b"2026-11-20 INFO bought\n" * 1_000_000)

    with served.session() as session:
        with pytest.warns(UserWarning, match=r"large.log was not taken: too_large"):
            session.attach(large)
        session.attach_bytes("small.log", b"bought")

    assert (session.refused["large.log"].code, session.refused["large.log"].status) == ("too_large", 413)
    (found,) = listed()
    assert (found["status"], [file["name"] for file in found["attachments"]]) == ("ended", ["small.log"])


def test_a_connection_that_the_server_has_closed_meanwhile_is_opened_again(
    served: SessionHistory, listed: Listed
) -> None:
    with served.session() as session:
        connection = served._connection()
        assert connection.sock is not None
        connection.sock.shutdown(2)  # as it looks when the other side has hung up
        session.event("click")

    assert listed()[0]["status"] == "ended"
