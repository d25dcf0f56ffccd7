"""`manage.py import_sessions`: what it prints, keeps and survives."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from sessions.ingest.importing import import_ndjson
from sessions.models import Attachment, Event, Organisation, Session
from tests.ingest.lines import BROWSER, a_line, an_event, stored, write

ROOT = Path(__file__).parent.parent.parent


def imported(*paths: Path, organisation: str = "acme") -> tuple[str, str]:
    """What the command prints to standard output and standard error."""
    output, errors = io.StringIO(), io.StringIO()
    try:
        call_command("import_sessions", *map(str, paths), organisation=organisation, stdout=output, stderr=errors)
    except CommandError as error:
        if error.returncode != 1 or not errors.getvalue():
            raise
    return output.getvalue().strip(), errors.getvalue()


def test_sixteen_real_sessions_imported_twice_are_there_once(acme: Organisation) -> None:
    expected = [json.loads(line) for line in (BROWSER / "sessions.ndjson").read_bytes().splitlines()]

    first, _ = imported(BROWSER / "sessions.ndjson")
    second, _ = imported(BROWSER / "sessions.ndjson")

    assert first == "16 sessions (16 new, 0 updated), 139 events, 56 attachments, 0 lines refused"
    assert second == "16 sessions (0 new, 16 updated), 139 events, 56 attachments, 0 lines refused"
    assert Session.objects.count() == 16
    assert Event.objects.count() == sum(len(line["events"]) for line in expected) == 139
    for line in expected:
        ident = acme.session_id(line["external_id"])
        for sent in line["attachments"]:
            kept = Attachment.objects.get(session_id=ident, name=sent["name"])
            assert (kept.kind, kept.content_type, kept.size, kept.sha256) == (
                sent["kind"],
                sent["content_type"],
                sent["size"],
                sent["sha256"],
            )
            assert hashlib.sha256(default_storage.open(kept.storage_name).read()).hexdigest() == sent["sha256"]


def test_bad_lines_are_reported_by_number_and_field_and_the_good_ones_kept(acme: Organisation, tmp_path: Path) -> None:
    path = write(
        tmp_path / "mixed.ndjson",
        a_line(external_id="a"),
        b"",
        b"{not json",
        a_line(external_id="b", status="done"),
        a_line(external_id="c", events=[{"event_type": "x"}]),
        a_line(external_id="d"),
    )

    output, errors = imported(path)

    assert output == "2 sessions (2 new, 0 updated), 0 events, 0 attachments, 3 lines refused"
    reported = errors.splitlines()
    assert [line.removeprefix(f"{path}:").split(": ")[0] for line in reported] == ["3", "4", "5"]
    assert reported[1].startswith(f"{path}:4: status: ")
    assert reported[2] == f"{path}:5: events[0].event_time: is required"
    assert set(Session.objects.values_list("external_id", flat=True)) == {"a", "d"}


def test_titles_and_outcomes_are_imported_or_refused_by_name(acme: Organisation, tmp_path: Path) -> None:
    path = write(
        tmp_path / "titled.ndjson",
        a_line(title=" checkout \u203a pays ", outcome="=1+1"),
        a_line(external_id="b", title="x" * 501),
        a_line(external_id="c", outcome="x" * 2001),
        a_line(external_id="d", outcome=7),
    )

    output, errors = imported(path)

    assert output == "1 sessions (1 new, 0 updated), 0 events, 0 attachments, 3 lines refused"
    assert [line.removeprefix(f"{path}:").split(": ")[:2] for line in errors.splitlines()] == [
        ["2", "title"],
        ["3", "outcome"],
        ["4", "outcome"],
    ]
    assert (stored(acme).title, stored(acme).outcome) == ("checkout \u203a pays", "=1+1")


def test_bad_lines_make_the_exit_status_1(acme: Organisation, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("import_sessions", str(write(tmp_path / "x", b"{}")), organisation="acme", stdout=io.StringIO())

    assert caught.value.returncode == 1


def test_an_unknown_organisation_is_answered_with_those_there_are(acme: Organisation, globex: Organisation) -> None:
    with pytest.raises(CommandError, match=r"no organisation “acne”\. Known: acme, globex"):
        imported(BROWSER / "sessions.ndjson", organisation="acne")


@pytest.mark.parametrize(
    ("name", "message"), [("missing.ndjson", "no such file"), ("report.csv", "no such file"), (".", "is a folder")]
)
def test_a_file_that_cannot_be_imported_stops_it_before_anything_is_written(
    acme: Organisation, tmp_path: Path, name: str, message: str
) -> None:
    good = write(tmp_path / "good.ndjson", a_line())

    with pytest.raises(CommandError, match=message):
        imported(good, tmp_path / name)
    assert not Session.objects.exists()


def test_many_lines_take_few_batches_and_are_reported_batch_by_batch(acme: Organisation, tmp_path: Path) -> None:
    path = write(tmp_path / "many.ndjson", *(a_line(external_id=str(n)) for n in range(4500)))

    with path.open("rb") as file:
        reports = list(import_ndjson(acme, file, tmp_path))

    assert [report.new for _, report in reports] == [1000, 2000, 1500]
    assert reports[-1][0] == path.stat().st_size


# A process of its own, on the test's database.


def command(path: Path, storage: Path) -> subprocess.Popen[str]:
    database = settings.DATABASES["default"]
    where = urlencode({"host": database["HOST"], "port": database["PORT"] or 5432})
    password = f":{quote(database['PASSWORD'])}" if database.get("PASSWORD") else ""
    url = f"postgres://{quote(database['USER'])}{password}@/{connection.settings_dict['NAME']}?{where}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_sessions", str(path), "--organisation", "acme"],
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": url, "SECRET_KEY": "x", "ALLOWED_HOSTS": "localhost", "ATTACHMENTS_DIR": str(storage)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_run_again_it_has_everything_once(acme: Organisation, tmp_path: Path) -> None:
    count = 12_000
    shutil.copytree(BROWSER / "files" / "rec-1-000", tmp_path / "files")
    attachment = {"name": "a.log", "kind": "log", "content_type": "text/plain", "file": "files/console.log"}
    path = write(
        tmp_path / "many.ndjson",
        *(
            a_line(
                external_id=str(n),
                events=[an_event(int1=n), an_event(int1=-n, str1="x")],
                attachments=[attachment] if n % 400 == 0 else [],
            )
            for n in range(count)
        ),
    )

    process = command(path, tmp_path / "storage")
    deadline = time.monotonic() + 60
    while Session.objects.count() < 1000 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    cut_short = Session.objects.count()
    again = command(path, tmp_path / "storage")
    output, errors = again.communicate(timeout=120)

    assert 0 < cut_short < count
    assert (again.returncode, errors) == (0, "")
    assert output.startswith(f"{count} sessions ({count - cut_short} new, {cut_short} updated), {2 * count} events")
    assert Session.objects.count() == count
    assert Event.objects.count() == 2 * count
    assert Attachment.objects.filter(available=True).count() == count // 400


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_make_each_session_once(acme: Organisation, tmp_path: Path) -> None:
    path = write(tmp_path / "x.ndjson", *(a_line(external_id=str(n), events=[an_event()]) for n in range(3000)))
    outputs: list[str] = []

    def run() -> None:
        outputs.append(imported(path)[0])
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert len(outputs) == 2
    assert all("0 lines refused" in output for output in outputs)
    assert Session.objects.count() == Event.objects.count() == 3000
