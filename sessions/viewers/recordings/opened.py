"""Recordings that were opened: what one pass over each found is kept, and the place that was looked at last.

Whoever goes on from there, as everybody does who plays a recording, pays for what lies between. A process keeps a few.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import IO, Generic, TypeVar

from django.core.files.storage import default_storage

from sessions.files.media import Viewer, viewer_of
from sessions.files.recordings import HEAD
from sessions.models import Attachment
from sessions.viewers.recordings import NotRecording
from sessions.viewers.recordings.asciicast import Header, Survey, read_header, survey
from sessions.viewers.recordings.terminal_replay import TerminalReplay
from sessions.viewers.recordings.web_events import Index, read_index
from sessions.viewers.recordings.web_replay import WebReplay

LARGEST = 256 * 1024 * 1024
# Each may hold some ten megabytes.
MOST_OPENED = 3

Replay = TypeVar("Replay", TerminalReplay, WebReplay)


class _Opened(Generic[Replay]):
    """A replay is used by one request at a time; another one that comes meanwhile makes its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._replay: Replay | None = None

    def _new_replay(self) -> Replay:
        raise NotImplementedError

    @contextmanager
    def replay(self) -> Iterator[Replay]:
        with self._lock:
            replay, self._replay = self._replay, None
        replay = replay or self._new_replay()
        yield replay
        self._replay = replay


class TerminalRecording(_Opened[TerminalReplay]):
    def __init__(self, header: Header, found: Survey) -> None:
        super().__init__()
        self.header = header
        self.survey = found

    def _new_replay(self) -> TerminalReplay:
        return TerminalReplay(self.header)

    @property
    def length(self) -> float:
        return self.survey.length

    @property
    def began_at(self) -> datetime | None:
        return self.header.began_at


class WebRecording(_Opened[WebReplay]):
    def __init__(self, index: Index) -> None:
        super().__init__()
        self.index = index

    def _new_replay(self) -> WebReplay:
        return WebReplay(self.index)

    @property
    def length(self) -> float:
        return self.index.length

    @property
    def began_at(self) -> datetime | None:
        return self.index.began_at


Recording = TerminalRecording | WebRecording

_opened: OrderedDict[str, Recording] = OrderedDict()
_lock = Lock()


def recorded_as(file: Attachment) -> Viewer:
    """The viewer of a file, which for one that may be a recording takes a look into it. Raises FileNotFoundError."""
    with default_storage.open(file.storage_name) as content:
        return viewer_of(file.kind, file.content_type, content.read(HEAD))


def open_recording(file: Attachment, content: IO[bytes]) -> Recording:
    """What is known of a recording. Raises NotRecording."""
    key = f"{file.sha256} {file.kind} {file.content_type}"
    with _lock:
        if (known := _opened.get(key)) is not None:
            _opened.move_to_end(key)
            return known
    opened = _read(file, content)
    with _lock:
        _opened[key] = opened
        while len(_opened) > MOST_OPENED:
            _opened.popitem(last=False)
    return opened


def _read(file: Attachment, content: IO[bytes]) -> Recording:
    if file.size > LARGEST:
        raise NotRecording("It is too large to be played here.")
    content.seek(0)
    viewer = viewer_of(file.kind, file.content_type, content.read(HEAD))
    if viewer is Viewer.TERMINAL:
        header = read_header(content)
        return TerminalRecording(header, survey(content, header))
    if viewer is Viewer.WEB_RECORDING:
        return WebRecording(read_index(content))
    raise NotRecording("It is neither a terminal recording (asciicast) nor a web recording (rrweb).")


def recording_length(file: Attachment) -> float:
    """Seconds from a recording's first moment to its last. Raises NotRecording and FileNotFoundError."""
    with default_storage.open(file.storage_name) as content:
        return open_recording(file, content).length


def first_moment(file: Attachment) -> datetime | None:
    """When a recording began, as it says itself; None where it does not. Raises NotRecording and FileNotFoundError."""
    with default_storage.open(file.storage_name) as content:
        return open_recording(file, content).began_at
