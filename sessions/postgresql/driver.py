"""psycopg, with connections that do not wait for ever."""

from psycopg import *  # noqa: F403

from sessions.postgresql.waiting import Connection

connect = Connection.connect
