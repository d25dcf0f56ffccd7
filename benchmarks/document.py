"""`docs/benchmarks.md`: the last run, for people."""

from collections.abc import Iterable
from datetime import datetime

from benchmarks.goals import Goal
from benchmarks.measured import ListResult, Size
from benchmarks.peers import PEERS
from benchmarks.timing import Times

PREFACE = """\
# Benchmarks

Written by `make bench`, which anyone can run (`ROWS=10000000`, `ARGS="--without datasette"`): it makes
a database of its own, fills it, starts the product as in production (gunicorn, two workers), signs in,
and asks for whole pages of 50 rows with gzip over HTTP on loopback. Whatever is compared is asked in
turn, in the same run, for the same rows. Times are milliseconds, median and 95th percentile, warm.
“Database” is what all queries of the product's page take together, seen from the application.
What is kept for a minute, counts above 100 and lists of more than 100 names to filter by, is asked
again when it is due: that page takes what “afresh” says. Where a filter is compared at two sizes, which
are asked in turn, or two pages of it, its fastest rounds are, since whatever else the machine does only
adds.

The sessions: one organisation with nine in ten of them, 400 days, 5,000 people and 2,000 apps by Zipf's
law, apps, people and devices that ended long ago or were seen once, bursts; in no order in the table
(`benchmarks/data.py`). What the product is measured beside is in a folder each of `benchmarks/`:

- textbook: the page as the tutorials of django-filter and django-tables2 build it, with `icontains`
  across joins, the default paginator with COUNT and OFFSET, and `_export=csv`
- admin: the changelist of Django's admin with the same columns
- drf: Django REST framework with CursorPagination, JSON of what the product's page shows
- datasette: Datasette over one SQLite table of the same rows, with an index for each question
- psql: its COPY is the limit of every download
"""


def markdown(size: Size, goals: list[Goal], setting: dict[str, str], now: datetime, seconds: float) -> str:
    rows = ((goal.what, goal.limit, goal.found, "yes" if goal.is_met else "**no**") for goal in goals)
    return "\n".join(
        [
            PREFACE,
            f"Last run: {now:%Y-%m-%d}, {seconds:.0f} s in all. {setting['machine']}. {setting['versions']}.\n",
            f"## What it is to reach, at {size.sessions:,} sessions\n",
            table(("", "limit", "found", "met"), rows),
            *section(size),
        ]
    )


def section(size: Size) -> list[str]:
    missing = "".join(f" Without {name}: {reason}." for name, reason in size.skipped.items())
    parts = [f"## {size.sessions:,} sessions\n\nLoaded in {size.fill_seconds:,.0f} s.{missing}\n"]
    if any(len(one.pages) > 1 for one in size.lists):
        parts += ["### Beside its peers\n", compared(size)]
    if size.downloads:
        parts += ["### Pages a second\n\nOf the first page, four connections, signed in; median of five turns.\n"]
        parts += [per_second(size)]
        parts += ["### In bulk\n", downloads(size)]
    return [*parts, "### Every filter\n", lists(size)]


def compared(size: Size) -> str:
    peers = [peer.name for peer in PEERS if peer.name not in size.skipped]
    head = ("filter", "Session History", *(name for peer in peers for name in (peer, "times")))
    return table(
        head,
        (
            (one.shape, both(one.pages["ours"]), *(cell for peer in peers for cell in beside(one.pages, peer)))
            for one in size.lists
            if len(one.pages) > 1
        ),
    )


def lists(size: Size) -> str:
    head = ("filter", "rows", "page", "database", "worst", "afresh", "queries")
    fewer = (f"rows of {size.fewer:,}", "database", "times") if size.fewer else ()
    return table(
        (*head, *fewer),
        (
            (
                one.shape,
                str(one.rows),
                both(one.pages["ours"]),
                both(one.database.times),
                f"{one.database.times.worst:,.1f}",
                f"{one.database.afresh:,.1f}",
                str(one.database.queries),
                *among_fewer(one),
            )
            for one in size.lists
        ),
    )


def among_fewer(one: ListResult) -> tuple[str, ...]:
    if not one.fewer:
        return ()
    times = f"{one.database.times.best / one.fewer.times.best:.2f}"
    return str(one.fewer.rows), both(one.fewer.times), times


def per_second(size: Size) -> str:
    return table(("", "a second"), ((name, f"{rate:,}") for name, rate in size.per_second.items()))


def beside(pages: "dict[str, Times]", peer: str) -> tuple[str, str]:
    times = pages[peer]
    return both(times), "" if times.failure else f"{times.median / pages['ours'].median:.1f}"


def downloads(size: Size) -> str:
    slices = (
        (f"CSV of {one.days:,} days: {one.name}", "", one.failure or f"{one.seconds:.2f} s", "", "")
        for one in size.slices
    )
    long = (
        row
        for one in size.downloads
        for row in (
            (
                f"{one.what}, {one.megabytes:,} MB",
                f"{one.rows:,}",
                f"{one.seconds:.2f} s",
                f"{one.first_byte_ms} ms",
                f"{one.memory_mib} MiB",
            ),
            *((f"psql's COPY of {name}", "", f"{seconds:.2f} s", "", "") for name, seconds in one.limits.items()),
        )
    )
    imports = (
        row
        for one in size.imports
        for row in (
            ("import_sessions", f"{one.rows:,}", f"{one.seconds:.2f} s", "", ""),
            ("COPY of ready rows into the same table", f"{one.rows:,}", f"{one.copy_seconds:.2f} s", "", ""),
        )
    )
    return table(("", "rows", "time", "first byte", "memory of the server"), (*slices, *long, *imports))


def both(times: Times) -> str:
    return times.failure or f"{times.median:,.1f} / {times.p95:,.1f}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown, the first column to the left."""
    head = list(head)
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
