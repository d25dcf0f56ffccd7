"""Measure a huge session's page beside what PostgreSQL takes to read its events: `python -m benchmarks.session_page`.

In a database of its own, like `python -m benchmarks`: one session of two hours with 100,000 events, a log of 200 MiB,
a network log of 50 MiB and a video. Its addresses are asked for over HTTP, one after another, of one gunicorn worker as
in production. A ratio is the median of an address to the median of `SELECT count(*)` over the events. The first three
lines are first looks: nobody has read the files before, and the panels read them. Memory is the most that the worker
had more than before at any time.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID

import psutil

from benchmarks import database

if TYPE_CHECKING:
    from benchmarks.client import Client
    from benchmarks.servers import Memory
    from sessions.models import Organisation

MIB = 1024 * 1024
STARTED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
LENGTH = timedelta(hours=2)
ROUNDS = 15
LINE_BYTES = 120
ENTRY_BYTES = 5_000

# One in a thousand tells of trouble, as in a session that somebody looks into.
EVENTS = """
INSERT INTO history_event (
    session_id, id, organisation_id, event_type, event_time, view_id, source_properties, event_properties)
SELECT %(session)s, md5('event ' || n)::uuid, %(organisation)s,
       CASE WHEN n %% 1000 = 0 THEN 'error' ELSE 'type-' || n %% 23 END,
       %(started)s + make_interval(secs => n * %(step)s), 'screen-' || n / 500, '{"page": "/checkout/payment"}',
       jsonb_build_object('message', 'What happened as number ' || n, 'value', n, 'element', '#pay > button')
