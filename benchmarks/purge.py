"""Measure what a purge takes, and what it costs those who read the list meanwhile: `python -m benchmarks.purge`.

In a database of its own, like `python -m benchmarks`. The large organisation's oldest sessions are due, those of 100 of
400 days unless `--days` says otherwise, each with three events and every fifth with a file. Some are purged in batches
of several sizes; then the rest by the command, with its defaults or another `--pause`, for `--minutes` at most, while
pages of the list are asked for over HTTP, one after another.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import database

if TYPE_CHECKING:
    from benchmarks.client import Client
    from benchmarks.shapes import Shape
    from sessions.models import User

SIZES = (100, 300, 1000, 3000)
SHAPES = ("nothing set", "one busy user", "common device", "user on a device")
ROUNDS_AROUND = 60
FILE = b"x" * 4096

EVENTS = """
INSERT INTO history_event (
    session_id, id, organisation_id, event_type, event_time, source_properties, event_properties)
SELECT s.id, md5(s.id::text || n)::uuid, s.organisation_id, 'view', s.started_at, '{}', '{"screen": "start"}'
FROM history_session s, generate_series(1, 3) n WHERE s.organisation_id = %s AND s.occurred_at < %s
"""
FILES = """
UPDATE history_attachment a SET storage_name = a.organisation_id || '/' || a.session_id || '/' || a.sha256
FROM history_session s WHERE s.id = a.session_id AND s.organisation_id = %s AND s.occurred_at < %s
RETURNING storage_name
"""
# Of each person, beside those of the organisation.
FACETS = """
INSERT INTO history_facet (owner, value)
SELECT DISTINCT {user} | s.user_id, v FROM history_session s, LATERAL (
    VALUES ({user} | s.user_id), ({app} | s.app_id), ({device} | s.device_id), ({os} | s.os_id)
) AS named (v)
WHERE s.organisation_id = %s AND s.user_id IS NOT NULL AND v IS NOT NULL
ON CONFLICT DO NOTHING
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.purge", description=__doc__)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS", "1000000")))
    parser.add_argument("--days", type=int, default=100, help="of 400, how many are due")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pause", help="the command's: 0 for a purge that does not rest")
    arguments = parser.parse_args()
    more = ["--pause", arguments.pause] if arguments.pause is not None else []
    with database.set_up():
        run(arguments.rows, arguments.days, arguments.minutes, more)


def run(rows: int, days: int, minutes: float, more: list[str]) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from benchmarks import data, names
    from benchmarks.client import Client
    from benchmarks.servers import gunicorn
    from benchmarks.shapes import shapes
    from sessions.models import User

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    print(f"Loading {rows:,} sessions ...", flush=True)
    data.make_organisations()
    data.fill(1, rows)
    admin = User.objects.get(username="admin")
    before = timezone.now() - timedelta(days=400 - days)
    complete(admin, before)
    by_size(admin, before, rows // 50)
    asked = [shape for shape in shapes(admin) if shape.name in SHAPES]
    connection.close()
    with gunicorn("sessionhistory.wsgi", "benchmarks.settings") as server:
        client = Client(server.port)
        client.sign_in(str(admin.email), names.PASSWORD)
        while_read(client, asked, before, minutes, more)


def complete(admin: "User", before: datetime) -> None:
    """What the other benchmark does without: events, files and everybody's names."""
    from django.core.files.storage import default_storage
    from django.db import connection

    from sessions.models.dimensions import Kind
    from sessions.models.keys import KIND_BITS

    kinds = {kind.name.lower(): kind << KIND_BITS for kind in Kind}
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [admin.organisation_id, before])
        cursor.execute(FACETS.format(**kinds), [admin.organisation_id])
        cursor.execute(FILES, [admin.organisation_id, before])
        for (name,) in cursor.fetchall():
            path = Path(default_storage.path(name))
            path.parent.mkdir(parents=True)
            path.write_bytes(FILE)
        cursor.execute("VACUUM ANALYZE")


def by_size(admin: "User", before: datetime, sessions: int) -> None:
    from sessions.retention.purge import purge

    print(f"\n{'sessions a batch':<20}{'sessions/s':>12}{'longest batch ms':>18}", flush=True)
    for size in SIZES:
        gone, longest, started = 0, 0.0, time.perf_counter()
        begun = started
        for batch in purge(admin.organisation, before, size):
            now = time.perf_counter()
            longest, begun = max(longest, now - begun), now
            gone += batch.sessions
            if gone >= sessions:
                break
        print(f"{size:<20,}{gone / (time.perf_counter() - started):>12,.0f}{longest * 1000:>18,.0f}", flush=True)


def while_read(
    client: "Client", asked: "list[Shape]", before: datetime, minutes: float, more: Sequence[str] = ()
) -> None:
    """Pages during the whole of a purge; and before and after it, since the machine may have other things to do."""
    from benchmarks.timing import Asked, Times

    for shape in asked:
        Asked(client, f"/sessions/?{shape.query}", ROUNDS_AROUND, seconds=60).warm_up()
    calm: dict[str, list[float]] = {shape.name: [] for shape in asked}
    busy: dict[str, list[float]] = {shape.name: [] for shape in asked}
    for _ in range(ROUNDS_AROUND):
        read(client, asked, calm)
    started = time.monotonic()
    command = [sys.executable, "manage.py", "purge_sessions", "--organisation", "large", "--before"]
    there = sessions()
    with subprocess.Popen([*command, f"{before:%Y-%m-%d}", *more], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            read(client, asked, busy)
            if time.monotonic() - started > minutes * 60:
                process.terminate()
    print(f"\n{there - sessions():,} sessions in {time.monotonic() - started:.1f} s, read meanwhile:")
    for _ in range(ROUNDS_AROUND):
        read(client, asked, calm)
    print(f"{'filter':<28}{'without ms':>18}{'during ms':>18}{'p95 times':>12}{'pages':>8}")
    for name, found in busy.items():
        first, then = Times.of(calm[name]), Times.of(found)
        cells = [f"{one.median:,.1f} / {one.p95:,.1f}" for one in (first, then)]
        print(f"{name:<28}{cells[0]:>18}{cells[1]:>18}{then.p95 / first.p95:>12.2f}{len(found):>8}")


def sessions() -> int:
    from sessions.models import Session

    return Session.objects.count()


def read(client: "Client", asked: "list[Shape]", found: dict[str, list[float]]) -> None:
    for shape in asked:
        found[shape.name].append(client.page(f"/sessions/?{shape.query}"))


if __name__ == "__main__":
    main()
