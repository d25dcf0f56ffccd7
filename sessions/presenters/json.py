"""Sessions and events as JSON. Each session comes from PostgreSQL as finished text and is passed on as it is."""

from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from sessions.contract.choices import OPEN_STATUSES, Status
from sessions.contract.schema import Event, SessionLine
from sessions.query import Count, ListRequest, Page, count_matches, find_page, is_streamed, stream_page
from sessions.query.events.page import EventPage
from sessions.query.rows import FIELDS

CHUNK_BYTES = 64 * 1024
MILLISECOND = timedelta(milliseconds=1)
# Of the small tables, which have no null: empty there means absent.
NOT_EMPTY = {
    "initiator": ("username",),
    "app": ("name", "group"),
    "device": ("manufacturer", "model", "type"),
    "os": ("name", "version"),
}


def json_list(request: ListRequest) -> Iterator[bytes]:
    """`{sessions: [...], next_cursor, prev_cursor, count: {value, capped}}`, in chunks, in constant memory."""
    page = None if is_streamed(request) else find_page(request)
    count = None if request.counting == "none" else count_matches(request, page)
    return chunks(_list(request, page, count))


def _list(request: ListRequest, page: Page | None, count: Count | None) -> Iterator[bytes]:
    yield b'{"sessions":['
    page = yield from separated(stream_page(request, page))
    rest = {"next_cursor": page.next_cursor, "prev_cursor": page.prev_cursor, "count": count}
    yield b"]," + msgspec.json.encode(rest)[1:]


def json_of_new(session_id: UUID, line: SessionLine, lost_before: datetime, clock_skew_ms: int | None = None) -> bytes:
    """A session that has just been written, from what it says: the same that `sessions.query.rows` says in SQL.

    Reading it back would take as long as writing it.
    """
    asked, started, ended, seen = line.requested_at, line.started_at, line.ended_at, line.last_seen_at
    assert seen is not None  # it is normalised
    status = Status.LOST if line.status in OPEN_STATUSES and seen < lost_before else line.status
    said: dict[str, Any] = {"id": session_id, **msgspec.to_builtins(line), "status": status}
    del said["events"], said["attachments"]  # none of either is told here
    if line.initiator.type == "user":
        said["initiator"]["label"] = None
    for part, names in NOT_EMPTY.items():
        said[part] |= {name: said[part][name] or None for name in names}
    for name, time in (("requested_at", asked), ("started_at", started), ("ended_at", ended), ("last_seen_at", seen)):
        said[name] = rfc_3339(time) if time else None
    said["queue_ms"] = (started - asked) // MILLISECOND if started and asked else None
    ran = (ended or seen) - started if started and status not in OPEN_STATUSES else None
    said["duration_ms"] = ran // MILLISECOND if ran is not None and ran >= timedelta() else None
    said |= {"clock_skew_ms": clock_skew_ms, "attachments": []}
    return msgspec.json.encode({name: said[name] for name in FIELDS})


def json_events(events: Iterable[Event]) -> Iterator[bytes]:
    """`{events: [...]}`, in chunks."""
    texts = (
        msgspec.json.encode(asdict(event) | {"event_time": rfc_3339(event.event_time)}).decode() for event in events
    )
    return chunks(chain([b'{"events":['], separated(texts), [b"]}"]))


def json_event_page(page: EventPage) -> Iterator[bytes]:
    """`{events: [...], next_cursor}`, in chunks."""
    return chunks(_event_page(page))


def _event_page(page: EventPage) -> Iterator[bytes]:
    yield b'{"events":['
    yield from separated(page.texts)
    yield b"]," + msgspec.json.encode({"next_cursor": page.next_cursor})[1:]


def rfc_3339(moment: datetime) -> str:
    """In UTC with all microseconds, as PostgreSQL writes the times of a session (`sessions.query.rows.utc`)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def separated(texts: Iterator[str]) -> Generator[bytes, None, Any]:
    """Texts with a comma between two. Returns what a generator of texts returns."""
    comma = b""
    while True:
        try:
            text = next(texts)
        except StopIteration as end:
            return end.value
        yield comma + text.encode()
        comma = b","


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
