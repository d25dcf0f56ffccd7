"""A log's index kept with the file, and the first errors in it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from sessions.models import Attachment, FileIndex, Organisation
from sessions.replay.axis import Axis
from sessions.replay.log import LogError, has_log_index, log_errors, log_index_of
from sessions.replay.log_placing import place_log
from sessions.viewers.levels import Level

ORIGIN = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
AXIS = Axis(ORIGIN, 60.0)

Keep = Callable[..., Attachment]


@pytest.fixture
def keep(acme: Organisation, send: Callable[..., UUID], tmp_path: Path) -> Keep:
    def keep_one(content: bytes, content_type: str = "text/plain") -> Attachment:
        (tmp_path / "sent").write_bytes(content)
        file: dict[str, Any] = {"name": "a.log", "kind": "log", "content_type": content_type, "file": "sent"}
        return Attachment.objects.get(session_id=send(acme, attachments=[file]))

    return keep_one


def stamped(seconds: float, text: str) -> bytes:
    return f"{(ORIGIN + timedelta(seconds=seconds)).isoformat(timespec='milliseconds')} {text}\n".encode()


def test_the_first_errors_of_a_session_have_their_time_number_and_text(keep: Keep) -> None:
    texts = {
        -5: "ERROR early",
        1: "INFO a",
        2.5: "\x1b[31mERROR\x1b[0m till \u202e is empty",
        3: "ERROR Касса",
        99: "ERROR x",
    }
    file = keep(b"".join(stamped(t, text) for t, text in texts.items()))
    index = log_index_of(file)
    placing = place_log(index, AXIS)
    assert log_errors(index, placing, file, AXIS) == [
        LogError(2.5, 3, "2026-11-30T10:00:02.500+00:00 ERROR till \ufffd is empty"),
        LogError(3.0, 4, "2026-11-30T10:00:03.000+00:00 ERROR Касса"),
    ]
    assert len(log_errors(index, placing, file, AXIS, most=1)) == 1
    assert index.counts[Level.ERROR] == 4


def test_errors_without_a_time_are_found_as_well(keep: Keep) -> None:
    file = keep(b"INFO a\nERROR " + b"x" * 100_000 + b"\nINFO b\n")
    index = log_index_of(file)
    (error,) = log_errors(index, place_log(index, AXIS), file, AXIS)
    assert (error.t, error.number, error.text[:9]) == (None, 2, "ERROR xxx")
    assert len(error.text) < 1_000


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_errors_are_read_in_the_files_encoding(keep: Keep, encoding: str) -> None:
    file = keep("INFO a\nERROR Касса\n".encode(encoding), f"text/plain; charset={encoding}")
    index = log_index_of(file)
    assert [error.text for error in log_errors(index, place_log(index, AXIS), file, AXIS)] == ["ERROR Касса"]


def test_the_index_of_a_large_log_is_kept_and_read_again(keep: Keep) -> None:
    file = keep(b"".join(stamped(number / 100, "INFO a") for number in range(6_000)) + b"ERROR a\n" * 20_000)
    assert not has_log_index(file)
    index = log_index_of(file)
    assert has_log_index(file)
    (kept,) = FileIndex.objects.all()
    assert len(kept.content) < 1024 * 1024
    default_storage.delete(file.storage_name)
    default_storage.save(file.storage_name, ContentFile(b""))
    assert log_index_of(file) == index


def test_a_log_in_json_is_indexed_as_it_is_shown(keep: Keep) -> None:
    file = keep(b'[{"level":"error","time":"2026-11-30T10:00:01Z"},{"level":"info"}]', "application/json")
    assert has_log_index(file)
    assert log_index_of(file).total > 5


def test_a_lost_file_is_told(keep: Keep) -> None:
    file = keep(b"INFO a\n")
    default_storage.delete(file.storage_name)
    with pytest.raises(FileNotFoundError):
        log_index_of(file)
