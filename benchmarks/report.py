"""What a run found: a table while it runs, JSON for programs, `docs/benchmarks.md` for people."""

import json
import os
import platform
import sqlite3
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.db import connection

from benchmarks import document
from benchmarks.goals import goals
from benchmarks.measured import ListResult, Size
from benchmarks.servers import ROOT
from benchmarks.timing import Times

RESULTS = ROOT / "benchmarks/results"
DOCUMENT = ROOT / "docs/benchmarks.md"
PACKAGES = (
    "Django", "psycopg", "gunicorn", "django-filter", "django-tables2", "tablib", "djangorestframework", "datasette",
)  # fmt: skip


def begin(size: Size) -> None:
    skipped = "".join(f"\nwithout {name}: {reason}" for name, reason in size.skipped.items())
    print(
        f"\n{size.sessions:,} sessions, loaded in {size.fill_seconds} s{skipped}\n"
        f"Milliseconds, median / 95th percentile\n{'filter':<38}{'queries':>8}{'database':>18}{'page':>18}  peers",
        flush=True,
    )


def list_line(result: ListResult) -> None:
    peers = ", ".join(f"{name} {both(times)}" for name, times in result.pages.items() if name != "ours")
    print(
        f"{result.shape:<38}{result.database.queries:>8}{both(result.database.times):>18}"
        f"{both(result.pages['ours']):>18}  {peers}",
        flush=True,
    )


def both(times: Times) -> str:
    return times.failure or f"{times.median:,.1f} / {times.p95:,.1f}"


def loads(size: Size) -> None:
    print("Pages a second: " + ", ".join(f"{name} {rate}" for name, rate in size.per_second.items()), flush=True)


def end(size: Size) -> None:
    for one in size.slices:
        print(f"CSV of {one.days} days, {one.name}: {one.failure or f'{one.seconds} s'}")
    for download in size.downloads:
        limits = ", ".join(f"{seconds} s for psql's COPY of {name}" for name, seconds in download.limits.items())
        print(
            f"{download.what} of {download.rows:,} rows, {download.megabytes} MB: {download.seconds} s, "
            f"first byte after {download.first_byte_ms} ms, {download.memory_mib} MiB more memory; {limits}"
        )
    for done in size.imports:
        print(f"import_sessions of {done.rows:,}: {done.seconds} s; COPY {done.copy_seconds} s", flush=True)


def write(size: Size, seconds: float, output: Path | None) -> None:
    now = datetime.now(UTC)
    found, setting = goals(size), circumstances()
    print()
    for goal in found:
        print(f"{'met   ' if goal.is_met else 'MISSED'} {goal.what}: {goal.found}, {goal.limit}")
    path = (output or RESULTS) / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    page = output / DOCUMENT.name if output else DOCUMENT
    for folder in (path.parent, page.parent):
        folder.mkdir(parents=True, exist_ok=True)
    result = {
        "date": now.isoformat(),
        "seconds": round(seconds),
        **setting,
        "goals": [asdict(goal) for goal in found],
        "size": asdict(size),
    }
    path.write_text(json.dumps(result, indent=2))
    page.write_text(document.markdown(size, found, setting, now, seconds))
    print(f"\nWrote {path} and {page} after {seconds:.0f} s")


def circumstances() -> dict[str, str]:
    """The machine and the versions, without names that only mean something here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        server, buffers = cursor.fetchone()
    connection.close()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = []
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            packages.append(f"{name} {version(name)}")
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {memory:.0f} GiB of memory, {platform.system()}",
        "versions": ", ".join(
            [
                f"Python {platform.python_version()}",
                f"PostgreSQL {server.split()[0]} with {buffers} of shared buffers",
                f"SQLite {sqlite3.sqlite_version}",
                *packages,
            ]
        ),
    }
