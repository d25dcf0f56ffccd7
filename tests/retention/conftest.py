"""Sessions of known age, with events and files, and a purge in a process of its own."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import Organisation, RemovedFile
from tests.ingest.lines import Line, a_line, an_event

ROOT = Path(__file__).parent.parent.parent
LOG = b"10:00:00 hello\n"

WAITING = """
SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = %s
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

Old = Callable[..., UUID]
Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def monthly(acme: Organisation) -> Organisation:
    """acme, which keeps its sessions for 30 days."""
    acme.retention_days = 30
    acme.save()
    return acme


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """A session of so many days ago with two events, a file and an announced one; its id."""
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "a.log").write_bytes(LOG)

    def make(to: Organisation, days: float, **fields: object) -> UUID:
        item = prepare(to, json.dumps(old_line(days, **fields)).encode(), 1, folder)
        assert not load(to, [item]).refused
        return item.id

    return make


def old_line(days: float, **fields: object) -> Line:
    at = datetime.now(UTC) - timedelta(days=days)
    file = {"name": "a.log", "kind": "log", "content_type": "text/plain", "file": "a.log"}
    return a_line(
        **{
            "external_id": f"{days} days old",
            "started_at": at.isoformat(),
            "ended_at": (at + timedelta(minutes=1)).isoformat(),
            "events": [an_event(event_time=at.isoformat(), int1=number) for number in range(2)],
            "attachments": [file],
            **fields,
        }
    )


def purged(*arguments: str) -> str:
    """What the command prints."""
    output = io.StringIO()
    call_command("purge_sessions", *arguments, stdout=output)
    return output.getvalue().strip()


def stored_files() -> list[str]:
    root = Path(default_storage.path(""))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """A management command on the test's database and storage."""

    def start(*arguments: str) -> "subprocess.Popen[str]":
        database = settings.DATABASES["default"]
        where = urlencode({"host": database["HOST"], "port": database["PORT"] or 5432})
        password = f":{quote(database['PASSWORD'])}" if database.get("PASSWORD") else ""
        url = f"postgres://{quote(database['USER'])}{password}@/{connection.settings_dict['NAME']}?{where}"
        own = {"DATABASE_URL": url, "SECRET_KEY": "x", "ALLOWED_HOSTS": "localhost"}
        own["ATTACHMENTS_DIR"] = str(tmp_path / "attachments")
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


def let_time_pass() -> None:
    """Three days: for the files of the storage, and for those that were removed."""
    RemovedFile.objects.update(removed_at=F("removed_at") - timedelta(days=3))
    for name in stored_files():
        path = Path(default_storage.path(name))
        changed = path.stat().st_mtime - 3 * 24 * 3600
        os.utime(path, (changed, changed))


def cleaned(*arguments: str) -> list[str]:
    """The lines that clean_storage prints."""
    output = io.StringIO()
    call_command("clean_storage", *arguments, stdout=output)
    return output.getvalue().strip().splitlines()


def in_thread(work: Callable[[], object]) -> None:
    """What a thread runs: a connection of its own, closed at the end."""
    try:
        work()
    finally:
        connection.close()


def wait_until_somebody_waits(kind: str) -> None:
    """Until a transaction waits for a lock of this kind of pg_locks in the test's database."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [kind])
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError(f"nobody waits for a lock: {kind}")
