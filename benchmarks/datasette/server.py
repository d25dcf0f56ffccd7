import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.datasette.file import write
from benchmarks.servers import Server, free_port, served


@contextmanager
def running(organisation_id: int) -> Iterator[Server]:
    """As shipped, but for a limit of CSV that all rows fit into."""
    with tempfile.TemporaryDirectory(prefix="session-history-datasette-") as folder:
        path = Path(folder) / "sessions.db"
        write(path, organisation_id)
        port = free_port()
        arguments = ["-m", "datasette", "serve", str(path), "--port", str(port), "--setting", "max_csv_mb", "0"]
        with served(arguments, port, is_talkative=True) as server:
            yield server
