"""A change to one session: the fields that are sent, and nothing else (JSON Merge Patch, RFC 7396).

The change is laid over the stored record, and the whole is judged as if it had been sent so. The row is
held meanwhile, so that of two changes the second sees the first.
"""

from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from sessions.contract.choices import Status
from sessions.contract.line_errors import LineError, invalid
from sessions.contract.schema import SessionLine
from sessions.ingest.reading.clocks import skew_ms, times_of
from sessions.ingest.reading.normalise import normalise
from sessions.ingest.reading.parse import parse, parse_object
from sessions.ingest.writing.heartbeat import says_when_seen, seen_now
from sessions.ingest.writing.load import load
from sessions.ingest.writing.rows import Item
from sessions.models import ApiToken
from sessions.postgresql.retrying import in_transaction
from sessions.query.locking import Held
from sessions.query.records import find_session
from sessions.receiving.posting import announced
from sessions.receiving.sender import Sender

Document = dict[str, Any]

CLOSED = (Status.ENDED, Status.FAILED)
# Of an answer: what is computed, what lives beside the session, and what only grows.
NOT_SENT = ("id", "queue_ms", "duration_ms", "attachments", "last_seen_at", "clock_skew_ms")


def change(sender: Sender, session_id: UUID, raw: bytes) -> None:
    """Raises LineError, with code `conflict` for what contradicts how the session ended."""
    patch = parse_object(raw)
    in_transaction(lambda: _change(sender, session_id, patch))


def _change(sender: Sender, session_id: UUID, patch: Document) -> None:
    stored = sender.hold(session_id)
    document = _merge(_record(sender, session_id, stored), patch)
    _leave_username(document, patch)
    if _is_back(stored, patch, document):
        document["status"] = Status.ACTIVE if document.get("started_at") else Status.QUEUED
    line = parse(msgspec.json.encode(document), SessionLine)
    token_id = stored.token_id
    if "initiator" in patch:
        owner = _owner(sender, stored)
        owner.sign(line.initiator)
        token_id = owner.token_id
    now = timezone.now()
    says, skew = says_when_seen(line, now), skew_ms(times_of(line), now, sender.clock_ahead)
    normalise(line, now)
    _check(stored, line)
    if not says:
        seen_now(line, now, ends_now=stored.status not in CLOSED and line.status in CLOSED)
    files = [announced(file) for file in line.attachments]
    item = Item(session_id, line, 1, files, token_id, skew)
    for _, error in load(sender.organisation, [item], owners=sender.owners).refused:
        raise error


def _record(sender: Sender, session_id: UUID, stored: Held) -> Document:
    """The session as it would have to be sent."""
    record = find_session(sender.member, session_id)
    assert record is not None  # it is locked
    document: Document = msgspec.to_builtins(record)
    for name in NOT_SENT:
        del document[name]
    # An app's name and group are the app's: another session may have changed them a moment ago.
    del document["app"]["name"], document["app"]["group"]
    document["status"] = stored.status
    if record.initiator.type != "token":
        document["initiator"]["label"] = stored.label
    return document


def _leave_username(document: Document, patch: Document) -> None:
    """A username is the person's, as an app's name is the app's: said again only by a patch that names it."""
    initiator, sent = document["initiator"], patch.get("initiator")
    if isinstance(initiator, dict) and initiator.get("email") and not (isinstance(sent, dict) and "username" in sent):
        initiator["username"] = None


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7396, except that null stays, so that a null in a field nobody knows is refused like any value."""
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return patch
    merged = target | {name: _merge(target.get(name), value) for name, value in patch.items()}
    if isinstance(patch.get("attributes"), dict) and isinstance(merged["attributes"], dict):
        merged["attributes"] = {name: value for name, value in merged["attributes"].items() if value is not None}
    return merged


def _is_back(stored: Held, patch: Document, document: Document) -> bool:
    """Whether this is a sign of life of a session that was given up."""
    return stored.status == Status.LOST and "status" not in patch and document.get("ended_at") is None


def _owner(sender: Sender, stored: Held) -> Sender:
    """The token that a session was first sent with keeps it."""
    if stored.token_id is None or stored.token_id == sender.token_id:
        return sender
    return Sender(sender.member, ApiToken.objects.get(pk=stored.token_id))


def _check(stored: Held, line: SessionLine) -> None:
    if line.external_id != stored.external_id:
        raise invalid("external_id", "cannot be changed")
    if stored.status in CLOSED:
        if line.status != stored.status:
            raise LineError("conflict", "status", f"is {stored.status} for good")
        if stored.ended_at is not None and line.ended_at != stored.ended_at:
            raise LineError("conflict", "ended_at", f"is {stored.ended_at.isoformat()} for good")
    if line.status == "queued" and stored.started_at is not None:
        raise LineError("conflict", "status", "cannot be queued again: the session has started")
