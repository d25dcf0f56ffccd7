"""import_sessions beside COPY of rows that are ready, into the same table with all of its indexes."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.servers import ROOT
from sessions.models import User
from sessions.query.rows import FIELDS, JOINS

# Enough for the command's start, 0.4 s, to weigh what it does in use.
ROWS = 150_000
ROUNDS = 2
MARK = "imported by the benchmark"

# The newest sessions again, under other ids; not those of the rounds before, which are the same ones again.
NEWEST = f"""
    SELECT * FROM history_session WHERE organisation_id = %(organisation)s AND environment <> '{MARK}'
    ORDER BY organisation_id, occurred_at DESC, id DESC LIMIT %(rows)s
"""
NOT_SENT = {"id", "external_id", "environment", "clock_skew_ms", "attachments"}
# In COPY's own format, which is that of the lines: no name of the benchmark has a backslash in it.
LINES = f"""
    COPY (
        SELECT json_build_object(
            'external_id', gen_random_uuid(), 'environment', '{MARK}',
            {", ".join(f"'{name}', {sql}" for name, sql in FIELDS.items() if name not in NOT_SENT)})
        {JOINS.replace("history_session", f"({NEWEST})")}
    ) TO STDOUT
"""
COLUMNS = """
    SELECT quote_ident(attname) FROM pg_attribute
    WHERE attrelid = 'history_session'::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped
    ORDER BY attnum
"""
CHANGED = {"id": "gen_random_uuid()", "external_id": "gen_random_uuid()", "environment": f"'{MARK}'"}


@dataclass(frozen=True)
class Import:
    """Seconds for so many rows, of each the faster round; the command's start is part of it."""

    rows: int
    seconds: float
    copy_seconds: float

    @property
    def share(self) -> float:
        """The command's speed as a part of COPY's."""
        return round(self.copy_seconds / self.seconds, 2)


def imported(admin: User, total: int) -> Import:
    """In turn; the rows are taken away again."""
    rows = min(ROWS, total)
    parameters = {"organisation": admin.organisation_id, "rows": rows, "lost_before": None}
    found = []
    with tempfile.TemporaryDirectory(prefix="session-history-import-") as folder, connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        columns = [name for (name,) in cursor.fetchall()]
        ready = (
            f"COPY (SELECT {', '.join(CHANGED.get(name, name) for name in columns)} FROM ({NEWEST}) newest) TO STDOUT"
        )
        file = Path(folder) / "sessions.ndjson"
        for _ in range(ROUNDS):
            write(file, LINES, parameters)
            by_command = command_seconds(file, admin.organisation.slug)
            write(file, ready, parameters)
            found.append((by_command, copy_seconds(file, f"COPY history_session ({', '.join(columns)}) FROM STDIN")))
        cursor.execute("DELETE FROM history_session WHERE environment = %s", [MARK])
        cursor.execute("VACUUM ANALYZE history_session")
    return Import(rows, *(round(min(each), 3) for each in zip(*found, strict=True)))


def write(file: Path, statement: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy, file.open("wb") as target:
        for line in copy:
            target.write(line)


def command_seconds(file: Path, organisation: str) -> float:
    started = time.perf_counter()
    command = [sys.executable, "manage.py", "import_sessions", str(file), "--organisation", organisation]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def copy_seconds(file: Path, statement: str) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(statement) as copy, file.open("rb") as source:
        while block := source.read(1 << 16):
            copy.write(block)
    return time.perf_counter() - started
