"""Attachment files -> Django's default storage, before any row speaks of them.

A file is stored under its organisation's, its session's and its content's identity,
never under a producer's name. It is there as a whole or not at all: on a file system
by writing beside and renaming, elsewhere because object stores work that way.

A file that no row names may be deleted at any moment (`sessions.retention`), so whoever
names one that was there already makes sure of it first, with `keep_files`.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection

from sessions.contract.line_errors import LineError, invalid
from sessions.contract.schema import AttachmentFile
from sessions.files.contents import HEAD_BYTES, check_contents
from sessions.files.folder import local_path

CHUNK_BYTES = 1024 * 1024
# Shared by those who name files, exclusive to whoever deletes files without a name.
FILES_LOCK = 7_305_116
# By the primary key, which begins with the session.
NAMED = """
SELECT storage_name FROM history_attachment WHERE session_id = ANY(%(ids)s::uuid[]) AND storage_name = ANY(%(names)s)
"""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An attachment as its row has it. Its bytes are in the storage already, unless `available` is false.

    `was_there` says that they were before this file was read. `starts_at` is when its first frame or byte is, in UTC,
    where that is known.
    """

    name: str
    kind: str
    content_type: str
    size: int
    sha256: str
    storage_name: str
    available: bool = True
    was_there: bool = False
    starts_at: datetime | None = None


class ChangedWhileReadError(Exception):
    """The file was written to while it was being stored."""


def store_named(
    organisation_id: int, session_id: UUID, folder: Path, attachment: AttachmentFile, field: str
) -> StoredFile:
    """Store the file that a line names relative to its own folder. Raises LineError.

    `field` is the attachment's path in the line, such as `attachments[0]`.
    """
    try:
        path = (folder / attachment.file).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise invalid(f"{field}.file", f"there is no file {attachment.file[:200]!r}") from error
    if not path.is_relative_to(folder.resolve()):
        raise invalid(f"{field}.file", "is outside the folder of the file that names it")
    if not path.is_file():
        raise invalid(f"{field}.file", "is not a file")
    try:
        with path.open("rb") as file:
            sha256, size = digest(file)
            if attachment.sha256 is not None and attachment.sha256 != sha256:
                raise invalid(f"{field}.sha256", f"is not the file's, which is {sha256}")
            if attachment.size is not None and attachment.size != size:
                raise invalid(f"{field}.size", f"is not the file's, which is {size}")
            file.seek(0)
            head = file.read(HEAD_BYTES)
            check_contents(
                attachment.kind, attachment.content_type, head, is_whole=size <= len(head), within=f"{field}."
            )
            stored_as, was_there = store(organisation_id, session_id, file, sha256, size)
    except (PermissionError, ChangedWhileReadError) as error:
        raise invalid(f"{field}.file", "cannot be read") from error
    return StoredFile(
        attachment.name,
        attachment.kind,
        attachment.content_type,
        size,
        sha256,
        stored_as,
        was_there=was_there,
        starts_at=attachment.starts_at,
    )


def storage_name(organisation_id: int, session_id: UUID, sha256: str) -> str:
    return f"{organisation_id}/{session_id}/{sha256}"


def digest(file: BinaryIO) -> tuple[str, int]:
    """The SHA-256 in hex and the size in bytes of a file, from its start."""
    file.seek(0)
    sha256, size = hashlib.sha256(), 0
    for chunk in _chunks(file):
        sha256.update(chunk)
        size += len(chunk)
    return sha256.hexdigest(), size


def store(organisation_id: int, session_id: UUID, file: BinaryIO, sha256: str, size: int) -> tuple[str, bool]:
    """Copy a file into the storage, unless it was there; its storage name, and whether it was.

    `sha256` and `size` are from `digest`.

    Raises ChangedWhileReadError, where it can be known, when the bytes are no longer those.
    """
    name = storage_name(organisation_id, session_id, sha256)
    if default_storage.exists(name) and default_storage.size(name) == size:
        return name, True
    file.seek(0)
    if path := local_path(name):
        _write_and_rename(path, file, sha256)
    else:
        save(name, file)
    return name, False


def keep_files() -> None:
    """From now until the transaction ends no file is deleted for having no row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [FILES_LOCK])


def check_found(files: Iterable[StoredFile]) -> None:
    """That those which were in the storage already still are, before rows name them. Raises LineError.

    Call it when their sessions are held. It looks for none that a row names: those stay as long as their session.
    """
    names = [file.storage_name for file in files if file.was_there]
    if not names:
        return
    keep_files()
    if not all(default_storage.exists(name) for name in set(names) - named(names)):
        raise LineError(
            "conflict", "attachments", "a file was deleted with an older copy of the session; send it again"
        )


def named(names: Sequence[str]) -> set[str]:
    """Those of these storage names that an attachment has."""
    ids = [UUID(name.split("/")[1]) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"ids": ids, "names": list(names)})
        return {name for (name,) in cursor.fetchall()}


def save(name: str, file: IO[bytes]) -> None:
    """Into a storage that is no file system, which makes an object appear as a whole."""
    if default_storage.exists(name):
        default_storage.delete(name)
    saved = default_storage.save(name, File(file))
    if saved != name:  # another process stored the same content meanwhile
        default_storage.delete(saved)


def _write_and_rename(path: Path, file: BinaryIO, sha256: str) -> None:
    unfinished = path.with_name(f".{secrets.token_hex(8)}.unfinished")
    written = hashlib.sha256()
    try:
        with _made(unfinished) as target:
            for chunk in _chunks(file):
                written.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        if written.hexdigest() != sha256:
            raise ChangedWhileReadError
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _made(path: Path) -> BinaryIO:
    """A new file. Its folder may be removed in between, when a purge has just emptied it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK_BYTES), b"")
