"""A parameter that is not known is refused wherever it is sent: misspelt, it would be a wish that nobody heard."""

import json

import pytest

from sessions.models import Event, Session
from tests.api_writing.program import SESSIONS, Program, error
from tests.ingest.lines import a_line, an_event

EVENTS = json.dumps({"events": [an_event()]}).encode()
LINE = json.dumps(a_line()).encode()


@pytest.mark.parametrize(
    ("method", "path", "body", "media"),
    [
        ("POST", "", LINE, "application/json"),
        ("POST", "/batch", LINE, "application/x-ndjson"),
        ("GET", "/{id}", b"", ""),
        ("PATCH", "/{id}", b'{"environment": "changed"}', "application/json"),
        ("GET", "/{id}/events", b"", ""),
        ("POST", "/{id}/events", EVENTS, "application/json"),
        ("GET", "/{id}/attachments/log.txt", b"", ""),
        ("PUT", "/{id}/attachments/log.txt", b"log", "text/plain"),
    ],
)
def test_an_unknown_parameter(daves: Program, method: str, path: str, body: bytes, media: str) -> None:
    ident = daves.new(external_id="there")
    address = f"{SESSIONS}{path.format(id=ident)}"

    assert error(daves.send(method, f"{address}?shaZ56=1", body, media)) == (400, "unknown_parameter", "shaZ56")
    assert Session.objects.get().environment != "changed"
    assert not Event.objects.exists()
