"""The one way in: a batch of sessions, their events and attachments, written in one transaction.

Rows go by COPY into temporary tables and from there into place, whole records over
older ones. When PostgreSQL refuses a batch all the same, it is written line by line,
so that exactly the bad lines are reported.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from sessions.ingest.attachments import check_found
from sessions.ingest.catalogue import Catalogue
from sessions.ingest.changed_days import INSERT_CHANGED_DAYS, note_changed, sql_day
from sessions.ingest.errors import LineError
from sessions.ingest.facets import INSERT_FACETS, add_facets, facets_lock, facets_of
from sessions.ingest.identity import event_ids
from sessions.ingest.merge import merge
from sessions.ingest.rows import Item, Row, attachment_row, event_row, session_row
from sessions.models import Organisation
from sessions.prepared import as_array
from sessions.schema import Event

ATTEMPTS = 2

UPSERT = """
INSERT INTO {table} AS stored ({columns}, created_at, updated_at)
SELECT {columns}, statement_timestamp(), statement_timestamp() FROM {source} ORDER BY id
ON CONFLICT (id) DO UPDATE SET
    {changes},
    moved_from = stored.occurred_at,
    last_seen_at = greatest(stored.last_seen_at, excluded.last_seen_at),
    updated_at = excluded.updated_at
WHERE stored.organisation_id = excluded.organisation_id
"""
# `left_day` is the day that it counted on before, if that was another.
RETURNING = f"""
RETURNING stored.id, stored.created_at = stored.updated_at AS is_new, {sql_day("stored.occurred_at")} AS day,
nullif({sql_day("stored.moved_from")}, {sql_day("stored.occurred_at")}) AS left_day
"""
UPSERT_SESSIONS = UPSERT + RETURNING
# Those that are there stay, but for the ones sent with the same token: they are the sender's without asking.
UPSERT_SESSIONS_OF_TOKEN = UPSERT + "AND stored.token_id = excluded.token_id " + RETURNING
# The same of a session alone, and its facets and days if it is written.
DAYS = "SELECT unnest(ARRAY[day, left_day]) FROM upserted"
WITH_FACETS = f"""
WITH upserted AS ({{upsert}}), held AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared({{{{lock}}}}::bigint) FROM upserted
), faceted AS ({INSERT_FACETS.format(owners="{{owners}}", values="{{values}}")}),
changed AS ({INSERT_CHANGED_DAYS.format(organisation="{{organisation}}", days=DAYS)})
SELECT id, is_new FROM upserted
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


def load(
    organisation: Organisation,
    items: Sequence[Item],
    catalogue: Catalogue | None = None,
    upsert: str = UPSERT_SESSIONS,
) -> Report:
    """Write these sessions. Of several with one id the last one counts, with the events of all of them.

    Pass the same `catalogue` for batch after batch, and names are looked up once. What `upsert` does not write
    is refused.
    Raises OperationalError when the database is out of reach; nothing is half-written then.
    """
    if catalogue is None:
        catalogue = Catalogue(organisation.pk)
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return _write_together(organisation, items, catalogue, upsert)
        except (DataError, IntegrityError, LineError) as error:
            if len(items) > 1:
                break
            if not attempts_left:
                return Report(refused=[(items[0].number, refusal(error))])
        except OperationalError as error:
            rolled_back = isinstance(error.__cause__, psycopg.errors.TransactionRollback)
            if not attempts_left or not rolled_back or connection.in_atomic_block:
                raise
    report = Report()
    for item in items:
        alone = load(organisation, [item], catalogue, upsert)
        report.add(alone)
        report.created |= alone.created
    return report


def _write_together(organisation: Organisation, items: Sequence[Item], catalogue: Catalogue, upsert: str) -> Report:
    try:
        if _is_one_statement(items, catalogue):
            with connection.wrap_database_errors:
                return _write_alone(organisation, items[0], catalogue, upsert)
        with connection.wrap_database_errors, transaction.atomic():
            return _write(organisation, items, catalogue, upsert)
    except BaseException:
        catalogue.forget()  # what this has made is gone, and a name known from earlier batches may be as well
        raise


def _is_one_statement(items: Sequence[Item], catalogue: Catalogue) -> bool:
    """A session alone, whose names are known."""
    if len(items) != 1 or connection.in_atomic_block:
        return False
    [item] = items
    return not item.line.events and not item.files and catalogue.knows(item.line)


def _write_alone(organisation: Organisation, item: Item, catalogue: Catalogue, upsert: str) -> Report:
    """Without a transaction around it, which takes two more round trips, and without one for the facets."""
    row = session_row(organisation.pk, item, catalogue.ids(item.line))
    facets = sorted(facets_of(organisation.pk, [row]))
    more = {
        "lock": facets_lock(organisation.pk),
        "organisation": organisation.pk,
        "owners": as_array(owner for owner, _ in facets),
        "values": as_array(value for _, value in facets),
    }
    outcomes = merge("history_session", [row], 1, WITH_FACETS.format(upsert=upsert), more)
    return _report([item.id], outcomes)


def _write(organisation: Organisation, items: Sequence[Item], catalogue: Catalogue, upsert: str) -> Report:
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
    outcomes = merge("history_session", sessions.values(), len(sessions), upsert)
    report = _report(sessions, outcomes)
    if events:
        # Made one by one while they are sent: as rows they take ten times their size.
        rows = (event_row(organisation.pk, *key, event) for key, event in events.items())
        merge("history_event", rows, len(events), INSERT_EVENTS)
    if attachments:
        check_found(file for item in items for file in item.files)
        merge("history_attachment", attachments.values(), len(attachments), UPSERT_ATTACHMENTS)
    add_facets(organisation.pk, sessions.values())
    note_changed(organisation.pk, (day for _, _, *days in outcomes for day in days if day))
    report.events, report.attachments = len(events), len(attachments)
    return report


def _report(sent: Collection[UUID], outcomes: list[tuple[Any, ...]]) -> Report:
    if len(outcomes) != len(sent):
        raise IntegrityError("a session with this id is somebody else's")
    created = {ident for ident, is_new, *_ in outcomes if is_new}
    return Report(len(created), len(sent) - len(created), created=created)


def refusal(error: Exception) -> LineError:
    """Of what PostgreSQL says only the primary message: its detail quotes the row."""
    if isinstance(error, LineError):
        return error
    cause = error.__cause__
    message = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return LineError("invalid_value", None, f"refused by the database: {message or error}")
