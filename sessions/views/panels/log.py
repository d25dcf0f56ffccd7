"""The log of a session around a moment, searched and filtered, with each line's place on the session's axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import IO, Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from sessions.contract.choices import AttachmentKind
from sessions.contract.schema import Session
from sessions.files.media import Viewer, viewer_of
from sessions.models import Attachment
from sessions.replay.axis import Axis, Scope, clock
from sessions.replay.log import LARGEST, index_of, opened_text
from sessions.replay.log_placing import place_log
from sessions.viewers.levels import Level
from sessions.viewers.log import Line, Window
from sessions.viewers.log_window import with_seconds
from sessions.views.panels.log_lines import PLACES, LogLines

# In a larger one, a search begins when it is sent, and not with each letter.
SEARCHED_AT_ONCE = 16 * 1024 * 1024
# What else than a log is read as one.
KINDS = (AttachmentKind.LOG, AttachmentKind.CRASH_REPORT)
NONE = "This session has no log."
NOT_SENT = "It was announced by the producer, and its content has not arrived or has been deleted since."
LOST = "Its content is no longer in the storage."
TOO_LARGE = "It is too large to be shown here."


@dataclass(frozen=True)
class Row:
    """`data_t` is the place on the axis, empty for a line without a time; `is_current` marks the moment asked for, and
    `is_named` the line."""

    line: Line
    data_t: str
    clock: str
    time_url: str
    url: str
    is_current: bool
    is_named: bool


def log_panel(request: HttpRequest, record: Session, axis: Axis, scope: Scope) -> dict[str, Any]:
    """The template's context; `reason` says why no lines are shown, as a sentence."""
    files = _files(record)
    name = request.GET.get("file")
    file = next((one for one in files if one.name == name), None) or next(
        (one for one in files if one.available), files[0] if files else None
    )
    context: dict[str, Any] = {"record": record, "files": files, "file": file, "levels": (), "q": ""}
    if file is None:
        return context | {"reason": NONE}
    if not file.available:
        return context | {"reason": NOT_SENT}
    if file.size > LARGEST:
        return context | {"reason": TOO_LARGE}
    try:
        with opened_text(file) as (content, encoding):
            index = index_of(file, content, encoding)
            is_shifted = "log" in request.GET.getlist("shift")
            placing = place_log(index, axis, file.starts_at, list(zones_of(request)), correct=is_shifted)
            lines = LogLines(content, encoding, index, placing, scope, request.GET)
            return context | _Panel(lines, content, scope, request.GET).context()
    except FileNotFoundError:
        return context | {"reason": LOST}


def _files(record: Session) -> list[Attachment]:
    """Logs first."""
    found = Attachment.objects.filter(session_id=record.id, kind__in=KINDS).order_by("name")
    return sorted(
        (file for file in found if viewer_of(file.kind, file.content_type) is Viewer.LOG),
        key=lambda file: file.kind != AttachmentKind.LOG,
    )


