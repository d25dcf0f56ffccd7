"""Files of the storage that no attachment names: deleted so that none is lost that is needed.

One that was named until a moment ago is needed by a backup: whoever dumps the database first and copies the files
second has rows that name it. So it is noted as removed when its row goes (RemovedFile), by the same statement, and
deleted ATTACHMENTS_GRACE_HOURS later. One that is about to be named is held by its writer.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import connection

from sessions.files.folder import local_path
from sessions.files.storing import FILES_LOCK, named
from sessions.models import RemovedFile
from sessions.postgresql.bounded import bounded

# Few, because whoever keeps a file waits meanwhile.
AT_ONCE = 100

# Index removedfile_removed_at. What is removed again meanwhile is due later.
TAKE_DUE = """
DELETE FROM history_removedfile WHERE removed_at < %(before)s AND storage_name IN (
    SELECT storage_name FROM history_removedfile WHERE removed_at < %(before)s ORDER BY removed_at LIMIT %(limit)s
)
RETURNING storage_name
"""
REMOVED = "SELECT storage_name FROM history_removedfile WHERE storage_name = ANY(%(names)s)"


class StorageError(Exception):
    """What the storage said when it could not list or delete files."""


# An object store takes its time for each. They stay, since each thread makes a client of its own there.
_threads = ThreadPoolExecutor(8)


def count_removed(before: datetime) -> int:
    """How many files are due; those that a session has again are not deleted."""
    return RemovedFile.objects.filter(removed_at__lt=before).count()


def delete_removed(before: datetime) -> Iterator[int]:
    """Delete files that were removed before a moment, some at a time; how many. Raises OperationalError, StorageError.

    Killed half-way, it has forgotten that some were removed: they are orphans then.
    """
    while due := bounded(partial(_take_due, before)):
        yield delete_unnamed(due, before)


def delete_unnamed(names: Sequence[str], before: datetime) -> int:
    """Delete those of these files that no attachment names nor has named lately; how many. Raises StorageError.

    One that was written to since `before` stays: it may be about to be named. Names are those of `storage_name`.
    """
    deleted = 0
    for start in range(0, len(names), AT_ONCE):
        deleted += bounded(partial(_delete, names[start : start + AT_ONCE], before))
    return deleted


def removed(names: Sequence[str]) -> set[str]:
    """Those of these storage names that an attachment had until lately."""
    with connection.cursor() as cursor:
        cursor.execute(REMOVED, {"names": list(names)})
        return {name for (name,) in cursor.fetchall()}


def _take_due(before: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_DUE, {"before": before, "limit": AT_ONCE})
        return [name for (name,) in cursor.fetchall()]


def _delete(names: Sequence[str], before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FILES_LOCK])
    unnamed = sorted(set(names) - named(names) - removed(names))
    try:
        deleted = sum(_threads.map(partial(_delete_file, before), unnamed))
    except Exception as error:  # each kind of storage has its own
        raise StorageError(str(error)) from error
    _remove_empty_folders(unnamed)
    return deleted


def _delete_file(before: datetime, name: str) -> bool:
    if not default_storage.exists(name) or default_storage.get_modified_time(name) >= before:
        return False
    default_storage.delete(name)
    return True


def _remove_empty_folders(names: Sequence[str]) -> None:
    """A session's folder is of no use without files. Other storages have no folders."""
    for folder in {path.parent for name in names if (path := local_path(name))}:
        with suppress(OSError):  # not empty, or not there
            folder.rmdir()
