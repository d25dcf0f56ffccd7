"""The storage as a folder, which S3 and its like are not: what only a folder can do asks here first."""

from pathlib import Path

from django.core.files.storage import default_storage


def local_path(name: str) -> Path | None:
    """Where a file or a folder of the storage lies; None if the storage is no folder."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:  # Django's word for it
        return None


def is_local() -> bool:
    return local_path("") is not None
