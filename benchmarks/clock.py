"""What pages take in the database, told by a process of its own for each number of sessions, asked in turn.

Compared with what was measured a quarter of an hour earlier, a filter would grow with whatever else the machine does by
now; and beside a process that has done other things before, it would by a quarter. Such a process reads a filter's
name, how many rounds and how many seconds from a line, and answers with a line.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import msgspec

from benchmarks import database
from benchmarks.servers import ROOT
from benchmarks.timing import DatabaseTime


@dataclass(frozen=True)
class Told:
    """What all turns of one filter have come to so far. `rows` are those of the page."""

    rows: int
    database: DatabaseTime


class Clock:
    """The process, from the side of who asks it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def turn(self, shape: str, rounds: int, seconds: float) -> Told:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode((shape, rounds, seconds)) + b"\n")
        self.process.stdin.flush()
        return msgspec.json.decode(self.line(), type=Told)

    def line(self) -> bytes:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"A process that tells times ended with status {self.process.wait()}")
        return line


@contextmanager
def clock(name: str = "", rows: int = 0) -> Iterator[Clock]:
    """Of the benchmark's database, or of another one that is filled with so many sessions, and dropped at the end."""
    another = ["--database", name, "--rows", str(rows)] if rows else []
    command = [sys.executable, "-m", "benchmarks.clock", *another]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        found = Clock(process)
        found.line()  # it is ready
        yield found
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it ends
        process.wait(60)


def serve(name: str, rows: int) -> None:
    with database.set_up(name) if rows else nullcontext():
        import django

        django.setup()

        from django.core.management import call_command

        from benchmarks import data
        from benchmarks.database_time import PageClock
        from benchmarks.shapes import shapes
        from sessions.models import User

        if rows:
            call_command("migrate", verbosity=0, interactive=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            data.make_organisations()
            data.fill(1, rows)
        known = {shape.name: shape for shape in shapes(User.objects.get(username="admin"))}
        say("ready")
        page = None
        for line in sys.stdin.buffer:
            shape, rounds, seconds = msgspec.json.decode(line, type=tuple[str, int, float])
            if page is None or page.shape.name != shape:
                page = PageClock(known[shape])
            page.turn(rounds, seconds)
            say(Told(page.rows, page.result))


def say(answer: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clock", description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--rows", type=int, default=0)
    arguments = parser.parse_args()
    serve(arguments.database, arguments.rows)
