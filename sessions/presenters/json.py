"""Sessions and events as JSON. Each session comes from PostgreSQL as finished text and is passed on as it is."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain

import msgspec
from msgspec.structs import asdict

from sessions.query import SessionQuery
from sessions.schema import Event

CHUNK_BYTES = 64 * 1024


def json_list(query: SessionQuery) -> Iterator[bytes]:
    """`{sessions: [...], next_cursor, prev_cursor, count: {value, capped}}`, in chunks, in constant memory.

    What can go wrong with the question goes wrong here, before the first chunk.
    """
    places = query.places
    rest = {
        "next_cursor": places.next_cursor,
        "prev_cursor": places.prev_cursor,
        "count": None if query.values.get("count") == "none" else query.count(),
    }
    texts = (text.encode() for text in query.texts(places.ids))
    return chunks(chain([b'{"sessions":['], separated(texts), [b"],", msgspec.json.encode(rest)[1:]]))


def json_events(events: Iterable[Event]) -> Iterator[bytes]:
    """`{events: [...]}`, in chunks."""
    texts = (msgspec.json.encode(asdict(event) | {"event_time": rfc_3339(event.event_time)}) for event in events)
    return chunks(chain([b'{"events":['], separated(texts), [b"]}"]))


def rfc_3339(moment: datetime) -> str:
    """In UTC with the precision that is stored, as PostgreSQL writes the times of a session."""
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if moment.microsecond else text) + "Z"


def separated(texts: Iterator[bytes]) -> Iterator[bytes]:
    first = next(texts, None)
    if first is None:
        return
    yield first
    for text in texts:
        yield b","
        yield text


def chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces worth a write each."""
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
