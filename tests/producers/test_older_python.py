"""The clients on the oldest Python that they promise, as programs of their own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory

from tests.producers.conftest import ROOT, Listed, program

# PyPy is the Python 3.9 that Debian bookworm has. One on the PATH may be a shim of a version that is not installed.
NAMES = ("pypy3", "python3.9", "python3.10")
CLIENT = """
import os, sys
from datetime import datetime, timedelta, timezone
from session_history import SessionHistory

history = SessionHistory(sys.argv[1], os.environ["SECRET"])
started = datetime(2026, 11, 29, 15, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
with history.session(app="io.example.shop", os="Linux", started_at=started) as session:
    session.event("click", element="Buy")
    session.attach(sys.argv[2])
"""


def version_of(interpreter: str) -> str:
    asked = [interpreter, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture(scope="module", params=NAMES)
def interpreter(request: pytest.FixtureRequest) -> str:
    found = shutil.which(str(request.param))
    if not found or version_of(found) not in ("3.9", "3.10"):
        pytest.skip(f"no {request.param} on the PATH that is Python 3.9 or 3.10")
    return found


def test_every_client_compiles(interpreter: str, tmp_path: Path) -> None:
    clients = sorted((ROOT / "clients").glob("*.py"))
    assert len(clients) == 3
    for client in clients:
        check = "import sys; compile(open(sys.argv[1], encoding='utf-8').read(), sys.argv[1], 'exec')"
        ran = program("-c", check, client, interpreter=interpreter)
        assert ran.returncode == 0, ran.stderr


def test_the_importer_writes_what_the_newest_python_writes(interpreter: str, tmp_path: Path) -> None:
    starts = ["2026-11-29T15:30:00.000+0530", "2026-11-29T10:00:01", "2026-11-29T11:00:02+01", "bad"]
    starts += [f"2026-11-29T10:00:03.{'123456789'[:digits]}Z" for digits in range(1, 10)]
    (tmp_path / "in").mkdir()
    for number, begun in enumerate(starts):
        entry = {
            "startedDateTime": begun,
            "time": 10,
            "request": {"method": "GET", "url": "https://shop.example/"},
            "response": {"status": 200, "content": {"mimeType": "text/html"}},
        }
        (tmp_path / "in" / f"{number:02}.har").write_text(json.dumps({"log": {"entries": [entry]}}))

    written = [imported(one, tmp_path, zone) for one, zone in ((interpreter, "Asia/Kolkata"), (sys.executable, "UTC"))]

    assert written[0] == written[1]
    times = [session["started_at"] for session in written[0]]
    assert times[:3] == [f"2026-11-29T10:00:0{second}.000Z" for second in range(3)]
    assert times[3:] == [f"2026-11-29T10:00:03.{milliseconds}Z" for milliseconds in (100, 120, *[123] * 7)]


def imported(interpreter: str, folder: Path, zone: str) -> list[dict[str, Any]]:
    importer = ROOT / "clients" / "import_playwright.py"
    ran = program(importer, folder / "in", "--out", folder / "out", interpreter=interpreter, TZ=zone)
    assert ran.stdout.endswith("12 sessions to " + str(folder / "out" / "sessions.ndjson") + ", 1 refused\n"), (
        ran.stderr
    )
    return [json.loads(line) for line in (folder / "out" / "sessions.ndjson").read_text().splitlines()]


def test_the_client_sends_a_session(
    interpreter: str, history: SessionHistory, live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "console.log").write_text("bought\n")

    ran = program("-c", CLIENT, live_server.url, tmp_path / "console.log", interpreter=interpreter, SECRET=secret)

    assert ran.returncode == 0, ran.stderr
    (session,) = listed()
    assert (session["status"], session["app"]["app_id"]) == ("ended", "io.example.shop")
    assert session["started_at"] == "2026-11-29T10:00:00.000000Z"
    assert [file["name"] for file in session["attachments"]] == ["console.log"]


SPOOL = """
import sys
from pathlib import Path
from session_history import Journal, Spool, Spooled, now

spool = Spool(sys.argv[1], sys.argv[2])
run = spool.begin("run")
journal = Journal(run, "main")
session = {"external_id": "a", "status": "ended", "started_at": now(), "ended_at": now()}
journal.begin(session)
journal.add(session, [Spooled("a.log", b"bought", "log", "text/plain", now())])
journal.begin({"external_id": "b", "status": "failed", "started_at": now()})
"""


def test_what_one_process_leaves_in_the_spool_another_one_sends(
    interpreter: str, live_server: LiveServer, secret: str, listed: Listed, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"

    wrote = program("-c", SPOOL, live_server.url, spool, interpreter=interpreter)
    command = [ROOT / "clients" / "session_history.py", "send", "--url", live_server.url, "--spool", spool]
    sent = program(*command, interpreter=interpreter, SESSION_HISTORY_TOKEN=secret)

    assert wrote.returncode == 0, wrote.stderr
    assert sent.stdout == "Session History: 2 sent, 0 kept, 0 lost\n", sent.stderr
    assert [(session["external_id"], session["status"]) for session in listed()] == [("a", "ended"), ("b", "failed")]
    assert [file["name"] for file in listed()[0]["attachments"]] == ["a.log"]
    again = program(*command, interpreter=interpreter, SESSION_HISTORY_TOKEN=secret)
    assert again.stdout == "Session History: 0 sent, 0 kept, 0 lost\n"
