"""The ids that make sending twice the same as sending once."""

import hashlib
import secrets
import time
import uuid
from collections import Counter
from typing import Any

import msgspec

from sessions.contract.schema import Event, SessionLine
from sessions.ingest.reading.parse import as_meant
from sessions.models import Organisation


def session_id(organisation: Organisation, line: SessionLine, raw: bytes) -> uuid.UUID:
    """From the external id; without one from the line's content, so that a file imported twice is there once."""
    if line.external_id is not None:
        return organisation.session_id(line.external_id)
    content = msgspec.json.encode(as_meant(msgspec.json.decode(raw), type(line)), order="sorted")
    return organisation.session_id(f"line:{hashlib.sha256(content).hexdigest()}")


def new_session_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, 74 random ones. Python has one from 3.14."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=number)


def event_ids(session: uuid.UUID, events: list[Event]) -> list[uuid.UUID]:
    """From the session and what each event says, so that one sent twice is one event.

    Within a line equal events are several (three pictures fail to load in one millisecond),
    so the second of its kind has an id of its own. Absent fields do not count: a field that
    the contract gains later changes no id.
    """
    if not events:
        return []
    seen: Counter[bytes] = Counter()
    ids = []
    for event in events:
        said: dict[str, Any] = {
            name: value
            for name in event.__struct_fields__
            if (value := getattr(event, name)) is not None and value != {}
        }
        content = msgspec.json.encode(said, order="deterministic")
        occurrence = b"#%d" % seen[content] if seen[content] else b""
        seen[content] += 1
        digest = hashlib.blake2b(session.bytes + content + occurrence, digest_size=16).digest()
        ids.append(uuid.UUID(bytes=digest, version=5))
    return ids
