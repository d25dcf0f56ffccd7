"""Sessions as JSON. Each row comes from PostgreSQL as finished text and is passed on as it is."""

from collections.abc import Iterator

import msgspec

from sessions.query import SessionQuery


def json_list(query: SessionQuery) -> Iterator[bytes]:
    """`{sessions: [...], next_cursor, prev_cursor, count: {value, capped}}`, some rows at a time."""
    places = query.places
    yield b'{"sessions":['
    for number, text in enumerate(query.texts(places.ids)):
        yield ("," * bool(number) + text).encode()
    rest = {
        "next_cursor": places.next_cursor,
        "prev_cursor": places.prev_cursor,
        "count": None if query.values.get("count") == "none" else query.count(),
    }
    yield b"]," + msgspec.json.encode(rest)[1:]
