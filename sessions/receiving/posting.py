"""Sessions sent over HTTP: one, or line by line. What is reported as written is committed."""

from collections import Counter as Counts
from collections.abc import Iterator
from typing import BinaryIO, Literal, NamedTuple
from uuid import UUID

import msgspec
from django.utils import timezone
from prometheus_client import Counter

from sessions.contract.line_errors import LineError
from sessions.contract.schema import AnnouncedAttachment, SessionLine
from sessions.files.storing import StoredFile
from sessions.ingest.importing import Batch, batches
from sessions.ingest.reading.clocks import skew_ms, times_of
from sessions.ingest.reading.identity import new_session_id, session_id
from sessions.ingest.reading.ndjson import Line, lines
from sessions.ingest.reading.normalise import normalise
from sessions.ingest.reading.parse import MAX_SENT_BYTES, parse
from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.heartbeat import says_when_seen, seen_now
from sessions.ingest.writing.load import Report, load
from sessions.ingest.writing.rows import Item
from sessions.receiving.known_names import known_names
from sessions.receiving.sender import Sender

SESSIONS = Counter(
    "session_history_sessions_received", "Sessions that were sent over HTTP, by what became of them.", ["outcome"]
)


class Received(NamedTuple):
    """`line` is what a new session says, as it is stored; None where only the table can tell."""

    id: UUID
    is_new: bool
    line: SessionLine | None
    clock_skew_ms: int | None = None


class Outcome(msgspec.Struct, omit_defaults=True):
    """What became of one line."""

    line: int
    status: Literal["created", "updated", "refused"]
    id: UUID | None = None
    external_id: str | None = None
    code: str | None = None
    field: str | None = None
    message: str | None = None


def receive(sender: Sender, raw: bytes) -> Received:
    """One session: new, or the whole record in place of an older one. Raises LineError."""
    try:
        received = _receive(sender, raw)
    except LineError:
        SESSIONS.labels("refused").inc()
        raise
    SESSIONS.labels("created" if received.is_new else "updated").inc()
    return received


def _receive(sender: Sender, raw: bytes) -> Received:
    line, skew = _read(sender, raw)
    external_id = line.external_id
    ident = sender.organisation.session_id(external_id) if external_id is not None else new_session_id()
    item, known = _item(sender, ident, line, skew), known_names(sender.organisation)
    names = known.about(line)
    report = load(sender.organisation, [item], names, sender.owners)
    for _, error in report.refused:
        raise error
    known.learn(names)
    is_new = bool(report.created)
    if is_new and is_told_by_line(line):
        names.put_names(line)
        return Received(ident, is_new, line, skew)
    return Received(ident, is_new, None)


def receive_lines(sender: Sender, file: BinaryIO) -> Iterator[list[Outcome]]:
    """NDJSON, batch by committed batch. A line without an external id is known by its content, as in a file."""
    organisation = sender.organisation
    catalogue = Catalogue(organisation.pk)

    def prepare(line: Line) -> Item:
        session, skew = _read(sender, line.raw)
        return _item(sender, session_id(organisation, session, line.raw), session, skew, line.number)

    for batch in batches(file, prepare, lambda sent: lines(sent, MAX_SENT_BYTES)):
        outcomes = _outcomes(batch, load(organisation, batch.items, catalogue, sender.owners, batch.sent.set))
        for status, number in Counts(outcome.status for outcome in outcomes).items():
            SESSIONS.labels(status).inc(number)
        yield outcomes


def announced(attachment: AnnouncedAttachment) -> StoredFile:
    """A file that is still to come."""
    return StoredFile(
        attachment.name,
        attachment.kind,
        attachment.content_type,
        attachment.size or 0,
        attachment.sha256 or "",
        storage_name="",
        available=False,
        starts_at=attachment.starts_at,
    )


def is_told_by_line(line: SessionLine) -> bool:
    """Whether the record of a new session can be told without reading it: not the order of files by name, which is
    the database's own, nor an IPv6 address that holds one of IPv4, which PostgreSQL writes in its own way."""
    addresses = (line.network.client_ip, line.network.server_ip)
    return not line.attachments and not any(address and address.startswith("::") for address in addresses)


def _read(sender: Sender, raw: bytes) -> tuple[SessionLine, int | None]:
    """And how far the producer's clock is from ours, if that is far."""
    line = parse(raw, SessionLine)
    sender.sign(line.initiator)
    now = timezone.now()
    says, skew = says_when_seen(line, now), skew_ms(times_of(line), now, sender.clock_ahead)
    normalise(line, now)
    if not says:
        seen_now(line, now)
    return line, skew


def _item(sender: Sender, ident: UUID, line: SessionLine, skew: int | None, number: int = 1) -> Item:
    return Item(ident, line, number, [announced(file) for file in line.attachments], sender.token_id, skew)


def _outcomes(batch: Batch, report: Report) -> list[Outcome]:
    refused = dict(batch.refused + report.refused)
    outcomes = [_refusal(number, error) for number, error in batch.refused]
    unreported = set(report.created)
    for item in batch.items:
        if item.number in refused:
            outcome = _refusal(item.number, refused[item.number], item.line.external_id)
        else:
            outcome = Outcome(item.number, "created" if item.id in unreported else "updated", item.id)
            outcome.external_id = item.line.external_id
            unreported.discard(item.id)
        outcomes.append(outcome)
    return sorted(outcomes, key=lambda outcome: outcome.line)


def _refusal(number: int, error: LineError, external_id: str | None = None) -> Outcome:
    return Outcome(number, "refused", None, external_id, error.code, error.field, error.message)
