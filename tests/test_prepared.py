"""Statements that PostgreSQL plans once: what they leave behind, and what must not confuse them."""

from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions.models import User
from sessions.postgresql.prepared import as_text, prepared_cursor
from sessions.query import listed_records

OFTEN = 8
LABEL = "SELECT label FROM history_apitoken WHERE id = $1"


def ask(statement: str, *values: int | str | None) -> object:
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def prepared(beginning: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [beginning + "%"])
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_what_is_said_often_is_prepared_once() -> None:
    for number in range(OFTEN):
        assert ask("SELECT $1::text || 'often'", str(number)) == (f"{number}often",)
    assert prepared("SELECT $1::text || 'often'") == 1


@pytest.mark.django_db
def test_as_text_a_statement_is_one_whatever_its_values() -> None:
    for number in range(OFTEN):
        for value in (None, number, 2**20 + number, 2**40 + number):
            assert ask("SELECT $1::bigint AS any_size", as_text(value)) == (value,)
    assert prepared("SELECT $1::bigint AS any_size") == 1


@pytest.mark.django_db
def test_it_is_counted_like_any_other_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(OFTEN):
            ask("SELECT $1::int", 1)
    assert [query["sql"] for query in queries] == ["SELECT $1::int"] * OFTEN


def test_the_rows_of_a_page_are_planned_once_and_found_by_their_keys(alice: User) -> None:
    """The plan is made for any ids, so it may not depend on how many of a small table they are."""
    ids = [uuid4() for _ in range(50)]
    with connection.cursor() as cursor:
        # Of an empty table all may be read, if the statistics of another test are still believed.
        cursor.execute("SET LOCAL enable_seqscan = off")
    for _ in range(2 * OFTEN):
        assert listed_records(alice, ids) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, generic_plans, cardinality(parameter_types) FROM pg_prepared_statements"
            " WHERE statement LIKE '%row_to_json%'"
        )
        [(name, generic_plans, parameters)] = cursor.fetchall()
        assert generic_plans > 0
        cursor.execute(f"EXPLAIN EXECUTE {name} ({', '.join(['NULL'] * parameters)})")
        plan = [line for (line,) in cursor.fetchall()]
    assert not [line for line in plan if "Seq Scan on history_session" in line], plan


@pytest.mark.django_db(transaction=True)
def test_a_migration_meanwhile_breaks_no_connection() -> None:
    for _ in range(OFTEN):
        ask(LABEL, 0)
    assert prepared(LABEL) == 1
    alter("varchar(300)")
    try:
        assert ask(LABEL, 0) is None
    finally:
        alter("varchar(200)")


def alter(kind: str) -> None:
    """On another connection: psycopg would notice it on its own."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute(f"ALTER TABLE history_apitoken ALTER label TYPE {kind}".encode())
