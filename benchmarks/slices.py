"""CSV of a range of days with about ten thousand rows, from the product and from the peers that export CSV."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from urllib.parse import urlencode

from benchmarks.client import Client, NotAnsweredError
from benchmarks.peers import Peer
from benchmarks.question import Question
from benchmarks.shapes import today

ROWS = 10_000
DAYS = 400
MOST_SECONDS = 60.0
ROUNDS = 2


@dataclass(frozen=True)
class Slice:
    """One server's export of so many days; or why there is none."""

    name: str
    days: int
    seconds: float = 0.0
    failure: str = ""


def export_slices(rows: int, client: Client, others: dict[Peer, Client]) -> list[Slice]:
    days = min(ceil(ROWS / (rows / DAYS)), DAYS)
    end = today() - timedelta(days=1)
    start = end - timedelta(days=days)
    question = Question(start=start, end=end)
    # Both days of the product's range belong to it.
    query = urlencode({"start": start.date(), "end": (end - timedelta(days=1)).date()})
    asked = {"ours": (client, f"/sessions/export.csv?{query}")}
    asked |= {
        peer.name: (other, peer.export(question)) for peer, other in others.items() if peer.export and peer.has_export
    }
    return [exported(name, days, *one) for name, one in asked.items()]


def exported(name: str, days: int, client: Client, path: str) -> Slice:
    try:
        found = [client.download(path, MOST_SECONDS)[1] for _ in range(ROUNDS)]
    except NotAnsweredError as error:
        return Slice(name, days, failure=str(error))
    return Slice(name, days, round(min(found), 3))
