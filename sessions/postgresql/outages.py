"""Which errors say that the database cannot answer just now, and might a moment later."""

import psycopg
from django.db import InterfaceError, OperationalError

UNAVAILABLE = (
    # Out of reach, shut down, without a connection to spare, or over a deadline; as Django says it, and as psycopg
    # says it where its own cursors are asked.
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
# PostgreSQL's class of errors in the state of a transaction, of which only these are the server's doing.
ENDED_BY_THE_SERVER = (
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby, while another server takes over
)


# Operational errors to psycopg that the same statement meets each time.
FOR_GOOD = (
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.TooManyColumns,
    psycopg.errors.TooManyArguments,
)


def is_outage(error: BaseException | None) -> bool:
    if error is not None and isinstance(error.__cause__ or error, FOR_GOOD):
        return False
    return isinstance(error, (*UNAVAILABLE, *ENDED_BY_THE_SERVER)) or (
        error is not None and isinstance(error.__cause__, ENDED_BY_THE_SERVER)
    )
