"""What was recorded of a session: which files it has."""

import io
import random
from typing import Any
from uuid import UUID

from sessions.choices import AttachmentKind
from sessions.ingest.attachments import digest, store
from sessions.ingest.rows import StoredFile


def files_of(rng: random.Random, organisation_id: int, session_id: UUID, line: dict[str, Any]) -> list[StoredFile]:
    return []


def _stored(organisation_id: int, session_id: UUID, name: str, kind: AttachmentKind, content_type: str, content: bytes):
    file = io.BytesIO(content)
    sha256, size = digest(file)
    storage_name = store(organisation_id, session_id, file, sha256, size)
    return StoredFile(name, kind, content_type, size, sha256, storage_name)
