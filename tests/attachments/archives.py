"""Archives as bytes, and what is read of them."""

import io
import json
from typing import NamedTuple

from sessions.viewers.har.archive import Summary, details_at, read_archive, request_at
from sessions.viewers.har.entry import Details, Request


class Read(NamedTuple):
    """One request, read as the page reads it."""

    summary: Summary
    request: Request
    details: Details


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def requests_in(content: bytes) -> list[Read]:
    """Raises NotHar."""
    file = io.BytesIO(content)
    return [Read(one, request_at(file, one), details_at(file, one)) for one in read_archive(file)]


def only(entry: object) -> Read:
    (read,) = requests_in(har(entry))
    return read
