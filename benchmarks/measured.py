"""What a run has measured. `run` fills it in, `goals` judges it, `report` and `document` write it down."""

from dataclasses import dataclass, field

from benchmarks.downloads import Download
from benchmarks.importing import Import
from benchmarks.slices import Slice
from benchmarks.timing import DatabaseTime, Times


@dataclass(frozen=True)
class FewerTime:
    """What a page takes in the database among fewer sessions. `rows` are those of the page."""

    rows: int
    times: Times


@dataclass(frozen=True)
class ListResult:
    """Whole pages over HTTP, ours and those of the peers that were asked, and what ours takes in the database.

    `rows` are those of the page.
    """

    shape: str
    viewer: str
    rows: int
    pages: dict[str, Times]
    database: DatabaseTime
    fewer: FewerTime | None


@dataclass
class Size:
    """What was measured at so many sessions, and of lists at `fewer`, unless that is 0.

    `skipped` says why a peer is not there.
    """

    sessions: int
    fill_seconds: float
    fewer: int
    lists: list[ListResult] = field(default_factory=list)
    per_second: dict[str, float] = field(default_factory=dict)
    slices: list[Slice] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
