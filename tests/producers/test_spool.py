"""The spool: what is left by whom, who may read it, and lines that were cut short."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from session_history import ABOUT, Journal, Sender, SessionHistory, Spool, Spooled, now, send_left, totals

from tests.producers.failing_server import created, server, status

URL = "https://sessions.example.com"


def a_session(name: str = "a") -> dict[str, str]:
    return {"external_id": name, "status": "ended", "started_at": now(), "ended_at": now()}


def ended(run: Path) -> None:
    """As if the process that began it had ended."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    about = run / ABOUT
    about.write_text(about.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {gone.pid}'))


def test_only_its_owner_can_read_it_and_the_folder_around_it_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    run = Spool(URL, tmp_path).begin("run")

    assert stat.S_IMODE(run.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_run_that_goes_on_is_left_alone_and_one_that_ended_is_not(tmp_path: Path) -> None:
    spool = Spool(URL, tmp_path)
    spool.begin("running")
    ended(over := spool.begin("over"))

    assert spool.left() == [over]
    assert Spool(URL + "/", tmp_path).left() == [over]
    assert Spool("https://other.example.com", tmp_path).left() == []


def test_half_a_line_is_lost_and_counted_and_spoils_no_other(tmp_path: Path) -> None:
    run = Spool(URL, tmp_path).begin("run")
    journal = Journal(run, "main")
    journal.add(a_session("a"), [])
    with (run / "main.ndjson").open("ab") as file:
        file.write(b'{"session": {"external')
    Journal(run, "main").broke_off()
    journal.add(a_session("b"), [])

    with server(created) as (url, bodies):
        assert Sender(SessionHistory(url, "sh_x"), run).send()

    assert [b'"a"' in line for line in bodies[0].splitlines()] == [True, False]
    assert totals(run)[:3] == (2, 0, 1)


def test_what_is_enough_is_sent_and_the_rest_is_kept(tmp_path: Path) -> None:
    spool = Spool(URL, tmp_path)
    run = spool.begin("run")
    for number in range(450):
        Journal(run, "main").add(a_session(str(number)), [])
    ended(run)
    asked = iter([False, True])

    with server(created) as (url, _):
        done = send_left(SessionHistory(url, "sh_x"), spool, lambda: next(asked))
        assert done[:3] == (200, 250, 0)
        assert send_left(SessionHistory(url, "sh_x"), spool)[:3] == (250, 0, 0)

    assert not run.exists()


def test_a_file_is_sent_once_and_then_deleted(tmp_path: Path) -> None:
    run = Spool(URL, tmp_path).begin("run")
    film = tmp_path / "film.webm"
    film.write_bytes(b"film")
    Journal(run, "main").add(a_session(), [Spooled("video.webm", film, "video", "video/webm", now())])

    with server(created, status(503), created) as (url, bodies):
        with pytest.raises(Exception, match="503"):
            Sender(SessionHistory(url, "sh_x", attempts=1), run).send()
        assert totals(run).kept == 1
        Sender(SessionHistory(url, "sh_x", attempts=1), run).send()

    assert [body for body in bodies if body == b"film"] == [b"film", b"film"]
    assert not list((run / "files").iterdir())
    assert film.exists()


def test_what_is_sent_again_is_counted_once(tmp_path: Path) -> None:
    run = Spool(URL, tmp_path).begin("run")
    journal = Journal(run, "main")
    for name in ("a", "b"):
        journal.add(a_session(name), [Spooled(f"{name}.log", b"bought", "log", "text/plain")])

    with server(created, created, status(503), created) as (url, _):
        sender = Sender(SessionHistory(url, "sh_x", attempts=1), run)
        with pytest.raises(Exception, match="503"):
            sender.send()
        assert totals(run)[:2] == (0, 2)
        sender.send()

    assert totals(run)[:3] == (2, 0, 0)
