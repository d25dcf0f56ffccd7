"""The same filters among fewer sessions: a process with a database of its own, asked in turn with the larger one.

Compared with what was measured a quarter of an hour earlier, a filter would grow with whatever else the machine does
by now. It reads a filter's name, how many rounds and how many seconds from a line, and answers with a line.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import database
from benchmarks.servers import ROOT


class FewerSessions:
    """The process, from the side of who asks it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def turn(self, shape: str, rounds: int, seconds: float) -> tuple[list[float], int]:
        """The seconds of each round in the database, and the rows of the page."""
        assert self.process.stdin is not None
        print(json.dumps([shape, rounds, seconds]), file=self.process.stdin, flush=True)
        totals, rows = self.answer()
        return totals, rows

    def answer(self) -> Any:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"The process with fewer sessions ended with status {self.process.wait()}")
        return json.loads(line)


@contextmanager
def fewer_sessions(name: str, rows: int) -> Iterator[FewerSessions]:
    command = [sys.executable, "-m", "benchmarks.fewer_sessions", "--database", name, "--rows", str(rows)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        fewer = FewerSessions(process)
        fewer.answer()  # it is filled
        yield fewer
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it ends, and drops its database
        process.wait(60)


def serve(name: str, rows: int) -> None:
    with database.set_up(name):
        from django.core.management import call_command

        from benchmarks import data
        from benchmarks.database_time import DatabaseClock
        from benchmarks.shapes import shapes
        from sessions.models import User

        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        data.make_organisations()
        data.fill(1, rows)
        say("filled")
        known = {shape.name: shape for shape in shapes(User.objects.get(username="admin"))}
        clock = None
        for line in sys.stdin:
            shape, rounds, seconds = json.loads(line)
            if clock is None or clock.shape.name != shape:
                clock = DatabaseClock(known[shape])
            say([clock.turn(rounds, seconds), clock.rows])


def say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fewer_sessions", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rows", type=int, required=True)
    arguments = parser.parse_args()
    serve(arguments.database, arguments.rows)
