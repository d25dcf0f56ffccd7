"""The ids that make sending twice the same as sending once."""

import hashlib
import uuid
from typing import Any

import msgspec

from sessions.ingest.parse import without_nulls
from sessions.models import Organisation
from sessions.schema import Event, SessionLine


def session_id(organisation: Organisation, line: SessionLine, raw: bytes) -> uuid.UUID:
    """From the external id; without one from the line's content, so that a file imported twice is there once."""
    if line.external_id is not None:
        return organisation.session_id(line.external_id)
    content = msgspec.json.encode(without_nulls(msgspec.json.decode(raw)), order="sorted")
    return organisation.session_id(f"line:{hashlib.sha256(content).hexdigest()}")


def event_id(session: uuid.UUID, event: Event) -> uuid.UUID:
    """From the session and what the event says. Absent fields do not count, so a field added later changes no id."""
    said: dict[str, Any] = {
        name: value for name in event.__struct_fields__ if (value := getattr(event, name)) is not None and value != {}
    }
    content = msgspec.json.encode(said, order="deterministic")
    return uuid.UUID(bytes=hashlib.blake2b(session.bytes + content, digest_size=16).digest(), version=5)
