"""One run: everything at as many sessions as were asked for, beside the peers, and the list at 100,000 as well."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from django.core.management import call_command
from django.db import ProgrammingError, connection

from benchmarks import data, names, report
from benchmarks.client import Client, NotAnsweredError
from benchmarks.clock import Clock, clock
from benchmarks.downloads import download_csv, download_json
from benchmarks.importing import imported
from benchmarks.measured import FewerTime, ListResult, Size
from benchmarks.peers import PEERS, Peer
from benchmarks.question import Question
from benchmarks.servers import Server, gunicorn
from benchmarks.shapes import Shape, shapes
from benchmarks.slices import export_slices
from benchmarks.timing import Asked, in_turn, requests_per_second
from sessions.models import Session, User

FEWER_ROWS = 100_000
ROUNDS, PEER_ROUNDS = 30, 10
TURNS = 3
OURS = "ours"
CONNECTIONS = 4
LOADS, LOAD_SECONDS = 5, 2.0


@dataclass(frozen=True)
class Plan:
    """`seconds` is what one filter may take of one server; one answer is waited for all the same."""

    rows: int
    without: frozenset[str] = frozenset()
    seconds: float = 10.0
    output: Path | None = None


@dataclass(frozen=True)
class Stage:
    """The servers that run, and who asks them: the product's viewers by name, and each peer."""

    admin: User
    server: Server
    viewers: dict[str, Client]
    peers: dict[Peer, Client]


def run(plan: Plan) -> None:
    started = time.monotonic()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    if not User.objects.exists():
        data.make_organisations()
    size = filled(max(plan.rows, Session.objects.count()))
    try:
        with staged(size, wanted(plan, size)) as stage:
            lists(size, stage, plan.seconds)
            loads(size, stage, min(LOAD_SECONDS, plan.seconds))
            in_bulk(size, stage)
    finally:
        connection.close()
    report.write(size, time.monotonic() - started, plan.output)


def filled(rows: int) -> Size:
    fewer = FEWER_ROWS if rows > FEWER_ROWS else 0
    there = Session.objects.count()
    if there == rows:
        return Size(rows, 0.0, fewer)
    print(f"\nLoading {rows:,} sessions ...", flush=True)
    seconds = round(data.fill(there + 1, rows), 1)
    # Gigabytes would be written out while pages are timed. Not every role may say so.
    with suppress(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return Size(rows, seconds, fewer)


def wanted(plan: Plan, size: Size) -> list[Peer]:
    for peer in PEERS:
        if reason := "left out" if peer.name in plan.without else peer.reason_to_skip(size.sessions):
            size.skipped[peer.name] = reason
    return [peer for peer in PEERS if peer.name not in size.skipped]


@contextmanager
def staged(size: Size, peers: Iterable[Peer]) -> Iterator[Stage]:
    admin = User.objects.get(username="admin")
    with ExitStack() as stack:
        server = stack.enter_context(gunicorn("sessionhistory.wsgi", "benchmarks.settings"))
        viewers = {viewer: signed_in(server, viewer) for viewer in ("admin", *names.VIEWERS)}
        ports = {peer: stack.enter_context(peer.serve(admin.organisation_id)).port for peer in peers}
        report.begin(size)
        # One cookie for all: they share the database and the secret key.
        yield Stage(
            admin, server, viewers, {peer: Client(port, viewers["admin"].cookie) for peer, port in ports.items()}
        )


def signed_in(server: Server, viewer: str) -> Client:
    client = Client(server.port)
    client.sign_in(f"{viewer}@large.example", names.PASSWORD)
    return client


def lists(size: Size, stage: Stage, seconds: float) -> None:
    with ExitStack() as servers:
        clocks = [servers.enter_context(clock())]
        if size.fewer:
            clocks.append(servers.enter_context(clock(f"{connection.settings_dict['NAME']}_fewer", size.fewer)))
        for shape in shapes(stage.admin):
            size.lists.append(listed(shape, stage, clocks, seconds))
            report.list_line(size.lists[-1])


def listed(shape: Shape, stage: Stage, clocks: list[Clock], seconds: float) -> ListResult:
    path = f"/sessions/?{shape.query}"
    asked = {OURS: Asked(stage.viewers[shape.viewer], path, ROUNDS, seconds)}
    if shape.question:
        for peer, client in stage.peers.items():
            asked[peer.name] = Asked(client, peer.page(shape.question), PEER_ROUNDS, seconds)
    turns = TURNS if seconds else 1  # without time, as in the tests, once is enough
    for _ in range(turns):
        told = [one.turn(shape.name, ROUNDS // turns, seconds / turns) for one in clocks]
    ours, *fewer = told
    return ListResult(
        shape.name,
        shape.viewer,
        ours.rows,
        in_turn(asked),
        ours.database,
        FewerTime(fewer[0].rows, fewer[0].database.times) if fewer else None,
    )


def loads(size: Size, stage: Stage, seconds: float) -> None:
    """The first page, and the product's JSON of it, as often as they come: median of several turns of each."""
    admin = stage.viewers["admin"]
    asked = {OURS: (admin, "/sessions/"), "ours, JSON": (admin, "/api/v1/sessions?limit=50")}
    asked |= {peer.name: (client, peer.page(Question())) for peer, client in stage.peers.items()}
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(LOADS):
        for name, (client, path) in asked.items():
            try:
                rates[name].append(requests_per_second(client, path, connections=CONNECTIONS, seconds=seconds))
            except NotAnsweredError as error:
                size.skipped[f"{name}'s pages a second"] = str(error)
    size.per_second = {name: median(found) for name, found in rates.items() if found}
    report.loads(size)


def in_bulk(size: Size, stage: Stage) -> None:
    rows = Session.objects.filter(organisation=stage.admin.organisation).count()
    admin = stage.viewers["admin"]
    size.slices = export_slices(rows, admin, stage.peers)
    for download in (download_csv, download_json):
        size.downloads.append(download(stage.admin, admin, stage.server, rows))
    size.imports.append(imported(stage.admin, rows))
    report.end(size)
