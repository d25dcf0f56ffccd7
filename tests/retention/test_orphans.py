"""`manage.py clean_storage`: what no session has, and what it must never touch."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError

from sessions.files.storing import storage_name
from sessions.files.unfinished import FOLDER
from sessions.models import Attachment, Organisation
from sessions.retention import orphans
from tests.retention.conftest import Old, cleaned, stored_files

DAY = 24 * 3600


def put(name: str, *, age: float = 2 * DAY) -> str:
    """A file that was last written to so many seconds ago."""
    default_storage.save(name, ContentFile(b"left"))
    changed = time.time() - age
    os.utime(default_storage.path(name), (changed, changed))
    return name


def orphan(organisation: Organisation, *, age: float = 2 * DAY) -> str:
    return put(storage_name(organisation.pk, uuid4(), "f" * 64), age=age)


def age_all() -> None:
    for name in stored_files():
        os.utime(default_storage.path(name), (1, 1))


def test_an_old_file_of_no_session_goes_and_its_folder_with_it(acme: Organisation) -> None:
    name = orphan(acme)
    assert cleaned()[-1] == "1 files older than 24 hours, 1 of no session (4\xa0bytes) deleted"
    assert stored_files() == []
    assert not Path(default_storage.path(name)).parent.exists()
    assert cleaned()[-1].startswith("0 files")


def test_what_is_left_of_a_killed_import_goes(acme: Organisation) -> None:
    put(f"{acme.pk}/{uuid4()}/.0123456789abcdef.unfinished")
    cleaned()
    assert stored_files() == []


def test_a_young_one_stays_since_it_may_be_about_to_get_its_row(acme: Organisation) -> None:
    names = [orphan(acme, age=DAY - 60), put(f"{acme.pk}/{uuid4()}/.0123456789abcdef.unfinished", age=60)]
    assert cleaned()[-1].startswith("0 files")
    assert stored_files() == sorted(names)


def test_a_file_that_a_session_has_stays_however_old_and_even_when_it_is_said_to_be_gone(
    acme: Organisation, old: Old
) -> None:
    old(acme, 1)
    old(acme, 2)
    Attachment.objects.filter(session_id=old(acme, 3)).update(available=False)
    age_all()
    before = stored_files()
    assert cleaned()[-1] == "3 files older than 24 hours, 0 of no session (0\xa0bytes) deleted"
    assert stored_files() == before


def test_another_file_of_a_session_that_is_there_goes(acme: Organisation, old: Old) -> None:
    ident = old(acme, 1)
    put(storage_name(acme.pk, ident, "0" * 64))
    age_all()
    cleaned()
    assert stored_files() == [Attachment.objects.get().storage_name]


def test_what_has_another_name_is_none_of_its_business(acme: Organisation) -> None:
    """Uploads on their way, and whatever else an operator keeps there."""
    names = [
        f"{FOLDER}/0123456789abcdef0123456789abcdef",
        f"{FOLDER}/{uuid4()}/{'f' * 64}",
        ".readyz/5",
        "lost+found",
        f"{acme.pk}/notes.txt",
        f"{acme.pk}/{uuid4()}/notes.txt",
        f"{acme.pk}/{uuid4()}/{'f' * 64}/deeper",
        f"{uuid4()}/{acme.pk}/{'f' * 64}",
    ]
    for name in names:
        put(name)
    assert cleaned()[-1].startswith("0 files")
    assert stored_files() == sorted(names)


def test_a_dry_run_names_them_and_deletes_nothing(acme: Organisation) -> None:
    names = sorted(orphan(acme) for _ in range(3))
    _, *printed, summary = cleaned("--dry-run")
    assert sorted(printed) == names == stored_files()
    assert summary == "3 files older than 24 hours, 3 of no session (12\xa0bytes) would be deleted"


def test_any_number_is_looked_at_a_part_at_a_time(
    acme: Organisation, old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "AT_ONCE", 3)
    for number in range(4):
        orphan(acme)
        old(acme, number + 1)
    age_all()
    found = list(orphans.clean(datetime.now(UTC)))
    assert [part.looked_at for part in found] == [3, 3, 2]
    assert sum(len(part.orphans) for part in found) == 4
    assert len(stored_files()) == 4


def test_without_a_storage_there_is_nothing_to_clean(db: None) -> None:
    assert cleaned()[-1].startswith("0 files")


@pytest.mark.parametrize("hours", ["0", "-5", "1000000"])
def test_an_age_without_sense_is_refused(db: None, hours: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 8760 hours"):
        cleaned("--older-than", hours)
