"""Recordings on a page: what their viewer and a session's stage show at a moment, and the moments that follow it.

A stage is the fragment `detail/stage_terminal.html` or `detail/stage_web_recording.html` with a `recording` from
`recording_stage`. `static/js/recording.js` has it show another moment when a DOM event `stage:seek` with
`{t}`, in seconds from the recording's start, is dispatched on its root element, `[data-recording]`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from sessions.models import Attachment
from sessions.viewers.recordings import NotRecording
from sessions.viewers.recordings.inert import SCROLLED, document
from sessions.viewers.recordings.opened import TerminalRecording, WebRecording, open_recording
from sessions.viewers.recordings.screen import fitting
from sessions.viewers.recordings.screen_svg import Palette, rows_svg, size
from sessions.viewers.recordings.terminal_replay import Frame
from sessions.viewers.recordings.terminal_search import Search

# Frames for playing are sent for so long ahead, or until they are so many characters.
SECONDS_AHEAD = 10.0
MOST_CHARACTERS = 1_000_000
# The rebuilt page runs and loads nothing, whatever is left in it, and no other site shows it.
PAGE_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

_SECONDS = re.compile(r"[0-9]{1,9}+(?:\.[0-9]{0,9}+)?+")


@dataclass
class RecordingStage:
    """What a recording shows at `t`. `moment_url` is where other moments come from; `late` says how far it got."""

    template: str
    length: float
    t: float
    moment_url: str
    idle: list[tuple[float, float]]
    late: float | None = None
    width: int = 0
    height: int = 0
    # Of a terminal: its rows as SVG, its ground, and its text.
    rows: list[tuple[int, str]] = field(default_factory=list)
    ground: str = ""
    text: str = ""
    # Of a page: when its window had which size, and where its document is scrolled to.
    sizes: list[tuple[float, int, int]] = field(default_factory=list)
    fragment: str = SCROLLED


def recording_stage(file: Attachment, t: float | None) -> RecordingStage:
    """The stage of a recording at a moment, or when there is first something to be seen.

    Raises NotRecording and FileNotFoundError.
    """
    with default_storage.open(file.storage_name) as content:
        recording = open_recording(file, content)
        if isinstance(recording, WebRecording):
            return _web_stage(file, recording, t)
        return _terminal_stage(file, recording, t)


def _terminal_stage(file: Attachment, recording: TerminalRecording, t: float | None) -> RecordingStage:
    t = min(t or 0.0, recording.length)
    palette = Palette(recording.header.colours)
    with default_storage.open(file.storage_name) as content, recording.replay() as replay:
        has_arrived = replay.seek(content, t)
        screen = replay.screen
        width, height = size(screen)
        return RecordingStage(
            template="detail/stage_terminal.html",
            length=recording.length,
            t=t,
            late=None if has_arrived else replay.time,
            moment_url=_moment_url(file),
            idle=recording.survey.idle,
            width=width,
            height=height,
            rows=list(rows_svg(screen, palette, list(range(screen.lines))).items()),
            ground=palette.ground,
            text="\n".join(row.text for row in screen.rows).rstrip(),
        )


def _web_stage(file: Attachment, recording: WebRecording, t: float | None) -> RecordingStage:
    index = recording.index
    t = min(index.first_shown if t is None else t, recording.length)
    width, height = index.size_at(t)
    return RecordingStage(
        template="detail/stage_web_recording.html",
        length=recording.length,
        t=t,
        moment_url=_moment_url(file),
        idle=index.idle,
        width=width,
        height=height,
        sizes=index.sizes,
    )


def _moment_url(file: Attachment) -> str:
    return reverse("attachment_moment", args=[file.session_id, file.name])


def recording_page(request: HttpRequest, file: Attachment, context: dict[str, Any]) -> HttpResponse:
    """The viewer of a recording. Raises NotRecording and FileNotFoundError."""
    stage = recording_stage(file, seconds_in(request, "t"))
    text = request.GET.get("q", "")[:200]
    context |= {
        "recording": stage,
        "q": text,
        "earlier": max(stage.t - 10, 0),
        "later": min(stage.t + 10, stage.length),
    }
    with default_storage.open(file.storage_name) as content:
        recording = open_recording(file, content)
        if isinstance(recording, WebRecording):
            context |= {"unreadable": recording.index.unreadable, "began_at": recording.began_at}
            return render(request, "detail/view_web_recording.html", context)
        search = Search(text)
        if text:
            search.read(content, recording.header)
    header = recording.header
    context |= {
        "unreadable": recording.survey.unreadable,
        "began_at": recording.began_at,
        "title": header.title,
        "markers": recording.survey.markers,
        "search": search,
        "size_told": (header.columns, header.lines),
        "is_cut": fitting(header.columns, header.lines) != (header.columns, header.lines),
    }
    return render(request, "detail/view_terminal.html", context)


def recording_moment(request: HttpRequest, file: Attachment) -> HttpResponse:
    """Of a page the document that it was; of a terminal its screen and the changes that follow, for playing.

    Raises FileNotFoundError.
    """
    t = seconds_in(request, "t") or 0.0
    with default_storage.open(file.storage_name) as content:
        try:
            recording = open_recording(file, content)
        except NotRecording as error:
            raise Http404 from error
        if isinstance(recording, WebRecording):
            with recording.replay() as web:
                has_arrived = web.seek(content, min(t, recording.length))
                return _page(document(web, has_arrived=has_arrived))
        with recording.replay() as terminal:
            terminal.seek(content, min(t, recording.length))
            frames = terminal.frames(content, min(terminal.time + SECONDS_AHEAD, recording.length))
            sent = _sent(frames, Palette(recording.header.colours))
            sent |= {"until": terminal.time, "is_last": terminal.time >= recording.length}
            return HttpResponse(msgspec.json.encode(sent), content_type="application/json")


def _page(text: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="application/xhtml+xml; charset=utf-8",
        headers={"Content-Security-Policy": PAGE_POLICY, "X-Frame-Options": "SAMEORIGIN"},
    )


def _sent(frames: Iterator[Frame], palette: Palette) -> dict[str, Any]:
    """The first frame is the whole screen."""
    sent: list[dict[str, Any]] = []
    characters = 0
    for frame in frames:
        rows = rows_svg(frame.screen, palette, frame.changed)
        width, height = size(frame.screen)
        sent.append({"t": frame.time, "width": width, "height": height, "rows": rows})
        characters += sum(map(len, rows.values()))
        if characters > MOST_CHARACTERS:
            break
    return {"frames": sent}


def seconds_in(request: HttpRequest, name: str) -> float | None:
    """A moment that an address asks for; None where it asks for none that there is."""
    value = request.GET.get(name, "")
    return float(value) if _SECONDS.fullmatch(value) else None
