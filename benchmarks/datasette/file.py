"""The same rows as one table of SQLite: names in place of ids, an index for each kind of question."""

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

COLUMNS = {
    "id": "s.id",
    "date": "to_char(s.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
    "user": "u.email",
    "username": "u.username",
    "token": "t.label",
    "app_id": "a.app_id",
    "app": "a.name",
    "version": "s.app_version",
    "build": "s.app_build",
    "device": "d.model",
    "os": "o.name || ' ' || o.version",
    "platform": "s.platform",
    "status": "s.status",
    "queue_ms": "s.queue_ms",
    "duration_ms": "s.duration_ms",
    "files": "(SELECT string_agg(f.name, ', ') FROM history_attachment f WHERE f.session_id = s.id)",
}
SELECT = f"""
    COPY (
        SELECT {", ".join(COLUMNS.values())}
        FROM history_session s
        LEFT JOIN history_user u ON u.id = s.user_id
        LEFT JOIN history_apitoken t ON t.id = s.token_id
        LEFT JOIN history_app a ON a.id = s.app_id
        LEFT JOIN history_device d ON d.id = s.device_id
        LEFT JOIN history_operatingsystem o ON o.id = s.os_id
        WHERE s.organisation_id = %(organisation)s
    ) TO STDOUT (FORMAT csv)
"""


def write(path: Path, organisation_id: int) -> None:
    with sqlite3.connect(path) as target, connection.cursor() as cursor:
        target.execute("PRAGMA journal_mode = OFF")
        target.execute(f"CREATE TABLE sessions ({', '.join(COLUMNS)}, PRIMARY KEY (id))")
        places = ", ".join("?" * len(COLUMNS))
        with cursor.copy(SELECT, {"organisation": organisation_id}) as copy:
            target.executemany(f"INSERT INTO sessions VALUES ({places})", csv.reader(_lines(copy)))
        for column in ("date", "user", "app_id"):
            target.execute(f"CREATE INDEX sessions_{column} ON sessions ({column})")
        target.execute("ANALYZE")
    target.close()


def _lines(copy: Iterator[memoryview]) -> Iterator[str]:
    for line in copy:
        yield bytes(line).decode()
