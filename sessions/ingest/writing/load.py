"""The one way in: a batch of sessions, their events and attachments, written in one transaction.

Rows go by COPY into temporary tables and from there into place, whole records over
older ones. When PostgreSQL refuses a batch all the same, it is written in halves,
down to single lines, so that exactly the bad ones are reported.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from sessions.contract.choices import Status
from sessions.contract.line_errors import LineError
from sessions.contract.schema import Event
from sessions.files.storing import check_found
from sessions.ingest.reading.identity import event_ids
from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.changed_days import INSERT_CHANGED_DAYS, day_of, note_changed, sql_day
from sessions.ingest.writing.facets import INSERT_FACETS, Facets, add_facets, as_arrays, facets_lock, facets_of, noted
from sessions.ingest.writing.heartbeat import larger_skew
from sessions.ingest.writing.rows import Item, Row, attachment_row, event_row, session_row
from sessions.ingest.writing.small_tables import NAMES_HOLD
from sessions.ingest.writing.staging import FEW, copy, merge
from sessions.models import Organisation
from sessions.models.dimensions import Kind
from sessions.models.keys import key
from sessions.postgresql.deadlines import within
from sessions.postgresql.prepared import as_array

ATTEMPTS = 2
CLOSED = (Status.ENDED, Status.FAILED)

ANY_THERE = "SELECT count(*) FROM history_session WHERE id = ANY(%s::uuid[])"

# Whether an existing session may be replaced: it belongs to the organisation and, if `writers` are given, to one of
# them. The statement that writes checks this, since it waits for a row that another transaction is about to commit and
# then sees whose it is.
OWNED = f"""
stored.organisation_id = {{organisation}}::bigint AND (
    {{writers}}::bigint[] IS NULL
    OR {key(Kind.USER, 0)} | stored.user_id = ANY({{writers}}::bigint[])
    OR {key(Kind.TOKEN, 0)} | stored.token_id = ANY({{writers}}::bigint[])
)
"""
SELECT_OWNED = f"SELECT stored.id FROM history_session AS stored WHERE stored.id = ANY({{ids}}::uuid[]) AND {OWNED}"
# A session that has ended stays ended when an older record arrives late.
KEPT = "stored.status IN ('ended', 'failed') AND excluded.status NOT IN ('ended', 'failed')"
INSERT = """
    INSERT INTO {table} AS stored ({columns}, created_at, updated_at)
    SELECT {columns}, statement_timestamp(), statement_timestamp() FROM {source} AS sent
"""
# `left_day` is the day on which the session counted before, if it was another day.
OR_REPLACE = f"""
    ON CONFLICT (id) DO UPDATE SET
        {{changes}},
        moved_from = stored.occurred_at,
        last_seen_at = greatest(stored.last_seen_at, excluded.last_seen_at),
        clock_skew_ms = {larger_skew("stored.clock_skew_ms", "excluded.clock_skew_ms")},
        updated_at = excluded.updated_at
    WHERE {OWNED} AND NOT ({KEPT})
    RETURNING stored.id, stored.created_at = stored.updated_at AS is_new, {sql_day("stored.occurred_at")} AS day,
              nullif({sql_day("stored.moved_from")}, {sql_day("stored.occurred_at")}) AS left_day
"""
UPSERT_MANY = f"""
WITH upserted AS ({INSERT} ORDER BY id {OR_REPLACE})
SELECT id, is_new, day, left_day FROM upserted
"""
# Writes one session with its facets and days, but only if its app and person still have the names known here.
DAYS = "SELECT unnest(ARRAY[day, left_day]) FROM upserted"
NAMED = {name: f"{{{name}}}" for name in ("organisation", "owners", "values", "texts")}
UPSERT_ONE = f"""
WITH upserted AS ({INSERT} WHERE {NAMES_HOLD} {OR_REPLACE}), held AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared({{lock}}::bigint) FROM upserted
), faceted AS ({INSERT_FACETS.format(**NAMED)}),
changed AS ({INSERT_CHANGED_DAYS.format(organisation="{organisation}", days=DAYS)})
SELECT id, is_new FROM upserted
"""
# Events get their positions in the order in which they were sent. Their sessions' rows are locked, so two writers of
# the same events do not meet here.
INSERT_EVENTS = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM {source} AS sent
ON CONFLICT (session_id, id) DO NOTHING
"""
# An announcement does not undo a file that has arrived. A file that is replaced stays in the storage for a while.
# Whoever does not say when a file starts does not take back what is known of it.
UPSERT_ATTACHMENTS = """
WITH replaced AS (
    SELECT DISTINCT stored.storage_name FROM {table} AS stored JOIN {source} AS sent USING (session_id, name)
    WHERE (sent.available OR NOT stored.available) AND stored.storage_name NOT IN ('', sent.storage_name)
), removed AS (
    INSERT INTO history_removedfile (storage_name) SELECT storage_name FROM replaced
    ON CONFLICT (storage_name) DO UPDATE SET removed_at = excluded.removed_at
)
INSERT INTO {table} AS stored ({columns}) SELECT {columns} FROM {source} AS sent ORDER BY session_id, name
ON CONFLICT (session_id, name) DO UPDATE SET {changes}, starts_at = coalesce(excluded.starts_at, stored.starts_at)
WHERE excluded.available OR NOT stored.available
"""
# All that an announcement changes of a file that has arrived: when it starts.
UPDATE_FILE_STARTS = """
UPDATE {table} AS stored SET starts_at = sent.starts_at FROM {source} AS sent
WHERE stored.session_id = sent.session_id AND stored.name = sent.name
  AND stored.available AND stored.starts_at IS DISTINCT FROM sent.starts_at
"""


