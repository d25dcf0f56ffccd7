"""One run: the demo's sessions first, then as many as were asked for; both servers stay up throughout."""

import time
from contextlib import ExitStack
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection

from benchmarks import data, measure, report
from benchmarks.servers import Client, served
from benchmarks.shapes import shapes
from sessions.demo.cast import ADMIN, PASSWORD
from sessions.models import Session, User

DEMO_ROUNDS, ROUNDS = 25, 20
DEMO_SECONDS, SECONDS = 3.0, 10.0


@dataclass(frozen=True)
class Size:
    """What was measured at one number of sessions."""

    sessions: int
    pages: list[measure.PageResult]
    csv: measure.CsvResult


def run(rows: int) -> None:
    started = time.monotonic()
    print("Filling in the demo's sessions ...", flush=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("demo", verbosity=0, stdout=report.Silence())
    call_command("collectstatic", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    with ExitStack() as stack:
        ports = (
            stack.enter_context(served("sessionhistory.wsgi", "benchmarks.settings")),
            stack.enter_context(served("benchmarks.textbook.wsgi", "benchmarks.textbook.settings")),
        )
        admin = User.objects.get(email=ADMIN)
        sizes = [at_size(admin, PASSWORD, ports, rounds=DEMO_ROUNDS, seconds=DEMO_SECONDS)]
        if rows:
            print(f"\nLoading {rows:,} sessions ...", flush=True)
            admin, took = data.fill(rows)
            print(f"loaded in {took:.0f} s", flush=True)
            sizes.append(at_size(admin, data.PASSWORD, ports, rounds=ROUNDS, seconds=SECONDS))
    connection.close()
    report.write(sizes, time.monotonic() - started)


def at_size(admin: User, password: str, ports: tuple[int, int], *, rounds: int, seconds: float) -> Size:
    total = Session.objects.count()
    ours = Client(ports[0])
    ours.sign_in(str(admin.email), password)
    # One cookie for both: they share the database and the secret key.
    textbook = Client(ports[1], ours.cookie)
    print(report.heading(total), flush=True)
    found = []
    for shape in shapes(admin, total):
        result = measure.pages(shape, admin, ours, textbook, rounds=rounds, seconds=seconds)
        print(report.line(result), flush=True)
        found.append(result)
    csv = measure.csv(admin, ours, rounds=2)
    print(report.csv_line(csv), flush=True)
    return Size(total, found, csv)
