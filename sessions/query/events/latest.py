"""The newest event of each value in some columns, as a monitor of many devices shows it."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sessions.postgresql.deadlines import within
from sessions.postgresql.fetching import fetch_all
from sessions.query.events.page import EVENT_JSON, NEWEST_FIRST, EventSearch

DISTINCT_COLUMNS = tuple(f"{kind}{number}" for kind in ("str", "int") for number in range(1, 6))
MOST_VALUES = 100_000
FETCHED_AT_ONCE = 1_000


class TooManyValuesError(ValueError):
    """More than MOST_VALUES values are distinct."""


def latest_events(search: EventSearch, columns: Sequence[str]) -> Iterator[str]:
    """JSON texts (`ListedEvent`), newest first. Events that have a value in none of the columns are left out.

    `columns` are some of DISTINCT_COLUMNS; give a range of at most a day (index event_in_organisation). The search is
    done when this returns. Raises TooManyValuesError, and OperationalError if it takes longer than an analysis
    may: every event of the range is read and sorted, and an answer is never cut short.
    """
    names = ", ".join(f"e.{column}" for column in columns)
    with within("analysis"):
        keys = fetch_all(
            f"""
            WITH latest AS (
                SELECT DISTINCT ON ({names}) e.session_id, e.id, e.event_time, e.position
                FROM history_event e JOIN history_session s ON s.id = e.session_id
                WHERE {search.sql_range()} AND num_nonnulls({names}) > 0 AND {search.sql_matches()}
                ORDER BY {names}, {NEWEST_FIRST}
            )
            SELECT e.session_id, e.id FROM latest e ORDER BY {NEWEST_FIRST} LIMIT {MOST_VALUES + 1}
            """,
            search.parameters,
        )
    if len(keys) > MOST_VALUES:
        raise TooManyValuesError
    return _texts([(session, ident) for session, ident in keys])


def _texts(keys: Sequence[tuple[UUID, UUID]]) -> Iterator[str]:
    for offset in range(0, len(keys), FETCHED_AT_ONCE):
        chunk = keys[offset : offset + FETCHED_AT_ONCE]
        rows = fetch_all(
            f"""
            SELECT {EVENT_JSON}
            FROM unnest(%(sessions)s::uuid[], %(ids)s::uuid[]) WITH ORDINALITY AS key (session_id, id, number)
            JOIN history_event e ON e.session_id = key.session_id AND e.id = key.id
            JOIN history_session s ON s.id = e.session_id
            ORDER BY key.number
            """,
            {"sessions": [session for session, _ in chunk], "ids": [ident for _, ident in chunk]},
        )
        yield from (text for (text,) in rows)
