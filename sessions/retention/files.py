"""Files of the storage that no attachment names: deleted so that none is lost that is about to be named."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from django.core.files.storage import default_storage
from django.db import connection

from sessions.files.folder import local_path
from sessions.files.storing import FILES_LOCK, named
from sessions.postgresql.bounded import bounded

# Few, because whoever keeps a file waits meanwhile.
AT_ONCE = 100


class StorageError(Exception):
    """What the storage said when it could not list or delete files."""


# An object store takes its time for each. They stay, since each thread makes a client of its own there.
_threads = ThreadPoolExecutor(8)


def delete_unnamed(names: Sequence[str]) -> int:
    """Delete those of these files that no attachment names; how many. Raises StorageError.

    Names are those of `storage_name`; a file that is gone already counts as deleted.
    """
    deleted = 0
    for start in range(0, len(names), AT_ONCE):
        deleted += bounded(partial(_delete, names[start : start + AT_ONCE]))
    return deleted


def _delete(names: Sequence[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FILES_LOCK])
    unnamed = sorted(set(names) - named(names))
    try:
        list(_threads.map(default_storage.delete, unnamed))
    except Exception as error:  # each kind of storage has its own
        raise StorageError(str(error)) from error
    _remove_empty_folders(unnamed)
    return len(unnamed)


def _remove_empty_folders(names: Sequence[str]) -> None:
    """A session's folder is of no use without files. Other storages have no folders."""
    for folder in {path.parent for name in names if (path := local_path(name))}:
        with suppress(OSError):  # not empty, or not there
            folder.rmdir()
