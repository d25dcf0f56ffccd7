"""What the product is measured beside: each in a folder of its own, asked the same questions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import benchmarks.admin.paths
import benchmarks.datasette.paths
import benchmarks.drf.paths
import benchmarks.textbook.paths
from benchmarks.datasette.server import running as datasette
from benchmarks.question import Question
from benchmarks.servers import Server, gunicorn

Path = Callable[[Question], str]


@dataclass(frozen=True)
class Peer:
    """`packages` are those that only the benchmark needs: for the peer at all, and for its export."""

    name: str
    title: str
    page: Path
    serve: Callable[[int], AbstractContextManager[Server]]
    package: str = ""
    export: Path | None = None
    export_package: str = ""
    most_rows: int = 2**62

    def reason_to_skip(self, rows: int) -> str:
        if self.package and not find_spec(self.package):
            return f"{self.package} is not installed (requirements/bench.txt)"
        if rows > self.most_rows:
            return f"making its file of more than {self.most_rows:,} rows takes too long"
        return ""

    @property
    def has_export(self) -> bool:
        return self.export is not None and (not self.export_package or find_spec(self.export_package) is not None)


def django(name: str) -> Callable[[int], AbstractContextManager[Server]]:
    serve = partial(gunicorn, "benchmarks.peer_wsgi", f"benchmarks.{name}.settings")
    return lambda organisation_id: serve()


PEERS = (
    Peer(
        "textbook",
        "django-filter with django-tables2",
        benchmarks.textbook.paths.page,
        django("textbook"),
        export=benchmarks.textbook.paths.export,
        export_package="tablib",
    ),
    Peer("admin", "Django's admin", benchmarks.admin.paths.page, django("admin")),
    Peer("drf", "REST framework", benchmarks.drf.paths.page, django("drf"), package="rest_framework"),
    Peer(
        "datasette",
        "Datasette",
        benchmarks.datasette.paths.page,
        datasette,
        package="datasette",
        export=benchmarks.datasette.paths.export,
        most_rows=2_000_000,
    ),
)