# The keys of people and tokens (`sessions.models.keys`); None stands for everybody in the organisation.
Owners = frozenset[int] | None


class TakenError(Exception):
    """Sessions with these ids exist, and are not the writer's. Nothing was written."""

    def __init__(self, ids: set[UUID]) -> None:
        super().__init__(ids)
        self.ids = ids


@dataclass
class Report:
    """The outcome of a batch. `events` and `attachments` count those sent, whether they are new or not.

    `created` holds the ids of the sessions that are new in this batch. In a total of several batches it is empty.
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
    owners: Owners = None,
    sent: Callable[[], None] = lambda: None,
) -> Report:
    """Write these sessions. If several have one id, the last one counts, with the events of all of them.

    Pass the same `catalogue` for all batches of an import, so that names are looked up once. An existing session that
    belongs to none of the `owners` is refused as a conflict and stays as it is. `sent` is called when PostgreSQL has
    received the sessions of a large batch, and is busy with them for a while.
    Raises OperationalError when the database is out of reach; nothing is half-written then.
    """
    if catalogue is None:
        catalogue = Catalogue(organisation.pk)
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return _write_together(organisation, items, catalogue, owners, sent)
        except TakenError as error:
            rest = [item for item in items if item.id not in error.ids]
            report = load(organisation, rest, catalogue, owners, sent)
            report.refused += [(item.number, _taken(item)) for item in items if item.id in error.ids]
            return report
        except (DataError, IntegrityError, LineError) as error:
            if len(items) > 1 and not (attempts_left and _came_meanwhile(error)):
                break
            if not attempts_left:
                return Report(refused=[(items[0].number, refusal(error))])
        except OperationalError as error:
            rolled_back = isinstance(error.__cause__, psycopg.errors.TransactionRollback)
            if not attempts_left or not rolled_back or connection.in_atomic_block:
                raise
    report = Report()
    middle = len(items) // 2
    for part in (items[:middle], items[middle:]):
        of_part = load(organisation, part, catalogue, owners)
        report.add(of_part)
        report.created |= of_part.created
    return report


def _write_together(
    organisation: Organisation, items: Sequence[Item], catalogue: Catalogue, owners: Owners, sent: Callable[[], None]
) -> Report:
    try:
        if _is_one_statement(items, catalogue):
            with connection.wrap_database_errors:
                report = _write_alone(organisation, items[0], catalogue, owners)
            if report:
                return report
        # A large batch takes longer than a page may, and waits for others who write the same names.
        transact = transaction.atomic() if len(items) == 1 else within("import")
        with connection.wrap_database_errors, transact:
            return _write(organisation, items, catalogue, owners, sent)
    except BaseException:
        catalogue.forget()  # what this has made is gone, and a name known from earlier batches may be as well
        raise


def _is_one_statement(items: Sequence[Item], catalogue: Catalogue) -> bool:
    """Whether it is one session whose names are known. A label alone is not: it may have a newer token by now."""
    if len(items) != 1 or connection.in_atomic_block:
        return False
    [item] = items
    has_token = item.token_id is not None or item.line.initiator.type != "token"
    return has_token and not item.line.events and not item.files and catalogue.knows(item.line)


def _write_alone(organisation: Organisation, item: Item, catalogue: Catalogue, owners: Owners) -> Report | None:
    """Write a session without a transaction, which takes two more round trips, and without a statement for its facets.

    Returns None if nothing was written: a name is not the one known here, or the existing session stays as it is.
    """
    row = session_row(organisation.pk, item, catalogue.ids(item.line))
    facets = sorted(facets_of(organisation.pk, [row]))
    more = {
        **_asked(organisation, owners),
        "lock": facets_lock(organisation.pk),
        **as_arrays(facets),
        **catalogue.believed(item.line),
    }
    outcomes = merge("history_session", [row], 1, UPSERT_ONE, more)
    return _report(organisation, [item.id], outcomes, owners) if outcomes else None


def _write(
    organisation: Organisation, items: Sequence[Item], catalogue: Catalogue, owners: Owners, sent: Callable[[], None]
) -> Report:
    if not items:
        return Report()
    catalogue.resolve([item.line for item in items])
    latest = _latest(items)
    facets: Facets = set()
    # Rows are made one by one, while PostgreSQL writes those before. Kept in memory, they take ten times their size.
    session_rows = noted(facets, organisation.pk, _session_rows(organisation.pk, items, latest, catalogue, sent))
    events: dict[tuple[UUID, UUID], Event] = {}
    for item in items:
        for ident, event in zip(event_ids(item.id, item.line.events), item.line.events, strict=True):
            events[item.id, ident] = event
    event_rows = (event_row(organisation.pk, *key, event) for key, event in events.items())
    if are_new := len(latest) > FEW and (catalogue.was_new or not _is_any_there(latest)):
        copy("history_session", session_rows)
        report = Report(len(latest), created=set(latest))
        days = {day_of(item.line) for item in latest.values()}
    else:
        outcomes = merge("history_session", session_rows, len(latest), UPSERT_MANY, _asked(organisation, owners))
        report = _report(organisation, latest, outcomes, owners)
        days = {day for _, _, *days in outcomes for day in days if day}
    if events and are_new:
        copy("history_event", event_rows)
    elif events:
        merge("history_event", event_rows, len(events), INSERT_EVENTS)
    attachments = _write_attachments(organisation.pk, items)
    add_facets(catalogue, facets)
    note_changed(organisation.pk, days)
    catalogue.was_new = are_new
    report.events, report.attachments = len(events), attachments
    return report


def _write_attachments(organisation_id: int, items: Sequence[Item]) -> int:
    """How many there are, each name of a session once."""
    rows: dict[tuple[UUID, str], Row] = {}
    for item in items:
        for file in item.files:
            row = attachment_row(organisation_id, item.id, file)
            if file.starts_at is None and (before := rows.get((item.id, file.name))):
                row["starts_at"] = before["starts_at"]
            rows[item.id, file.name] = row
    if rows:
        check_found(file for item in items for file in item.files)
        merge("history_attachment", rows.values(), len(rows), UPSERT_ATTACHMENTS)
    if announced := [row for row in rows.values() if row["starts_at"] and not row["available"]]:
        merge("history_attachment", announced, len(announced), UPDATE_FILE_STARTS)
    return len(rows)


def _latest(items: Sequence[Item]) -> dict[UUID, Item]:
    """The last item with each id. As across batches, an ended session stays ended if an older record follows."""
    latest: dict[UUID, Item] = {}
    for item in items:
        before = latest.get(item.id)
        if before is None or item.line.status in CLOSED or before.line.status not in CLOSED:
            latest[item.id] = item
    return latest


def _asked(organisation: Organisation, owners: Owners) -> dict[str, str | int | None]:
    """The parameters of OWNED."""
    return {"organisation": organisation.pk, "writers": None if owners is None else as_array(sorted(owners))}


def _session_rows(
    organisation_id: int,
    items: Sequence[Item],
    latest: dict[UUID, Item],
    catalogue: Catalogue,
    sent: Callable[[], None],
) -> Iterator[Row]:
    """One row for each id, sorted by id, so that concurrent imports wait for each other and never deadlock."""
    seen: dict[UUID, datetime | None] = {}
    if len(latest) < len(items):
        for item in sorted(items, key=attrgetter("line.last_seen_at")):
            seen[item.id] = item.line.last_seen_at
    for item in sorted(latest.values(), key=attrgetter("id.int")):
        row = session_row(organisation_id, item, catalogue.ids(item.line))
        if seen:
            row["last_seen_at"] = seen[item.id]
        yield row
    sent()


def _came_meanwhile(error: Exception) -> bool:
    """Whether another import has written a session that was new, or was taken to be new, when the batch began."""
    return isinstance(error.__cause__, psycopg.errors.UniqueViolation)


def _owned(organisation: Organisation, ids: Collection[UUID], owners: Owners) -> set[UUID]:
    """Which of the sessions are the owners'. It takes another statement: one that waited for a row does not see it."""
    values = {"ids": as_array(ids), **_asked(organisation, owners)}
    with connection.cursor() as cursor:
        cursor.execute(SELECT_OWNED.format(**{name: f"%({name})s" for name in values}), values)
        return {ident for (ident,) in cursor.fetchall()}


def _is_any_there(ids: Collection[UUID]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ANY_THERE, [as_array(ids)])
        return bool(cursor.fetchone()[0])


def _report(
    organisation: Organisation, sent: Collection[UUID], outcomes: list[tuple[Any, ...]], owners: Owners
) -> Report:
    """Raises TakenError. A session of the writer's own that was not written has ended, and stays as it is."""
    unwritten = set(sent) - {ident for ident, *_ in outcomes}
    if unwritten and (taken := unwritten - _owned(organisation, unwritten, owners)):
        raise TakenError(taken)
    created = {ident for ident, is_new, *_ in outcomes if is_new}
    return Report(len(created), len(sent) - len(created), created=created)


def _taken(item: Item) -> LineError:
    if item.line.external_id is not None:
        return LineError("conflict", "external_id", "belongs to a session that is not yours")
    return LineError("conflict", None, "somebody else has sent the same; tell the two apart by an external_id")


def refusal(error: Exception) -> LineError:
    """Quotes only the primary message of PostgreSQL's error, since its detail quotes the row."""
    if isinstance(error, LineError):
        return error
    cause = error.__cause__
    message = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return LineError("invalid_value", None, f"refused by the database: {message or error}")
