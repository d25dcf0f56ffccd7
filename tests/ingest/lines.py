"""Lines of NDJSON, and sending them the way an import does."""

import json
from pathlib import Path
from typing import Any

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.load import Report, load
from sessions.models import Organisation, Session

BROWSER = Path(__file__).parent.parent / "data" / "browser"
Line = dict[str, Any]


def a_line(**fields: Any) -> Line:
    """A session that is in order, with these fields instead; None leaves a field out."""
    line = {
        "external_id": "one",
        "status": "ended",
        "initiator": {"type": "user", "email": "dave@acme.example"},
        "started_at": "2026-11-20T10:00:00Z",
        "ended_at": "2026-11-20T10:05:00Z",
        **fields,
    }
    return {name: value for name, value in line.items() if value is not None}


def an_event(**fields: Any) -> Line:
    return {"event_type": "click", "event_time": "2026-11-20T10:01:00Z", **fields}


def write(path: Path, *lines: Line | bytes) -> Path:
    """A file of these lines; bytes stand in it as they are."""
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join(raw) + b"\n")
    return path


def send_lines(organisation: Organisation, *lines: Line, catalogue: Catalogue | None = None) -> Report:
    items = [
        prepare(organisation, json.dumps(line).encode(), number, Path("/nonexistent"))
        for number, line in enumerate(lines, 1)
    ]
    return load(organisation, items, catalogue)


def stored(organisation: Organisation, external_id: str = "one") -> Session:
    return Session.objects.get(organisation=organisation, external_id=external_id)
