"""Files that were replaced or purged: how long they stay, and what they must survive."""

import json
import os
import threading
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.db import transaction

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import Attachment, Organisation, RemovedFile
from sessions.retention import files
from tests.retention.conftest import (
    LOG,
    Old,
    cleaned,
    in_thread,
    let_time_pass,
    old_line,
    purged,
    stored_files,
    wait_until_somebody_waits,
)


def resend(to: Organisation, folder: Path, content: bytes, **fields: object) -> None:
    """The session of `old_line(1)`, with a file of another content."""
    (folder / "a.log").write_bytes(content)
    assert not load(to, [prepare(to, json.dumps(old_line(1, external_id="one", **fields)).encode(), 1, folder)]).refused


def contents() -> list[bytes]:
    return sorted(Path(default_storage.path(name)).read_bytes() for name in stored_files())


def test_a_replaced_file_stays_for_a_while_however_old_it_is(acme: Organisation, tmp_path: Path) -> None:
    resend(acme, tmp_path, b"first")
    let_time_pass()
    resend(acme, tmp_path, b"second")
    assert cleaned() == [
        "0 files replaced or purged more than 48 hours ago deleted",
        "1 files older than 24 hours, 0 of no session (0\xa0bytes) deleted",
    ]
    assert contents() == [b"first", b"second"]
    let_time_pass()
    assert cleaned()[0] == "1 files replaced or purged more than 48 hours ago deleted"
    assert contents() == [b"second"]
    assert not RemovedFile.objects.exists()


def test_how_long_is_a_setting(acme: Organisation, tmp_path: Path, settings: LazySettings) -> None:
    settings.ATTACHMENTS_GRACE_HOURS = 100
    resend(acme, tmp_path, b"first")
    resend(acme, tmp_path, b"second")
    let_time_pass()
    cleaned()
    assert contents() == [b"first", b"second"]
    settings.ATTACHMENTS_GRACE_HOURS = 0
    with pytest.raises(CommandError, match="ATTACHMENTS_GRACE_HOURS is at least 1"):
        cleaned()


def test_a_file_that_is_sent_again_while_it_waits_is_kept_and_waits_anew_when_it_is_removed_again(
    acme: Organisation, tmp_path: Path
) -> None:
    resend(acme, tmp_path, b"first")
    resend(acme, tmp_path, b"second")
    let_time_pass()
    resend(acme, tmp_path, b"first")
    cleaned()
    assert contents() == [b"first", b"second"]  # the second waits since a moment ago
    resend(acme, tmp_path, b"second")
    cleaned()
    assert contents() == [b"first", b"second"]
    let_time_pass()
    cleaned()
    assert contents() == [b"second"]


def test_a_file_that_the_session_has_under_another_name_as_well_is_kept(acme: Organisation, tmp_path: Path) -> None:
    both = [{"name": name, "kind": "log", "content_type": "text/plain", "file": "a.log"} for name in ("a.log", "b.log")]
    resend(acme, tmp_path, b"first", attachments=both)
    resend(acme, tmp_path, b"second")
    let_time_pass()
    cleaned()
    assert contents() == [b"first", b"second"]


def test_a_dry_run_counts_and_deletes_nothing(monthly: Organisation, old: Old) -> None:
    old(monthly, 40)
    purged()
    let_time_pass()
    assert cleaned("--dry-run")[0] == "1 files replaced or purged more than 48 hours ago would be deleted"
    assert len(stored_files()) == 1


def test_a_file_that_cannot_be_deleted_ends_it_with_what_to_do(monthly: Organisation, old: Old) -> None:
    name = Attachment.objects.get(session_id=old(monthly, 40)).storage_name
    purged()
    let_time_pass()
    path = Path(default_storage.path(name))
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    os.utime(path, (1, 1))
    with pytest.raises(CommandError, match="The storage failed"):
        cleaned()


def test_killed_between_forgetting_and_deleting_the_next_one_finds_it(
    monthly: Organisation, old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(monthly, 40)
    purged()
    let_time_pass()
    with monkeypatch.context() as patched:
        patched.setattr(files, "delete_unnamed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cleaned()
    assert (len(stored_files()), RemovedFile.objects.count()) == (1, 0)
    cleaned()
    assert stored_files() == []


def test_an_import_of_what_was_deleted_meanwhile_is_refused_and_told_so(monthly: Organisation, tmp_path: Path) -> None:
    """It found the file stored; a row would now point to nothing."""
    (tmp_path / "a.log").write_bytes(LOG)
    line = json.dumps(old_line(40)).encode()
    load(monthly, [prepare(monthly, line, 1, tmp_path)])
    again = prepare(monthly, line, 1, tmp_path)
    purged()
    let_time_pass()
    cleaned()

    report = load(monthly, [again])

    assert [(number, error.code, error.field) for number, error in report.refused] == [(1, "conflict", "attachments")]
    assert not Attachment.objects.exists()
    assert not load(monthly, [prepare(monthly, line, 1, tmp_path)]).refused
    assert len(stored_files()) == 1


def test_a_file_that_is_about_to_get_a_row_is_not_deleted(
    transactional_db: None, monthly: Organisation, tmp_path: Path
) -> None:
    """It is due, and its session is imported again."""
    (tmp_path / "a.log").write_bytes(LOG)
    line = json.dumps(old_line(40)).encode()
    load(monthly, [prepare(monthly, line, 1, tmp_path)])
    again = prepare(monthly, line, 1, tmp_path)
    purged()
    let_time_pass()
    deleting = threading.Thread(target=in_thread, args=[cleaned])
    with transaction.atomic():
        load(monthly, [again])
        deleting.start()
        wait_until_somebody_waits("advisory")
    deleting.join(30)

    assert len(stored_files()) == 1
    assert default_storage.exists(Attachment.objects.get().storage_name)
