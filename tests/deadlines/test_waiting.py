"""Connections that give up: on a server that says nothing, and for a client that has left."""

import http.client
from collections.abc import Iterator

import psycopg
import pytest

from sessions.postgresql.waiting import Connection, NoAnswerError, NobodyWaitsError, on_behalf_of
from tests.deadlines.conftest import PostgreSQL, Product, eventually

pytestmark = pytest.mark.own_database
SLOW = "SELECT pg_sleep(60)"


@pytest.fixture
def patient(postgresql: PostgreSQL) -> Iterator[Connection]:
    with postgresql.connect() as known:
        where = known.info.dsn
    options = "-c client_connection_check_interval=1s"
    connection = Connection.connect(where, autocommit=True, options=options)
    connection.patience = 2.0
    yield connection
    connection.close()


def running(postgresql: PostgreSQL, words: str) -> int:
    with postgresql.connect(autocommit=True) as other:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid <> %s"
        [found] = other.execute(asked, [f"%{words}%", other.info.backend_pid]).fetchone() or [0]
    return int(found)


def test_a_statement_may_take_several_looks_at_the_client(patient: Connection) -> None:
    patient.patience = 30.0
    assert patient.execute("SELECT 1 FROM pg_sleep(2.5)").fetchone() == (1,)


def test_a_frozen_server_is_given_up(patient: Connection, postgresql: PostgreSQL) -> None:
    with postgresql.frozen(), pytest.raises(NoAnswerError):
        patient.execute("SELECT 1")
    assert patient.closed


def test_what_is_given_up_is_ended(patient: Connection, postgresql: PostgreSQL) -> None:
    with pytest.raises(NoAnswerError):
        patient.execute(SLOW)
    eventually(lambda: not running(postgresql, SLOW), seconds=30)  # by itself it ends after sixty


def test_a_client_that_has_left_is_not_worked_for(patient: Connection) -> None:
    patient.patience = 30.0
    with on_behalf_of(lambda: True), pytest.raises(NobodyWaitsError):
        patient.execute(SLOW)
    assert patient.closed


def test_without_a_deadline_it_waits(patient: Connection) -> None:
    patient.patience = 0
    assert patient.execute("SELECT 1 FROM pg_sleep(2.5)").fetchone() == (1,)


def test_a_request_whose_client_has_left_is_given_up(product: Product, postgresql: PostgreSQL) -> None:
    """Imports wait for a lock longer than anybody else: this one ends with its client, long before that."""
    line = b'{"status": "ended", "initiator": {"type": "anonymous"}, "started_at": "2026-11-20T10:00:00Z"}\n'
    with postgresql.locked():
        client = http.client.HTTPConnection("127.0.0.1", product.port)
        headers = {"Authorization": f"Bearer {product.secret}", "Content-Type": "application/x-ndjson"}
        client.request("POST", "/api/v1/sessions/batch", line * 20, headers)
        eventually(lambda: bool(running(postgresql, "history_session")))
        client.close()
        eventually(lambda: not running(postgresql, "history_session"))


def test_every_kind_of_error_of_a_server_that_goes_is_an_outage() -> None:
    from sessions.postgresql.outages import is_outage

    for error in (
        psycopg.OperationalError(),
        psycopg.InterfaceError(),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.QueryCanceled(),
        psycopg.errors.LockNotAvailable(),
        psycopg.errors.IdleInTransactionSessionTimeout(),
    ):
        assert is_outage(error), error
    assert not is_outage(psycopg.errors.UndefinedTable())
