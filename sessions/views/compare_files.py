"""The files of two sessions that are compared: which of each, what is in it, and why there is nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Generic, TypeVar
from uuid import UUID

from django.core.files.storage import default_storage

from sessions.contract.choices import AttachmentKind
from sessions.contract.schema import Session
from sessions.files.contents import HEAD_BYTES
from sessions.files.encodings import encoding_of
from sessions.files.media import Viewer, viewer_of
from sessions.files.utf8 import utf8_file
from sessions.models import Attachment
from sessions.viewers.differing.log import Excerpt, read_excerpt
from sessions.viewers.differing.requests import Requests, read_requests
from sessions.viewers.har.archive import LARGEST as LARGEST_HAR
from sessions.viewers.har.archive import NotHar

Content = TypeVar("Content")
Reader = Callable[[Attachment], Content]


@dataclass(frozen=True)
class FileSide(Generic[Content]):
    """The file of one session, and those of its kind that could be chosen instead. `content` is None where there is no
    file, or where `reason` says why, as a sentence."""

    letter: str
    session_id: UUID
    name: str | None
    others: list[str]
    content: Content | None
    reason: str = ""


def logs_of(sides: tuple[Session, Session], chosen: str) -> list[FileSide[Excerpt]]:
    return _read(sides, AttachmentKind.LOG, Viewer.LOG, chosen, _excerpt)


def requests_of(sides: tuple[Session, Session], chosen: str) -> list[FileSide[Requests]]:
    return _read(sides, AttachmentKind.NETWORK_LOG, Viewer.REQUESTS, chosen, _requests)


def _read(
    sides: tuple[Session, Session], kind: AttachmentKind, viewer: Viewer, chosen: str, read: Reader[Content]
) -> list[FileSide[Content]]:
    """The file called `chosen` where a session has it, else a name that both have, else the first of each."""
    files = [_files(record, kind, viewer) for record in sides]
    preferred = [chosen, *(name for name in files[0] if name in files[1])]
    return [
        _side(letter, record.id, own, next((name for name in [*preferred, *own] if name in own), None), read)
        for letter, record, own in zip("AB", sides, files, strict=True)
    ]


def _files(record: Session, kind: AttachmentKind, viewer: Viewer) -> dict[str, Attachment]:
    rows = Attachment.objects.filter(session_id=record.id, kind=kind).order_by("-available", "name")
    return {file.name: file for file in rows if viewer_of(file.kind, file.content_type) is viewer}


def _side(
    letter: str, session_id: UUID, files: dict[str, Attachment], name: str | None, read: Reader[Content]
) -> FileSide[Content]:
    if name is None:
        return FileSide(letter, session_id, None, [], None)
    others = [other for other in files if other != name]
    content, reason = _content(files[name], read)
    return FileSide(letter, session_id, name, others, content, reason)


def _content(file: Attachment, read: Reader[Content]) -> tuple[Content | None, str]:
    if not file.available:
        return None, "It was announced, and has not arrived or has been deleted since."
    try:
        return read(file), ""
    except FileNotFoundError:
        return None, "It is no longer in the storage."
    except NotHar as error:
        return None, str(error)


def _excerpt(file: Attachment) -> Excerpt:
    with default_storage.open(file.storage_name) as content:
        return read_excerpt(content, _encoding(file, content))


def _requests(file: Attachment) -> Requests:
    """Raises NotHar."""
    if file.size > LARGEST_HAR:
        raise NotHar("It is too large to be read as requests.")
    with (
        default_storage.open(file.storage_name) as content,
        utf8_file(content, _encoding(file, content)) as archive,
    ):
        return read_requests(archive)


def _encoding(file: Attachment, content: IO[bytes]) -> str:
    encoding = encoding_of(file.content_type, content.read(HEAD_BYTES))
    content.seek(0)
    return encoding
