"""Attachment files: copied as a whole or not at all, checked, and only from the import's own folder."""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from sessions.contract.line_errors import LineError
from sessions.files.storing import ChangedWhileReadError, digest, store
from sessions.ingest.prepare import prepare
from sessions.ingest.writing.rows import Item
from sessions.models import Organisation
from tests.ingest.lines import a_line

CONTENT = b"10:00:00 hello\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "a.log").write_bytes(CONTENT)
    (tmp_path / "secret").write_text("not yours")
    return folder


def prepared(organisation: Organisation, folder: Path, **attachment: Any) -> Item:
    fields = {"name": "a.log", "kind": "log", "content_type": "text/plain", "file": "a.log", **attachment}
    return prepare(organisation, json.dumps(a_line(attachments=[fields])).encode(), 1, folder)


def test_a_file_is_stored_under_ids_and_its_hash(acme: Organisation, folder: Path) -> None:
    item = prepared(acme, folder, name="x.html", size=len(CONTENT), sha256=SHA256)

    file = item.files[0]
    assert (file.name, file.size, file.sha256) == ("x.html", len(CONTENT), SHA256)
    assert file.storage_name == f"{acme.pk}/{acme.session_id('one')}/{SHA256}"
    assert default_storage.open(file.storage_name).read() == CONTENT


@pytest.mark.parametrize("content", [b"\0\0\r\nNULs", "UTF-16".encode("utf-16")])
def test_a_log_is_taken_as_the_device_wrote_it(acme: Organisation, folder: Path, content: bytes) -> None:
    (folder / "a.log").write_bytes(content)

    assert default_storage.open(prepared(acme, folder).files[0].storage_name).read() == content


def test_an_empty_file_is_a_file(acme: Organisation, folder: Path) -> None:
    (folder / "a.log").write_bytes(b"")

    assert prepared(acme, folder).files[0].size == 0


@pytest.mark.parametrize(
    ("attachment", "field"),
    [
        ({"sha256": "0" * 64}, "attachments[0].sha256"),
        ({"size": 1}, "attachments[0].size"),
        ({"file": "missing.log"}, "attachments[0].file"),
        ({"file": ""}, "attachments[0].file"),
        ({"file": "."}, "attachments[0].file"),
        ({"file": "../secret"}, "attachments[0].file"),
        ({"file": "../sent/../secret"}, "attachments[0].file"),
        ({"file": "/etc/passwd"}, "attachments[0].file"),
        ({"file": "x" * 5000}, "attachments[0].file"),
        ({"content_type": "image/png"}, "attachments[0].content_type"),
        ({"content_type": "application/json"}, "attachments[0].content_type"),
        ({"kind": "screenshot"}, "attachments[0].kind"),
        ({"kind": "video", "content_type": "application/octet-stream"}, "attachments[0].kind"),
        ({"name": "../../x.html"}, "attachments[0].name"),
    ],
)
def test_a_file_that_is_not_what_the_line_says_is_refused(
    acme: Organisation, folder: Path, attachment: dict[str, Any], field: str
) -> None:
    with pytest.raises(LineError) as caught:
        prepared(acme, folder, **attachment)

    assert (caught.value.code, caught.value.field) == ("invalid_value", field)
    assert not [path for path in (folder.parent / "attachments").rglob("*") if path.is_file()]


def test_a_link_may_point_inside_the_folder_and_nowhere_else(acme: Organisation, folder: Path) -> None:
    (folder / "inside").symlink_to("a.log")
    (folder / "outside").symlink_to("../secret")
    (folder / "way-out").symlink_to("..")
    (folder / "circle").symlink_to("circle")

    assert prepared(acme, folder, file="inside").files[0].sha256 == SHA256
    for name in ("outside", "way-out/secret", "circle"):
        with pytest.raises(LineError, match=r"attachments\[0\].file"):
            prepared(acme, folder, file=name)


def test_a_pipe_is_not_waited_for(acme: Organisation, folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    with pytest.raises(LineError, match="is not a file"):
        prepared(acme, folder, file="pipe")


def test_a_folder_may_itself_be_a_link(acme: Organisation, folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)

    assert prepared(acme, link).files[0].sha256 == SHA256


def test_a_stored_file_is_not_copied_again(acme: Organisation, folder: Path) -> None:
    name = prepared(acme, folder).files[0].storage_name
    before = Path(default_storage.path(name)).stat().st_mtime_ns

    prepared(acme, folder)

    assert Path(default_storage.path(name)).stat().st_mtime_ns == before


def test_a_stored_file_that_was_cut_short_is_replaced(acme: Organisation, folder: Path) -> None:
    name = prepared(acme, folder).files[0].storage_name
    Path(default_storage.path(name)).write_bytes(CONTENT[:3])

    prepared(acme, folder)

    assert default_storage.open(name).read() == CONTENT


def test_a_file_that_changes_while_it_is_copied_leaves_nothing(acme: Organisation, tmp_path: Path) -> None:
    ident = acme.session_id("one")
    sha256, size = digest(io.BytesIO(CONTENT))

    with pytest.raises(ChangedWhileReadError):
        store(acme.pk, ident, io.BytesIO(CONTENT + b"more"), sha256, size)

    assert not [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]
