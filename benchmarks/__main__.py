"""Measure the list page and its CSV beside the textbook page: `python -m benchmarks --rows 1000000`.

Everything happens in a database of its own, `session_history_bench`, made on the server
that DATABASE_URL names, or on the embedded PostgreSQL, and dropped at the end.
"""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks import database


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows",
        type=int,
        default=int(os.environ.get("ROWS", "1000000")),
        help="sessions to measure after the demo's 5,000; 0 for the demo alone",
    )
    rows = parser.parse_args().rows
    # gunicorn's workers are told apart by nothing but their settings, so those come before Django is loaded.
    with database.made() as url, tempfile.TemporaryDirectory(prefix="session-history-bench-") as folder:
        os.environ.update(
            DATABASE_URL=url,
            SECRET_KEY="only for the benchmark: its database and servers end with it",
            ALLOWED_HOSTS="127.0.0.1,testserver",
            HTTPS="false",
            ATTACHMENTS_DIR=str(Path(folder) / "attachments"),
            BENCHMARK_STATIC_ROOT=str(Path(folder) / "static"),
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
        )
        import django

        django.setup()
        from benchmarks.run import run

        run(rows)


if __name__ == "__main__":
    main()
