"""What a killed upload or import has left in the storage: files that no attachment names, and that wait for nothing.

Only names that are made here count (`ingest.attachments.storage_name`, and what is written beside it until it is
whole), and only files that have not been written to for a day: one that is younger may be about to be named.
Everything else, such as uploads on their way, is left alone.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.storage import default_storage

from sessions.files.folder import local_path
from sessions.files.storing import named
from sessions.retention.files import StorageError, delete_unnamed, removed

AT_ONCE = 1000
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OURS = re.compile(rf"[0-9]+/{UUID}/([0-9a-f]{{64}}|\.[0-9a-f]{{16}}\.unfinished)")


class Found(NamedTuple):
    name: str
    size: int


@dataclass
class Cleaned:
    """Of some files that were looked at: those that no session has or had until lately, and their bytes."""

    looked_at: int = 0
    orphans: list[Found] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(found.size for found in self.orphans)


def clean(older_than: datetime, *, delete: bool = True) -> Iterator[Cleaned]:
    """After every thousand files what was found and, unless `delete` is false, deleted.

    Raises OperationalError and StorageError.
    """
    chunk: list[Found] = []
    for found in _walk(older_than):
        chunk.append(found)
        if len(chunk) == AT_ONCE:
            yield _clean(chunk, older_than, delete=delete)
            chunk = []
    if chunk:
        yield _clean(chunk, older_than, delete=delete)


def _clean(chunk: list[Found], older_than: datetime, *, delete: bool) -> Cleaned:
    names = [found.name for found in chunk]
    kept = named(names) | removed(names)
    orphans = [found for found in chunk if found.name not in kept]
    if delete:
        delete_unnamed([found.name for found in orphans], older_than)
    return Cleaned(len(chunk), orphans)


def _walk(older_than: datetime) -> Iterator[Found]:
    """Files whose names are made here and that are old enough, one by one, however many there are."""
    folder = local_path("")
    files = _in_folder(folder) if folder else _in_bucket(default_storage)
    try:
        for name, size, modified in files:
            if modified < older_than.timestamp() and OURS.fullmatch(name):
                yield Found(name, size)
    except Exception as error:  # each kind of storage has its own
        raise StorageError(str(error)) from error


def _in_folder(root: Path) -> Iterator[tuple[str, int, float]]:
    """(name, size in bytes, time of the last change) of what lies three folders deep."""
    for organisation in _below(root):
        for session in _below(organisation.path):
            for file in _below(session.path):
                with suppress(FileNotFoundError):
                    stat = file.stat(follow_symlinks=False)
                    yield f"{organisation.name}/{session.name}/{file.name}", stat.st_size, stat.st_mtime


def _below(folder: Path | str) -> Iterator["os.DirEntry[str]"]:
    """What is in it, if it is a folder and still there."""
    with suppress(NotADirectoryError, FileNotFoundError), os.scandir(folder) as entries:
        yield from entries


def _in_bucket(storage: Any) -> Iterator[tuple[str, int, float]]:
    """The same of an S3 storage, whose listing comes a page at a time, which that of `listdir` does not."""
    folder = f"{storage.location}/".lstrip("/")
    for item in storage.bucket.objects.filter(Prefix=folder):
        yield item.key.removeprefix(folder), item.size, item.last_modified.timestamp()
