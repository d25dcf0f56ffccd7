"""Measure how fast sessions come in over HTTP beside writing the same rows straight into the same table.

`python -m benchmarks.ingest`: one gunicorn worker as in production, a developer's token, connections that
are kept open; on the embedded PostgreSQL, or on the server that DATABASE_URL names, whose `fsync` is
printed. All ways take turns in short rounds, so that whatever else the machine does hits each of them;
a ratio is the median of the rounds' ratios. Two minutes at most.
"""

import argparse
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg

from benchmarks import database
from benchmarks.client import ANSWER_SECONDS
from benchmarks.servers import Server, gunicorn

if TYPE_CHECKING:
    from sessions.ingest.writing.rows import Row
    from sessions.models import ApiToken

ROUNDS = 7
SECONDS = 1.5  # of each round, for each way of one session at a time
MOST_ALONE = 4_000
BATCH_ROWS = 5_000
CONNECTIONS = 8
APPS, DEVICES, PEOPLE = 50, 40, 200
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# Counted as in production, and never reached.
REQUESTS_PER_MINUTE = 100_000_000

RECEIVED = 65_536
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

ALONE, COPIED = "single-row commits", "COPY"


@dataclass(frozen=True)
class Way:
    """How rows get in: `write` returns how many it has written a second."""

    name: str
    beside: str
    write: Callable[[], float]


def session(number: int) -> dict[str, Any]:
    """Of an ordinary producer: known apps, devices and people, no events."""
    start = FIRST + timedelta(seconds=37 * number)
    return {
        "external_id": f"ingest-{number}",
        "status": "ended",
        "initiator": {"type": "user", "email": f"person{number % PEOPLE}@ingest.example"},
        "app": {
            "app_id": f"com.example.app{number % APPS}",
            "platform": "ios",
            "version": f"2.{number % 30}",
            "build": str(number % 900),
        },
        "device": {"manufacturer": "Maker", "model": f"Model {number % DEVICES}", "type": "phone"},
        "os": {"name": "iOS", "version": str(number % 20)},
        "requested_at": (start - timedelta(seconds=number % 7)).isoformat(),
        "started_at": start.isoformat(),
        "ended_at": (start + timedelta(seconds=number % 3600)).isoformat(),
        "flags": {"crash": number % 100 == 0},
        "environment": "production",
        "attributes": {"build_url": f"https://ci.example/{number}", "retries": number % 3},
    }


class Rows:
    """Ready-made rows of the table: what a session becomes, its names looked up before any time is taken."""

    def __init__(self, token: "ApiToken") -> None:
        from sessions.ingest.writing.catalogue import Catalogue

        self.token = token
        self.catalogue = Catalogue(token.organisation_id)
        self.columns = ", ".join(self.made([0])[0])

    def made(self, numbers: Sequence[int]) -> "list[Row]":
        """Under ids of their own: the sessions of these numbers may be there already."""
        from sessions.contract.schema import SessionLine
        from sessions.ingest.reading.normalise import normalise
        from sessions.ingest.reading.parse import parse
        from sessions.ingest.writing.rows import Item, session_row

        lines = [normalise(parse(body(number), SessionLine)) for number in numbers]
        self.catalogue.resolve(lines)
        items = [Item(uuid4(), line, token_id=self.token.pk) for line in lines]
        return [session_row(self.token.organisation_id, item, self.catalogue.ids(item.line)) for item in items]


def body(number: int) -> bytes:
    return json.dumps(session(number)).encode()


class Straight:
    """One connection of psycopg, which prepares what it says often."""

    def __init__(self, conninfo: str, rows: Rows) -> None:
        self.connection = psycopg.connect(conninfo, autocommit=True)
        self.rows = rows
        columns = rows.columns
        self.insert = f"INSERT INTO history_session ({columns}) VALUES ({', '.join(['%s'] * (columns.count(',') + 1))})"
        self.copy = f"COPY history_session ({columns}) FROM STDIN"

    def commits(self, numbers: Iterator[int]) -> float:
        ready = [tuple(row.values()) for row in self.rows.made([next(numbers) for _ in range(MOST_ALONE)])]
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < SECONDS and done < MOST_ALONE:
            self.connection.execute(self.insert, ready[done])
            done += 1
        return done / (time.perf_counter() - started)

    def copies(self, numbers: Iterator[int]) -> float:
        ready = [tuple(row.values()) for row in self.rows.made([next(numbers) for _ in range(BATCH_ROWS)])]
        started = time.perf_counter()
        with self.connection.cursor() as cursor, cursor.copy(self.copy) as target:
            for values in ready:
                target.write_row(values)
        return BATCH_ROWS / (time.perf_counter() - started)


