"""Measure the product beside its peers: `python -m benchmarks --rows 1000000`.

Everything happens in a database of its own, made on the server that DATABASE_URL names, or
on the embedded PostgreSQL, and dropped at the end.
"""

import argparse
import signal
import sys
from pathlib import Path

from benchmarks import database
from benchmarks.peers import PEERS

PEER_NAMES = [peer.name for peer in PEERS]


def main() -> None:
    arguments = parsed()
    # So that a run that is ended drops its database and ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with database.set_up(arguments.database, keep=arguments.keep):
        from benchmarks.run import Plan, run

        run(Plan(arguments.rows, frozenset(arguments.without), arguments.seconds, arguments.output))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", type=positive, default=1_000_000, help="sessions; the list is measured at 100,000 first"
    )
    parser.add_argument(
        "--without", type=peers, default=[], metavar="PEER,...", help=f"leave out {', '.join(PEER_NAMES)}"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="for each filter and server, at most (8)")
    parser.add_argument(
        "--output", type=Path, help="a folder for the results, instead of docs/ and benchmarks/results/"
    )
    parser.add_argument("--keep", action="store_true", help="keep the database, and take over the one that was kept")
    parser.add_argument(
        "--database", default=database.NAME, help=f"its name ({database.NAME}); one that exists is lost"
    )
    return parser.parse_args()


def positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


def peers(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PEER_NAMES):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(PEER_NAMES)}")
    return names


if __name__ == "__main__":
    main()
