"""Attachments in S3: against a server process that speaks it, where django-storages and moto are installed."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.core.management import call_command

from sessionhistory.storage import attachment_storage
from sessions.models import Organisation
from sessions.retention.files import delete_removed
from sessions.retention.orphans import clean
from tests.api_writing.program import SESSIONS, Program, error
from tests.bucket import Bucket

CONTENT = bytes(range(256)) * 50_000  # 12.8 MB: more than one part


def test_a_file_goes_to_the_bucket_and_comes_back_whole_and_in_part(daves: Program, bucket: Bucket) -> None:
    ident = daves.new()
    path = f"{SESSIONS}/{ident}/attachments/a.bin"

    assert daves.put(ident, "a.bin", CONTENT, "application/x-own").status_code == 201
    assert daves.put(ident, "a.bin", CONTENT, "application/x-own").status_code == 200
    assert bucket.names() == [f"kept/{daves.token.organisation_id}/{ident}/{hashlib.sha256(CONTENT).hexdigest()}"]
    assert b"".join(daves.send("GET", path)) == CONTENT
    assert b"".join(daves.send("GET", path, Range="bytes=1000-1999")) == CONTENT[1000:2000]


def test_a_file_that_is_refused_is_not_in_the_bucket_and_a_replaced_one_goes_later(
    daves: Program, bucket: Bucket
) -> None:
    ident = daves.new()

    assert error(daves.put(ident, "a.log", b"x", sha256="0" * 64))[:2] == (400, "invalid_value")
    assert bucket.names() == []
    for content in (b"first", b"second"):
        daves.put(ident, "a.log", content)
    call_command("clean_storage", stdout=io.StringIO())
    assert len(bucket.names()) == 2
    assert list(delete_removed(datetime.now(UTC) + timedelta(hours=1))) == [1]
    assert [name.rpartition("/")[2] for name in bucket.names()] == [hashlib.sha256(b"second").hexdigest()]


def test_a_file_whose_bytes_were_deleted_is_not_found(daves: Program, bucket: Bucket) -> None:
    ident = daves.new()
    daves.put(ident, "a.log", b"x")
    bucket.objects.all().delete()

    assert error(daves.send("GET", f"{SESSIONS}/{ident}/attachments/a.log"))[:2] == (404, "not_found")


def test_a_purge_and_a_clean_up_reach_into_the_bucket(daves: Program, bucket: Bucket) -> None:
    now = datetime.now(UTC)
    old, kept = (
        daves.new(external_id=str(days), started_at=str(now - timedelta(days=days)), ended_at=None, status="active")
        for days in (40, 1)
    )
    for ident in (old, kept):
        daves.put(ident, "a.log", b"x")
    Organisation.objects.update(retention_days=30)
    call_command("purge_sessions", stdout=io.StringIO())
    assert list(delete_removed(now + timedelta(hours=1))) == [1]
    assert [name.split("/")[2] for name in bucket.names()] == [kept]

    orphan = f"{daves.token.organisation_id}/{old}/{'0' * 64}"
    bucket.put(f"kept/{orphan}", b"left")
    bucket.put(f"elsewhere/{orphan}", b"not ours")
    assert list(clean(now - timedelta(hours=1))) == []
    assert [found.name for part in clean(now + timedelta(hours=1)) for found in part.orphans] == [orphan]
    assert [name.split("/")[2] for name in bucket.names()] == [old, kept]
    assert bucket.names()[0].startswith("elsewhere/")


def test_without_an_address_files_are_in_a_folder(tmp_path: Path) -> None:
    assert default_storage.path("x") == str(tmp_path / "attachments" / "x")
    assert attachment_storage("")["BACKEND"].endswith("FileSystemStorage")


@pytest.mark.parametrize(
    "url", ["history", "s3://", "gs://history", "s3://key:secret@history", "s3://history?acl=public"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="s3://bucket/folder"):
        attachment_storage(url)
