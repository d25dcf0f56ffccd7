"""Measure what each index of history_session costs whoever writes, and what its constraints and generated columns do.

`python -m benchmarks.indexes`: COPY of the same rows into the table without indexes but its primary key, beside it
with each of them alone, and without foreign keys, checks or generated values; in turn, each undone again; on the
embedded PostgreSQL, or on the server that DATABASE_URL names. What counts is the processor time of PostgreSQL's
process where that runs on this Linux, else the time that passed. A cost is the median over the rounds of the
difference. Ten minutes at most.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import database

ROWS = 300_000
COPIED = 50_000
ROUNDS = 5
WHOLE = "the table as it is"
BARE = "the primary key alone"


@dataclass
class Way:
    """`without` are the statements that leave something out; `bytes` is the size of the index that it is about."""

    name: str
    without: list[str]
    bytes: int | None = None
    seconds: list[float] = field(default_factory=list)

    def beside(self, other: "Way") -> float:
        """Seconds between the two, median of the rounds."""
        return median(abs(one - two) for one, two in zip(self.seconds, other.seconds, strict=True))


def ways() -> list[Way]:
    """The primary key stays: events and attachments refer to it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index "
            "WHERE indrelid = 'history_session'::regclass AND NOT indisprimary ORDER BY indexrelid"
        )
        sizes = dict(cursor.fetchall())
        cursor.execute("SELECT pg_relation_size('history_session_pkey')")
        primary = cursor.fetchone()[0]
        cursor.execute("SELECT conname, contype FROM pg_constraint WHERE conrelid = 'history_session'::regclass")
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'history_session'::regclass AND attgenerated <> ''"
        )
        generated = [name for (name,) in cursor.fetchall()]
    drops = {name: f"DROP INDEX {name}" for name in sizes}
    bare = [*drops.values()]

    def dropped(kind: str) -> list[str]:
        return [f"ALTER TABLE history_session DROP CONSTRAINT {name}" for name, found in constraints if found == kind]

    return [
        Way(WHOLE, []),
        Way(BARE, bare, primary),
        *(Way(name.strip('"'), [drops[other] for other in sizes if other != name], sizes[name]) for name in sizes),
        Way("all foreign keys", [*bare, *dropped("f")]),
        Way("all check constraints", [*bare, *dropped("c")]),
        Way(
            "all generated values",
            [*bare, *(f"ALTER TABLE history_session ALTER COLUMN {name} DROP EXPRESSION" for name in generated)],
        ),
    ]


def measure(found: list[Way], rows: Path, columns: Iterable[str], rounds: int) -> None:
    from django.db import connection, transaction

    from benchmarks.importing import copy_seconds

    for number in range(rounds):
        for way in found:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM history_session")  # of the rows that the way before has undone
                cursor.execute("CHECKPOINT")
                with transaction.atomic():
                    for statement in way.without:
                        cursor.execute(statement)
                    began = clock(connection.connection.info.backend_pid)
                    copy_seconds(rows, f"COPY history_session ({', '.join(columns)}) FROM STDIN")
                    way.seconds.append(clock(connection.connection.info.backend_pid) - began)
                    transaction.set_rollback(True)
        print(f"round {number + 1} of {rounds}", flush=True)


def clock(process: int) -> float:
    """Seconds, from no certain beginning."""
    folder = Path(f"/proc/{process}")
    try:
        if (folder / "comm").read_text() != "postgres\n":
            return time.perf_counter()
        # proc(5): user and system time are fields 14 and 15, the third comes behind the name in parentheses.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return time.perf_counter()


def table(found: list[Way], copied: int, rows: int) -> None:
    """Microseconds a row, their part of the COPY into the whole table, and megabytes per million rows."""
    whole, bare, *others = found
    print(f"\n{'':<26}{'us a row':>9}{'of it':>7}{'MB per million':>16}")
    for way in found:
        seconds = way.beside(bare) if way in others else median(way.seconds)
        size = "" if way.bytes is None else f"{way.bytes / rows:>16.0f}"
        print(f"{way.name:<26}{seconds / copied * 1e6:>9.1f}{seconds / median(whole.seconds):>7.0%}{size}")


def run(rows: int, copied: int, rounds: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import data
    from benchmarks.importing import CHANGED, COLUMNS, NEWEST, write
    from sessions.models import User

    call_command("migrate", verbosity=0, interactive=False)
    data.make_organisations()
    data.fill(1, rows)
    parameters = {"organisation": User.objects.get(username="admin").organisation_id, "rows": copied}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        columns = [name for (name,) in cursor.fetchall()]
    ready = ", ".join(CHANGED.get(name, name) for name in columns)
    found = ways()
    with tempfile.TemporaryDirectory(prefix="session-history-indexes-") as folder:
        file = Path(folder) / "rows"
        write(file, f"COPY (SELECT {ready} FROM ({NEWEST}) newest) TO STDOUT", parameters)
        measure(found, file, columns, rounds)
    connection.close()
    table(found, copied, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexes", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help=f"that are there already ({ROWS:,})")
    parser.add_argument("--copied", type=int, default=COPIED, help=f"each time ({COPIED:,})")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--database", default=database.NAME, help=f"its name ({database.NAME}); one that exists is lost"
    )
    arguments = parser.parse_args()
    with database.set_up(arguments.database):
        run(arguments.rows, arguments.copied, arguments.rounds)


if __name__ == "__main__":
    main()
