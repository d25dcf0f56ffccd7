"""A session's log on its axis: how much of it lies where, and the first errors in it."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.core.files.storage import default_storage

from sessions.files.contents import HEAD_BYTES
from sessions.files.encodings import encoding_of
from sessions.files.media import essence
from sessions.models import Attachment
from sessions.replay.axis import Axis
from sessions.replay.indexes import file_index, is_at_hand
from sessions.replay.log_placing import Placing
from sessions.viewers.indent import LARGEST as LARGEST_INDENTED
from sessions.viewers.indent import indented
from sessions.viewers.log_index import LEVELS, VERSION, ErrorLine, LogIndex, index_log
from sessions.viewers.shown import printable, with_line_ends

# A pass over this much takes some seconds.
LARGEST = 512 * 1024 * 1024
# What is read of a line with an error.
ERROR_BYTES = 4_096
ERROR_TEXT = 500


@contextmanager
def opened_text(file: Attachment) -> Iterator[tuple[IO[bytes], str]]:
    """What to show of a file, and its encoding: JSON one value a line, anything else as it is.

    Raises FileNotFoundError when the storage has lost the file.
    """
    with default_storage.open(file.storage_name) as content:
        encoding = encoding_of(file.content_type, content.read(HEAD_BYTES))
        content.seek(0)
        if is_indented(file):
            yield BytesIO(indented(_in_utf8(content.read(), encoding))), "utf-8-sig"
        else:
            yield content, encoding


def is_indented(file: Attachment) -> bool:
    return essence(file.content_type) == "application/json" and file.size <= LARGEST_INDENTED


def _in_utf8(content: bytes, encoding: str) -> bytes:
    if encoding == "utf-8-sig":
        return content.removeprefix(BOM_UTF8)
    return content.decode(encoding, "replace").encode("utf-8", "replace")


def index_of(file: Attachment, content: IO[bytes], encoding: str) -> LogIndex:
    """The index of what `opened_text` opened."""
    if is_indented(file):
        return index_log(content, content.seek(0, 2), encoding)
    return file_index(file, _kind(encoding), VERSION, LogIndex, lambda: index_log(content, file.size, encoding))


def log_index_of(file: Attachment) -> LogIndex:
    """Raises FileNotFoundError when the storage has lost the file."""
    with opened_text(file) as (content, encoding):
        return index_of(file, content, encoding)


def has_log_index(file: Attachment) -> bool:
    """Whether the index can be had without a long pass over the file. Raises FileNotFoundError as well."""
    if is_indented(file):
        return True
    with default_storage.open(file.storage_name) as content:
        encoding = encoding_of(file.content_type, content.read(HEAD_BYTES))
    return is_at_hand(file, _kind(encoding), VERSION)


def _kind(encoding: str) -> str:
    """One content may be declared in two encodings, and then it has two indexes."""
    return f"log {encoding}"


@dataclass(frozen=True)
class LogLane:
    """How many lines of each of LEVELS lie in each of the equal parts of an axis, and how many before and after it."""

    buckets: list[tuple[int, ...]]
    before: int = 0
    after: int = 0

    @property
    def most(self) -> int:
        return max((sum(counts) for counts in self.buckets), default=0)


def log_lane(index: LogIndex, placing: Placing, axis: Axis, buckets: int = 200) -> LogLane | None:
    """None where lines have no times. The lines of a block are spread evenly between its first and its last time."""
    if placing.shift is None:
        return None
    filled = [[0] * len(LEVELS) for _ in range(buckets)]
    buckets_a_second = buckets / axis.length
    before = after = 0
    for block in index.blocks:
        first, last = (placing.t(seconds) for seconds in block.span)
        if first is None or last is None:
            continue
        if last < 0:
            before += sum(block.counts)
        elif first > axis.length:
            after += sum(block.counts)
        else:
            start = min(max(int(first * buckets_a_second), 0), buckets - 1)
            _spread(block.counts, filled[start : int(last * buckets_a_second) + 1])
    return LogLane([tuple(counts) for counts in filled], before, after)


def _spread(counts: tuple[int, ...], filled: list[list[int]]) -> None:
    for level, count in enumerate(counts):
        # Of a long log, nearly all blocks lie in one bucket and have lines of one level.
        if count and len(filled) == 1:
            filled[0][level] += count
        elif count:
            for place, bucket in enumerate(filled):
                bucket[level] += count * (place + 1) // len(filled) - count * place // len(filled)


@dataclass(frozen=True)
class LogError:
    """A line with an error: its place on the axis, where it has one, its number and its text, shortened."""

    t: float | None
    number: int
    text: str


def log_errors(index: LogIndex, placing: Placing, file: Attachment, axis: Axis, most: int = 20) -> list[LogError]:
    """The first errors of the log within its session, or of the log where none is, in the order of the lines.

    How many there are is `index.counts[Level.ERROR]`. Raises FileNotFoundError when the storage has lost the file.
    """
    placed = [(error, placing.t(error.time)) for error in index.errors]
    within = [(error, t) for error, t in placed if t is None or 0 <= t <= axis.length]
    chosen = (within or placed)[:most]
    if not chosen:
        return []
    with opened_text(file) as (content, _):
        return [LogError(t, error.number, _text_at(content, error, index.codec)) for error, t in chosen]


def _text_at(content: IO[bytes], error: ErrorLine, codec: str) -> str:
    content.seek(error.offset)
    text = with_line_ends(content.read(ERROR_BYTES).decode(codec, "replace"))
    return printable(text.partition("\n")[0])[:ERROR_TEXT]
