"""The one way in: a batch of sessions, their events and attachments, written in one transaction.

Rows go by COPY into temporary tables and from there into place, whole records over
older ones. When PostgreSQL refuses a batch all the same, it is written line by line,
so that exactly the bad lines are reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from sessions.ingest.attachments import check_found
from sessions.ingest.catalogue import Catalogue
from sessions.ingest.errors import LineError
from sessions.ingest.facets import add_facets
from sessions.ingest.identity import event_ids
from sessions.ingest.merge import merge
from sessions.ingest.rows import Item, Row, attachment_row, event_row, session_row
from sessions.models import Organisation
from sessions.schema import Event

ATTEMPTS = 2

UPSERT_SESSIONS = """
INSERT INTO {table} AS stored ({columns}, created_at, updated_at)
SELECT {columns}, statement_timestamp(), statement_timestamp() FROM {source} ORDER BY id
ON CONFLICT (id) DO UPDATE SET
    {changes},
    last_seen_at = greatest(stored.last_seen_at, excluded.last_seen_at),
    updated_at = excluded.updated_at
WHERE stored.organisation_id = excluded.organisation_id
RETURNING stored.id, stored.created_at = stored.updated_at
"""
INSERT_EVENTS = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM {source} ORDER BY session_id, id
ON CONFLICT (session_id, id) DO NOTHING
"""
# An announcement does not undo a file that has arrived.
UPSERT_ATTACHMENTS = """
INSERT INTO {table} AS stored ({columns}) SELECT {columns} FROM {source} ORDER BY session_id, name
ON CONFLICT (session_id, name) DO UPDATE SET {changes} WHERE excluded.available OR NOT stored.available
"""


@dataclass
class Report:
    """What became of a batch. `events` and `attachments` count those sent, whether they were there before or not.

    `created` holds the ids of the sessions that are new in this batch;
    a total does without them.
    """

    new: int = 0
    updated: int = 0
    events: int = 0
    attachments: int = 0
    refused: list[tuple[int, LineError]] = field(default_factory=list)
    created: set[UUID] = field(default_factory=set)

    def add(self, other: "Report") -> None:
        self.new += other.new
        self.updated += other.updated
        self.events += other.events
        self.attachments += other.attachments
        self.refused += other.refused


def load(organisation: Organisation, items: Sequence[Item], catalogue: Catalogue | None = None) -> Report:
    """Write these sessions. Of several with one id the last one counts, with the events of all of them.

    Pass the same `catalogue` for batch after batch, and names are looked up once.
    Raises OperationalError when the database is out of reach; nothing is half-written then.
    """
    if catalogue is None:
        catalogue = Catalogue(organisation)
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            with connection.wrap_database_errors, transaction.atomic():
                return _write(organisation, items, catalogue)
        except (DataError, IntegrityError, LineError) as error:
            catalogue.forget()  # a name known from earlier batches may have been deleted since
            if len(items) > 1:
                break
            if not attempts_left:
                return Report(refused=[(items[0].number, refusal(error))])
        except OperationalError as error:
            catalogue.forget()
            rolled_back = isinstance(error.__cause__, psycopg.errors.TransactionRollback)
            if not attempts_left or not rolled_back or connection.in_atomic_block:
                raise
    report = Report()
    for item in items:
        alone = load(organisation, [item], catalogue)
        report.add(alone)
        report.created |= alone.created
    return report


def _write(organisation: Organisation, items: Sequence[Item], catalogue: Catalogue) -> Report:
    if not items:
        return Report()
    catalogue.resolve([item.line for item in items])
    sessions: dict[UUID, Row] = {}
    events: dict[tuple[UUID, UUID], Event] = {}
    attachments: dict[tuple[UUID, str], Row] = {}
    for item in items:
        row = session_row(organisation.pk, item, catalogue.ids(item.line))
        if item.id in sessions:
            row["last_seen_at"] = max(row["last_seen_at"], sessions[item.id]["last_seen_at"])
        sessions[item.id] = row
        for ident, event in zip(event_ids(item.id, item.line.events), item.line.events, strict=True):
            events[item.id, ident] = event
        for file in item.files:
            attachments[item.id, file.name] = attachment_row(organisation.pk, item.id, file)
    outcomes = merge("history_session", sessions.values(), len(sessions), UPSERT_SESSIONS)
    if len(outcomes) != len(sessions):
        raise IntegrityError("a session with this id belongs to another organisation")
    if events:
        # Made one by one while they are sent: as rows they take ten times their size.
        rows = (event_row(organisation.pk, *key, event) for key, event in events.items())
        merge("history_event", rows, len(events), INSERT_EVENTS)
    if attachments:
        check_found(file for item in items for file in item.files)
        merge("history_attachment", attachments.values(), len(attachments), UPSERT_ATTACHMENTS)
    add_facets(organisation.pk, sessions.values())
    created = {ident for ident, is_new in outcomes if is_new}
    return Report(len(created), len(sessions) - len(created), len(events), len(attachments), created=created)


def refusal(error: Exception) -> LineError:
    """Of what PostgreSQL says only the primary message: its detail quotes the row."""
    if isinstance(error, LineError):
        return error
    cause = error.__cause__
    message = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return LineError("invalid_value", None, f"refused by the database: {message or error}")
