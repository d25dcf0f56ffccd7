"""Measure the list on the demo's sessions beside the textbook's page: `python -m benchmarks.demo`.

Five thousand sessions of a few dozen people, as `make demo` shows them; in a database of its own.
"""

import io

from benchmarks import database

ROUNDS, SECONDS = 60, 8.0


def main() -> None:
    with database.set_up():
        run()


def make_demo() -> None:
    """What `make demo` shows, with the static files of its pages, and known to the planner."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    call_command("demo", verbosity=0, stdout=io.StringIO())
    call_command("collectstatic", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def run() -> None:
    from benchmarks.client import Client
    from benchmarks.peers import PEERS
    from benchmarks.servers import gunicorn
    from benchmarks.timing import Asked, in_turn
    from sessions.demo.cast import ADMIN, PASSWORD

    make_demo()
    (textbook,) = (peer for peer in PEERS if peer.name == "textbook")
    print(f"Milliseconds, median / 95th percentile\n{'filter':<28}{'textbook':>18}{'ours':>18}{'times':>8}")
    with gunicorn("sessionhistory.wsgi", "benchmarks.settings") as server, textbook.serve(0) as peer:
        ours = Client(server.port)
        ours.sign_in(ADMIN, PASSWORD)
        theirs = Client(peer.port, ours.cookie)
        for name, query in (
            ("nothing set", ""),
            ("one user", "user=developer@example.com"),
            ("search matching many", "q=a"),
            ("search matching nothing", "q=zzz-no-such-name"),
        ):
            path = f"/sessions/?{query}"
            found = in_turn(
                {"theirs": Asked(theirs, path, ROUNDS, SECONDS), "ours": Asked(ours, path, ROUNDS, SECONDS)}
            )
            cells = [f"{times.median:.1f} / {times.p95:.1f}" for times in (found["theirs"], found["ours"])]
            ratio = found["theirs"].median / found["ours"].median
            print(f"{name:<28}{cells[0]:>18}{cells[1]:>18}{ratio:>8.1f}", flush=True)


if __name__ == "__main__":
    main()