class Producer:
    """A program with a token, on connections that stay open while it sends."""

    def __init__(self, port: int, secret: str) -> None:
        self.port = port
        self.secret = secret
        self.head = (
            "POST /api/v1/sessions HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\n"
            f"Authorization: Bearer {secret}\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: %d\r\n\r\n"
        ).encode()

    def posts(self, numbers: Iterator[int], connections: int) -> float:
        ready = iter([body(next(numbers)) for _ in range(MOST_ALONE)])
        statuses: list[bytes] = []
        opened = [socket.create_connection(("127.0.0.1", self.port), ANSWER_SECONDS) for _ in range(connections)]
        started = time.perf_counter()

        def send(connection: socket.socket) -> None:
            while time.perf_counter() - started < SECONDS and (raw := next(ready, None)):
                statuses.append(self.post_alone(connection, raw))

        threads = [threading.Thread(target=send, args=[connection]) for connection in opened]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        for connection in opened:
            connection.close()
        if set(statuses) != {b"201"}:
            raise RuntimeError(f"POST was answered {sorted(set(statuses))}")
        return len(statuses) / seconds

    def batches(self, numbers: Iterator[int]) -> float:
        raw = b"\n".join(body(next(numbers)) for _ in range(BATCH_ROWS))
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        connection.connect()
        started = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/x-ndjson"}
        connection.request("POST", "/api/v1/sessions/batch", raw, headers)
        answer = connection.getresponse().read()
        seconds = time.perf_counter() - started
        if answer.count(b'"created"') != BATCH_ROWS:
            raise RuntimeError("the batch was not written")
        return BATCH_ROWS / seconds

    def post_alone(self, connection: socket.socket, raw: bytes) -> bytes:
        """The status. In plain bytes: what `http.client` does around them takes a tenth of the time of an answer."""
        connection.sendall(self.head % len(raw) + raw)
        answer, end, missing = b"", b"", 0
        while not end or missing > 0:
            received = connection.recv(RECEIVED)
            if not received:
                raise ConnectionError("the server hung up")
            answer += received
            head, end, content = answer.partition(b"\r\n\r\n")
            if end and (length := LENGTH.search(head)):
                missing = int(length[1]) - len(content)
        return answer[len(b"HTTP/1.1 ") :][:3]


def measure(ways: Sequence[Way], rounds: int) -> None:
    found: dict[str, list[float]] = {way.name: [] for way in ways}
    for number in range(rounds + 1):
        for way in ways:
            speed = way.write()
            if number:  # the first round fills caches and prepares statements
                found[way.name].append(speed)
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"\n{rounds} rounds, load average {loads}\n{'':<28}{'rows/s':>9}{'of it':>7}{'lowest':>8}{'highest':>8}")
    for way in ways:
        speeds, peers = found[way.name], found[way.beside]
        ratios = [speed / peer for speed, peer in zip(speeds, peers, strict=True)]
        compared = f"{median(ratios):>7.2f}{min(ratios):>8.2f}{max(ratios):>8.2f}" if way.beside != way.name else ""
        print(f"{way.name:<28}{median(speeds):>9,.0f}{compared}")


def run(url: str, rounds: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from sessions.accounts.tokens import make_token
    from sessions.contract.choices import Role
    from sessions.models import Organisation, User

    call_command("migrate", verbosity=0, interactive=False)
    organisation = Organisation.objects.create(slug="ingest", name="Ingest")
    dave = User.objects.create(
        organisation=organisation, email="dave@ingest.example", role=Role.DEVELOPER, can_sign_in=True
    )
    token, secret = make_token(dave, "ingest", ["read", "write"])
    numbers = count()
    rows = Rows(token)
    rows.made(range(1000))
    with connection.cursor() as cursor:
        for name in ("server_version", "fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            print(f"{name} {cursor.fetchone()[0]}", end="  ")
    connection.close()
    straight = Straight(database.conninfo(url), rows)
    # A server for whoever sends one at a time: what eight have left would be eight connections to PostgreSQL, which
    # take turns, each with caches of its own.
    with served_by_one_worker() as for_one, served_by_one_worker() as for_many:
        one, many = Producer(for_one.port, secret), Producer(for_many.port, secret)
        measure(
            [
                Way(ALONE, ALONE, lambda: straight.commits(numbers)),
                Way("POST, one connection", ALONE, lambda: one.posts(numbers, 1)),
                Way(f"POST, {CONNECTIONS} connections", ALONE, lambda: many.posts(numbers, CONNECTIONS)),
                Way(COPIED, COPIED, lambda: straight.copies(numbers)),
                Way("POST of a batch", COPIED, lambda: one.batches(numbers)),
            ],
            rounds,
        )


def served_by_one_worker() -> AbstractContextManager[Server]:
    return gunicorn("sessionhistory.wsgi", "benchmarks.settings", "--workers", "1")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    os.environ["API_REQUESTS_PER_MINUTE"] = str(REQUESTS_PER_MINUTE)
    with database.set_up():
        run(os.environ["DATABASE_URL"], rounds)


if __name__ == "__main__":
    main()