class _Panel:
    def __init__(self, lines: LogLines, content: IO[bytes], scope: Scope, parameters: QueryDict) -> None:
        self._lines = lines
        self._content = content
        self._scope, self._parameters = scope, parameters

    def context(self) -> dict[str, Any]:
        index, placing, search = self._lines.index, self._lines.placing, self._lines.search
        window = self._lines.searched() if search.text else None
        lines = with_seconds(self._content, index, window.lines) if window else self._lines.around()
        rows = list(self._rows(lines))
        counts = index.counts
        return {
            "rows": rows,
            "first": rows[0].line.number if rows else 0,
            "last": rows[-1].line.number if rows else 0,
            "in_range": self._scope.has_range,
            "total": index.total,
            "is_large": index.size > SEARCHED_AT_ONCE,
            "q": search.text,
            "only": search.only,
            "levels": [(level, counts[level], level in search.levels) for level in Level],
            "window": window,
            "match_url": self._line_url(window.match) if window else None,
            "previous_match_url": self._line_url(window.previous_match) if window else None,
            "next_match_url": self._line_url(window.next_match) if window else None,
            "earlier": self._earlier(rows, window),
            "later": self._later(rows, window),
            "end": self._url(at="end"),
            "follows": self._follows,
            "follow": self._url(before=rows[-1].line.number + 1) if self._follows and rows else self._url(at="end"),
            "source": placing.source,
            "has_times": placing.shift is not None,
            "off": _duration(placing.off) if placing.off else "",
            "is_ahead": placing.off > 0,
            "is_corrected": placing.is_corrected,
            "correction": f"{'−' if placing.correction < 0 else '+'}{_duration(placing.correction)}",
            "shift_url": self._url(is_same_moment=True, shift=None if placing.is_corrected else "log"),
            "jumps": [
                (jump.line, _duration(jump.before - jump.after), self._line_url(jump.line)) for jump in index.jumps[:3]
            ],
            "kept": list(_kept(self._parameters)),
        }

    @property
    def _follows(self) -> bool:
        """Whether the end is shown, and as the log grows the new one."""
        return self._parameters.get("at") == "end" and not self._lines.search.text

    def _rows(self, lines: Sequence[Line]) -> Iterator[Row]:
        url = self._url()
        above = None
        for line in lines:
            t = self._lines.placing.t(line.seconds)
            if self._scope.has_range and t is not None and not self._scope.holds(t):
                continue
            # What continues the line above is at its moment, which stands there.
            is_at = "" if t is None or (line.continues and above == line.number - 1) else f"{t:.3f}"
            above = line.number
            # No address leads to before the start.
            moment = "" if t is None or t < 0 else f"&t={t:.3f}"
            yield Row(
                line,
                is_at,
                clock(t) if t is not None and is_at else "",
                f"{url}{moment}#at" if moment else f"{url}&at={line.number}#L{line.number}",
                f"{url}{moment}&at={line.number}#L{line.number}",
                is_current=line.number == self._lines.current,
                is_named=line.number == self._lines.named,
            )

    def _line_url(self, number: int | None) -> str | None:
        if number is None:
            return None
        t = self._lines.t_of(number)
        return f"{self._url(t=None if t is None or t < 0 else f'{t:.3f}', at=number)}#L{number}"

    def _earlier(self, rows: Sequence[Row], window: Window | None) -> str | None:
        if window:
            return self._url(at=window.previous) if window.previous else None
        return self._url(before=rows[0].line.number) if rows and rows[0].line.number > 1 else None

    def _later(self, rows: Sequence[Row], window: Window | None) -> str | None:
        if window:
            return self._url(at=window.next) if window.next else None
        return (
            self._url(after=rows[-1].line.number) if rows and rows[-1].line.number < self._lines.index.total else None
        )

    def _url(self, *, is_same_moment: bool = False, **others: object) -> str:
        """The page's address with other parameters, without those that say which lines are shown."""
        query = self._parameters.copy()
        for name in PLACES if is_same_moment else (*PLACES, "t"):
            query.pop(name, None)
        query["tab"] = "log"
        for name, value in others.items():
            query.pop(name, None)
            if value is not None:
                query[name] = str(value)
        return f"?{query.urlencode()}"


def zones_of(request: HttpRequest) -> Iterator[tzinfo]:
    """The viewer's, then the organisation's."""
    yield timezone.get_current_timezone()
    if request.user.is_authenticated:
        yield request.user.organisation.zone


def _kept(parameters: QueryDict) -> Iterator[tuple[str, str]]:
    """What a form keeps of the address: not the lines shown, and not what its own fields say."""
    for name, values in parameters.lists():
        if name not in (*PLACES, "q", "level", "only", "file", "tab"):
            yield from ((name, value) for value in values)


def _duration(seconds: float) -> str:
    """`9 h`, `5 h 30 min`, `16 d 16 h`, `25 s`."""
    left = round(abs(seconds))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:,} {unit}")
    return " ".join(parts[:2]) or "0 s"
