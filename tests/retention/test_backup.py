"""The guide's backup and restore, word for word: a backup that is taken while everybody works is whole."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from sessionhistory.embedded import binary
from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import Attachment, Organisation
from tests.migrations.conftest import Database, a_database, url_of
from tests.retention.conftest import cleaned, in_thread, old_line, purged

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "operators.md").read_text()
DEPLOYMENT = ("DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "HTTPS", "ATTACHMENTS_DIR")
GONE_MEANWHILE = 24  # rsync's exit status

AVAILABLE = "SELECT storage_name, sha256 FROM history_attachment WHERE available ORDER BY storage_name"
READ = f"""
import django, json
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute({AVAILABLE!r})
    print(json.dumps(cursor.fetchall()))
"""

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")


def commands(heading: str, **paths: object) -> list[str]:
    """Those that the guide gives below a heading, with paths of the test's own."""
    section = GUIDE.split(f"**{heading}**")[1].split("\n**")[0]
    lines = re.findall(r"^\$ (.+)$", section, re.MULTILINE)
    assert lines
    return [
        line.replace(".venv/bin/python", sys.executable)
        .replace("/srv/session-history/attachments", str(paths.get("attachments")))
        .replace("/backup", str(paths.get("backup")))
        for line in lines
    ]


def run(command: str, environment: dict[str, str], folder: Path = ROOT) -> None:
    done = subprocess.run(command, shell=True, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in ((0, GONE_MEANWHILE) if "rsync" in command else (0,)), (command, done.stderr)


def missing(rows: list[tuple[str, str]], folder: Path) -> list[str]:
    """Files that rows name and the folder does not have, or not with the row's hash."""
    return [
        name
        for name, sha256 in rows
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256
    ]


def environment_of(url: str, attachments: Path) -> dict[str, str]:
    own = {"DATABASE_URL": url, "SECRET_KEY": "x", "ALLOWED_HOSTS": "localhost", "ATTACHMENTS_DIR": str(attachments)}
    # The first pg_dump of the machine may be older than the embedded server.
    path = os.environ["PATH"] if settings.DEPLOYED else f"{Path(binary('pg_dump')).parent}:{os.environ['PATH']}"
    return os.environ | own | {"PATH": path}


class Replacing:
    """Somebody who goes on replacing the files of twenty sessions, until it is stopped."""

    def __init__(self, organisation: Organisation, folder: Path) -> None:
        self._organisation = organisation
        self._folder = folder
        self._stopped = threading.Event()
        self._rounds = 0
        self._thread = threading.Thread(target=in_thread, args=[self._replace_all])

    def send(self, number: int, days: float, content: str) -> None:
        (self._folder / "a.log").write_text(content)
        line = json.dumps(old_line(days, external_id=str(number))).encode()
        assert not load(self._organisation, [prepare(self._organisation, line, 1, self._folder)]).refused

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def all_again(self) -> None:
        """Return when each file that was there has been replaced."""
        wanted = self._rounds + 2
        while self._rounds < wanted:
            assert self._thread.is_alive()
            self._stopped.wait(0.01)

    def _replace_all(self) -> None:
        while not self._stopped.is_set():
            for number in range(20):
                self.send(number, 1, f"{number} in round {self._rounds}\n")
            self._rounds += 1


@pytest.fixture
def other_database(worker_id: str) -> Iterator[Database]:
    with a_database(f"restored_{worker_id}") as made:
        yield made


def test_every_row_of_a_restored_backup_has_its_file(
    transactional_db: None, acme: Organisation, other_database: Database, tmp_path: Path
) -> None:
    stored, backup, restored = (tmp_path / name for name in ("attachments", "backup", "restored"))
    backup.mkdir()
    sent = tmp_path / "sent"
    sent.mkdir()
    here = environment_of(url_of(str(connection.settings_dict["NAME"])), stored)
    there = environment_of(other_database.url, restored)
    dump, copy = commands("Backup", attachments=stored, backup=backup)

    replacing = Replacing(acme, sent)
    for number in range(20, 40):
        replacing.send(number, 40, f"{number}, which is purged\n")
    with replacing:
        replacing.all_again()
        run(dump, here)
        purged("--organisation", "acme", "--before", str((datetime.now(UTC) - timedelta(days=30)).date()))
        cleaned()
        replacing.all_again()
        run(copy, here)
    for command in commands("Restore", attachments=restored, backup=backup):
        run(command, there)

    rows = other_database(AVAILABLE)
    assert len(rows) == 40
    assert missing(rows, restored) == []
    named_by_now = set(Attachment.objects.values_list("storage_name", flat=True))
    assert not named_by_now & {name for name, _ in rows}  # none but what was replaced or purged between the two


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="There is no 'pg_dumb'"):
        call_command("postgresql", "pg_dumb", "--format=custom")


def test_what_the_program_ends_with_is_what_the_command_ends_with(db: None) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("postgresql", "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command=SELECT no_such_column")
    assert ended.value.code == 1


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the embedded server's user may go."""
    made = Path(tempfile.mkdtemp(prefix="backup-"))
    made.chmod(0o755)
    (made / "manage.py").symlink_to(ROOT / "manage.py")
    yield made
    shutil.rmtree(made)  # which ends the servers in it


def test_a_laptop_is_restored_from_its_backup(folder: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in DEPLOYMENT}
    environment = kept | {"DATA_DIR": str(folder / ".data"), "DJANGO_SETTINGS_MODULE": "sessionhistory.settings"}
    for arguments in (
        "migrate",
        "create_organisation acme --name Acme --admin admin@example.com",
        f"import_sessions {ROOT}/tests/data/browser/sessions.ndjson --organisation acme",
    ):
        run(f"{sys.executable} manage.py {arguments}", environment, folder)
    before = available(environment)
    lines = commands("The same of a laptop")
    run("\n".join(["set -e", *lines]), environment, folder)

    restored = environment | {"DATA_DIR": str(folder / "restored")}
    rows = available(restored)
    assert rows == before
    assert len(rows) == 56
    assert missing(rows, folder / "restored" / "attachments") == []
    assert (folder / "restored" / "secret_key").read_text() == (folder / ".data" / "secret_key").read_text()


def available(environment: dict[str, str]) -> Any:
    command = [sys.executable, "-c", READ]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
