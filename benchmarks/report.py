"""What a run found: a table while it runs, JSON for programs, `docs/benchmarks.md` for people."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from benchmarks.measure import CsvResult, PageResult

if TYPE_CHECKING:
    from benchmarks.run import Size

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
DOCUMENT = ROOT / "docs/benchmarks.md"
PACKAGES = ("Django", "django-filter", "django-tables2", "psycopg", "gunicorn")

PREFACE = """\
# Benchmarks

Written by `make bench`, which anyone can run: it makes a database of its own, starts the product and
its peer as in production (gunicorn, two workers), signs in, and asks both for the same sessions in
turn, whole pages with gzip over HTTP on loopback. The peer is the page as the tutorials build it:
django-filter's FilterView with `icontains` across joins, django-tables2 with its own template, the
default paginator with COUNT and OFFSET; its code is in `benchmarks/textbook/`. Both show 50 rows.
Times are milliseconds, median and 95th percentile. “Database” is what all queries of the product's
page take together, seen from the application.
"""


class Silence(StringIO):
    """Where a command's own words go."""

    def write(self, text: str) -> int:
        return len(text)


def heading(sessions: int) -> str:
    return (
        f"\n{sessions:,} sessions, 50 rows a page\n"
        f"{'filter':<28}{'textbook ms':>18}{'ours ms':>18}{'times':>8}{'database ms':>18}{'queries':>9}"
    )


def line(result: PageResult) -> str:
    times = [f"{one.median:,.1f} / {one.p95:,.1f}" for one in (result.textbook, result.ours, result.database)]
    return f"{result.shape:<28}{times[0]:>18}{times[1]:>18}{result.ratio:>8}{times[2]:>18}{result.queries:>9}"


def csv_line(csv: CsvResult) -> str:
    return (
        f"CSV of {csv.rows:,} rows, {csv.megabytes} MB: {csv.http_seconds:.2f} s over HTTP, "
        f"first byte after {csv.first_byte_ms} ms; COPY of the same SELECT {csv.copy_seconds:.2f} s: "
        f"{csv.share} of its speed"
    )


def write(sizes: "list[Size]", seconds: float) -> None:
    now = datetime.now(UTC)
    setting = circumstances()
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    path.write_text(
        json.dumps(
            {"date": now.isoformat(), "seconds": round(seconds), **setting, "sizes": [asdict(s) for s in sizes]},
            indent=2,
        )
    )
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(markdown(sizes, setting, now, seconds))
    print(f"\nWrote {path.relative_to(ROOT)} and {DOCUMENT.relative_to(ROOT)} after {seconds:.0f} s")


def circumstances() -> dict[str, str]:
    """The machine and the versions, without names that only mean something here."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
    connection.close()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {memory:.0f} GiB of memory, {platform.system()}",
        "versions": ", ".join(
            [f"Python {platform.python_version()}", f"PostgreSQL {server}"]
            + [f"{name} {version(name)}" for name in PACKAGES]
        ),
    }


def markdown(sizes: "list[Size]", setting: dict[str, str], now: datetime, seconds: float) -> str:
    parts = [
        PREFACE,
        f"Last run: {now:%Y-%m-%d}, {seconds:.0f} s in all. {setting['machine']}. {setting['versions']}.\n",
    ]
    return "\n".join(parts + [section(size) for size in sizes])


def section(size: "Size") -> str:
    return (
        f"## {size.sessions:,} sessions\n\n"
        "| filter | textbook | Session History | times faster | database | queries |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |\n"
        + "".join(row(result) for result in size.pages)
        + f"\n{csv_line(size.csv)}.\n"
    )


def row(result: PageResult) -> str:
    times = [f"{one.median:,.1f} / {one.p95:,.1f}" for one in (result.textbook, result.ours, result.database)]
    return f"| {result.shape} | {times[0]} | {times[1]} | {result.ratio} | {times[2]} | {result.queries} |\n"
