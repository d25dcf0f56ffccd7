"""Indexes of files: found by one pass over a file, and kept in the database where the pass takes long."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import msgspec
from django.db import InternalError, ProgrammingError, connection, transaction
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from sessions.contract import schema
from sessions.models import Attachment, FileIndex

Index = TypeVar("Index")

# A pass over less takes some milliseconds.
SMALLEST_KEPT = 256 * 1024
KEPT = timedelta(days=30)

KEEP = """
INSERT INTO history_fileindex (sha256, kind, version, content)
VALUES (%(sha256)s, %(kind)s, %(version)s, %(content)s)
ON CONFLICT (sha256, kind) DO UPDATE SET version = EXCLUDED.version, content = EXCLUDED.content, made_at = now()
"""


def file_index(
    file: Attachment | schema.Attachment, kind: str, version: int, made: type[Index], make: Callable[[], Index]
) -> Index:
    """The index of this kind, from the database or made by `make`; `made` is its type, a msgspec.Struct.

    Raises what `make` raises.
    """
    if file.size < SMALLEST_KEPT:
        return make()
    kept = FileIndex.objects.filter(sha256=file.sha256, kind=kind, version=version).values_list("content").first()
    if kept is not None:
        return msgspec.msgpack.decode(kept[0], type=made)
    index = make()
    _keep({"sha256": file.sha256, "kind": kind, "version": version, "content": msgspec.msgpack.encode(index)})
    return index


def _keep(row: dict[str, str | int | bytes]) -> None:
    """Where nothing may be written, such as on a replica or by a role that only reads, the index is made each time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(KEEP, row)
    except (InternalError, ProgrammingError) as error:
        if not isinstance(error.__cause__, ReadOnlySqlTransaction | InsufficientPrivilege):
            raise


def is_at_hand(file: Attachment | schema.Attachment, kind: str, version: int) -> bool:
    """Whether the index can be had without a long pass over the file."""
    return (
        file.size < SMALLEST_KEPT or FileIndex.objects.filter(sha256=file.sha256, kind=kind, version=version).exists()
    )


def forget_old_indexes() -> int:
    """Delete the indexes that were made long ago, of files that may be gone; how many. They are made again if asked."""
    count, _ = FileIndex.objects.filter(made_at__lt=timezone.now() - KEPT).delete()
    return count
