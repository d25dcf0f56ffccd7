"""One file of a session, sent on its own: checked while it arrives, and there as a whole or not at all.

It is written beside its place, then moved there, then made a row; the session is held from the move on. The
file that it replaces stays in the storage for a while (`sessions.retention.files`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from sessions.contract.choices import AttachmentKind
from sessions.contract.line_errors import invalid
from sessions.files.contents import check_contents, detected
from sessions.files.storing import StoredFile, keep_files, storage_name
from sessions.files.unfinished import Unfinished, unfinished
from sessions.ingest.reading.clocks import skew_ms
from sessions.ingest.reading.normalise import check_content_type, check_name, file_start
from sessions.ingest.writing.heartbeat import beat
from sessions.ingest.writing.load import UPSERT_ATTACHMENTS
from sessions.ingest.writing.rows import attachment_row
from sessions.ingest.writing.staging import merge
from sessions.models import Attachment
from sessions.postgresql.retrying import in_transaction
from sessions.receiving.sender import Sender


@dataclass(frozen=True)
class Upload:
    """What the request says of the file; None where it says nothing."""

    name: str
    kind: str | None = None
    content_type: str | None = None
    sha256: str | None = None
    starts_at: datetime | None = None


def upload(sender: Sender, session_id: UUID, sent: Upload, chunks: Iterable[bytes]) -> tuple[StoredFile, bool]:
    """The file as stored, and whether it was not there before. Raises LineError; OSError when it cannot be written."""
    check_name(sent.name)
    if sent.content_type is not None:
        check_content_type(sent.content_type)
    if sent.kind is not None and sent.kind not in AttachmentKind.values:
        raise invalid("kind", f"is none of {', '.join(AttachmentKind.values)}")
    if sent.starts_at is not None:
        sent = replace(sent, starts_at=file_start(sent.starts_at, timezone.now()))
    announced = Attachment.objects.filter(session_id=session_id, name=sent.name).first()
    with unfinished() as file:
        file.write(chunks)
        stored = _checked(sender, session_id, sent, announced, file)
        file.hand_over(stored.storage_name)
        previous = in_transaction(lambda: _keep(sender, session_id, stored, file))
    if previous is None:
        return stored, True
    return replace(stored, starts_at=stored.starts_at or previous.starts_at), not previous.available


def _checked(
    sender: Sender, session_id: UUID, sent: Upload, announced: Attachment | None, file: Unfinished
) -> StoredFile:
    """The type and kind are as sent, else as announced, else as seen. Raises LineError for what the file is not."""
    if sent.sha256 is not None and sent.sha256 != file.sha256:
        raise invalid("sha256", f"is not the file's, which is {file.sha256}")
    if announced is not None and not announced.available and announced.sha256 not in ("", file.sha256):
        raise invalid("sha256", f"is {file.sha256}, and {announced.sha256} was announced")
    content_type = sent.content_type or (announced and announced.content_type) or detected(file.head)
    kind = sent.kind or (announced and announced.kind) or AttachmentKind.OTHER.value
    check_contents(kind, content_type, file.head, is_whole=file.size <= len(file.head))
    name = storage_name(sender.organisation.pk, session_id, file.sha256)
    return StoredFile(sent.name, kind, content_type, file.size, file.sha256, name, starts_at=sent.starts_at)


def _keep(sender: Sender, session_id: UUID, stored: StoredFile, file: Unfinished) -> Attachment | None:
    """Put the file into its place and make its row; the row that was there before."""
    sender.hold(session_id)
    previous = Attachment.objects.filter(session_id=session_id, name=stored.name).first()
    keep_files()
    file.keep(stored.storage_name)
    merge("history_attachment", [attachment_row(sender.organisation.pk, session_id, stored)], 1, UPSERT_ATTACHMENTS)
    now = timezone.now()
    beat(session_id, now, skew_ms((), now, sender.clock_ahead))
    return previous
