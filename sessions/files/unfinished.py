"""A file while it arrives: beside its place in the storage, under a name that nobody asks for."""

import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.files.storage import default_storage

from sessions.files.contents import HEAD_BYTES
from sessions.files.folder import local_path
from sessions.files.storing import save

FOLDER = ".unfinished"
# What a process that was killed has left is of no use to anybody by then.
ABANDONED_SECONDS = 24 * 3600


class Unfinished:
    """`head` is the start of what was written, `size` and `sha256` are of all of it."""

    def __init__(self, path: Path, file: IO[bytes], *, is_local: bool) -> None:
        self._path = path
        self._file = file
        self._is_local = is_local
        self.size = 0
        self.sha256 = ""
        self.head = b""

    def write(self, chunks: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        for chunk in chunks:
            if len(self.head) < HEAD_BYTES:
                self.head += chunk[: HEAD_BYTES - len(self.head)]
            digest.update(chunk)
            self.size += len(chunk)
            self._file.write(chunk)
        self._file.flush()
        if self._is_local:
            os.fsync(self._file.fileno())
        self.sha256 = digest.hexdigest()

    def hand_over(self, name: str) -> None:
        """To a storage elsewhere, which takes its time: before the session is held."""
        if not self._is_local and not _is_there(name, self.size):
            self._file.seek(0)
            save(name, self._file)

    def keep(self, name: str) -> None:
        """Make it appear, as a whole."""
        path = local_path(name)
        if path is None:
            self.hand_over(
                name
            )  # again only if it was deleted meanwhile, as a file of the same content that was removed long ago
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path.replace(path)
        _sync(path.parent)


@contextmanager
def unfinished() -> Iterator[Unfinished]:
    """Whatever happens, nothing is left that was not kept."""
    folder = local_path(FOLDER)
    if folder is None:
        with tempfile.NamedTemporaryFile() as file:
            yield Unfinished(Path(file.name), file.file, is_local=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("xb") as target:
            yield Unfinished(path, target, is_local=True)
    finally:
        path.unlink(missing_ok=True)


def _is_there(name: str, size: int) -> bool:
    return default_storage.exists(name) and default_storage.size(name) == size


def _sync(folder: Path) -> None:
    """A name is durable when its folder is."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sweep(folder: Path) -> None:
    long_ago = time.time() - ABANDONED_SECONDS
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < long_ago:
                path.unlink()
        except FileNotFoundError:  # finished, or swept by another request
            continue