FROM generate_series(0, %(count)s - 1) n
"""
READ_EVENTS = "SELECT count(*) FROM history_event WHERE session_id = %s"


@dataclass(frozen=True)
class Looked:
    """What one address took, in milliseconds, and how many of them the worker calculated; its size in bytes."""

    name: str
    times: list[float]
    calculated: float
    size: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.session_page", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--log-mib", type=int, default=200)
    parser.add_argument("--har-mib", type=int, default=50)
    parser.add_argument(
        "--database", default=database.NAME, help=f"its name ({database.NAME}); one that exists is lost"
    )
    arguments = parser.parse_args()
    with database.set_up(arguments.database), TemporaryDirectory() as folder:
        run(arguments.events, arguments.log_mib, arguments.har_mib, Path(folder))


def run(events: int, log_mib: int, har_mib: int, folder: Path) -> None:
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import names
    from benchmarks.client import Client
    from benchmarks.servers import gunicorn, watched

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    print(f"Making a session of {events:,} events, with a log of {log_mib} MiB and requests of {har_mib} MiB ...")
    organisation, email = make_admin()
    # The server only hands it out, so that its first bytes are all that is needed of a video.
    session_id = make_session(organisation, folder, log_mib, har_mib, b"\x1a\x45\xdf\xa3" + bytes(1024))
    add_events(organisation, session_id, events)
    with connection.cursor() as cursor:
        reading = median(timed(lambda: cursor.execute(READ_EVENTS, [session_id])) for _ in range(ROUNDS))
    connection.close()
    with gunicorn("sessionhistory.wsgi", "benchmarks.settings", "--workers", "1") as server:
        client = Client(server.port)
        client.sign_in(email, names.PASSWORD)
        client.page("/sessions/")
        (worker,) = psutil.Process(server.pid).children()
        with watched(server) as memory:
            looked = list(look(client, worker, f"/sessions/{session_id}/"))
    report(looked, reading, memory)


def make_admin() -> tuple["Organisation", str]:
    from benchmarks import names
    from sessions.contract.choices import Role
    from sessions.models import Organisation, User

    organisation = Organisation.objects.create(slug="huge", name="Huge")
    email = "admin@huge.example"
    user = User(organisation=organisation, email=email, username="admin", role=Role.ADMIN, can_sign_in=True)
    user.set_password(names.PASSWORD)
    user.save()
    return organisation, email


def make_session(organisation: "Organisation", folder: Path, log_mib: int, har_mib: int, video: bytes) -> UUID:
    from sessions.ingest.prepare import prepare
    from sessions.ingest.writing.load import load

    write_log(folder / "app.log", log_mib * MIB // LINE_BYTES)
    write_har(folder / "network.har", har_mib * MIB // ENTRY_BYTES)
    (folder / "video.webm").write_bytes(video)
    kinds = {"app.log": ("log", "text/plain"), "network.har": ("network_log", "application/json")}
    kinds["video.webm"] = ("video", "video/webm")
    session = {
        "status": "failed",
        "initiator": {"type": "anonymous"},
        "started_at": STARTED.isoformat(),
        "ended_at": (STARTED + LENGTH).isoformat(),
        "attachments": [
            {"name": name, "kind": kind, "content_type": content_type, "file": name}
            for name, (kind, content_type) in kinds.items()
        ],
    }
    item = prepare(organisation, json.dumps(session).encode(), 1, folder)
    report = load(organisation, [item])
    assert not report.refused, report.refused
    return item.id


def add_events(organisation: "Organisation", session_id: UUID, count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            EVENTS,
            {
                "session": session_id,
                "organisation": organisation.id,
                "started": STARTED,
                "step": LENGTH.total_seconds() / count,
                "count": count,
            },
        )
        cursor.execute("VACUUM ANALYZE")


def write_log(path: Path, lines: int) -> None:
    with path.open("w") as file:
        for number in range(lines):
            moment = (STARTED + LENGTH * number / lines).isoformat(timespec="milliseconds")
            level = "ERROR" if number % 10_000 == 9_999 else "INFO"
            line = f"{moment} {level} worker-{number % 7}: line {number} of the log of a long session"
            file.write(f"{line:<{LINE_BYTES - 1}}\n")


def write_har(path: Path, entries: int) -> None:
    with path.open("w") as file:
        file.write('{"log": {"version": "1.2", "entries": [')
        for number in range(entries):
            entry = {
                "startedDateTime": (STARTED + LENGTH * number / entries).isoformat(timespec="milliseconds"),
                "time": 80,
                "request": {"method": "GET", "url": f"https://api.example/v2/items/{number}", "headers": []},
                "response": {"status": 500 if number % 500 == 499 else 200, "headers": [], "content": {}},
                "_padding": "x" * (ENTRY_BYTES - 300),
            }
            file.write(f"{',' if number else ''}{json.dumps(entry)}")
        file.write("]}}")


def look(client: "Client", worker: psutil.Process, path: str) -> Iterator[Looked]:
    yield looked_at(client, worker, "the page, before the files were read", path, rounds=1)
    yield looked_at(client, worker, "the log's index, read once", f"{path}?tab=log", rounds=1)
    yield looked_at(client, worker, "the requests' index, read once", f"{path}?tab=network", rounds=1)
    for name, asked in (
        ("the page", ""),
        ("the page at a moment", "?t=3600.5"),
        ("the page with the log at a moment", "?tab=log&t=3600.5"),
        ("the page with the requests at a moment", "?tab=network&t=3600.5"),
        ("the page with the errors alone", "?errors=1"),
        ("the page with the facts", "?tab=facts"),
    ):
        yield looked_at(client, worker, name, f"{path}{asked}")


def looked_at(client: "Client", worker: psutil.Process, name: str, path: str, rounds: int = ROUNDS) -> Looked:
    before = calculated(worker)
    times = [client.page(path) * 1000 for _ in range(rounds)]
    return Looked(name, times, (calculated(worker) - before) / rounds, client.download(path)[2])


def calculated(worker: psutil.Process) -> float:
    """Milliseconds of a processor, which hardly depend on what else the machine does."""
    used = worker.cpu_times()
    return float(used.user + used.system) * 1000


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def report(looked: list[Looked], reading: float, memory: "Memory") -> None:
    print(f"\nPostgreSQL counts the events in {reading:.1f} ms.\n")
    print(f"{'':42}{'median ms':>10}{'worst ms':>10}{'ratio':>8}{'CPU ms':>8}{'KiB':>8}")
    for one in looked:
        middle, worst = median(one.times), max(one.times)
        numbers = f"{middle:10.1f}{worst:10.1f}{middle / reading:8.1f}{one.calculated:8.0f}{one.size / 1024:8.0f}"
        print(f"{one.name:42}{numbers}")
    print(f"\nThe server grew by {memory.growth / MIB:.1f} MiB.")


if __name__ == "__main__":
    main()
