"""Two sessions side by side: `?a=` and `?b=` name them, `?tab=` says what of them is compared."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_safe

from sessions.contract.schema import Session
from sessions.http.roles import MemberRequest
from sessions.presenters.compare_facts import compare_facts
from sessions.presenters.compare_rows import Row, Rows, rows_to_show
from sessions.presenters.facts import app_and_version, session_name, took_place, who
from sessions.query.events.timeline import EVENTS_ON_A_PAGE, events_page
from sessions.query.pasted import find_pasted
from sessions.replay.axis import axis_of
from sessions.replay.telling import summary, tone
from sessions.viewers.differing.events import MOST_EVENTS, Step, compare_events, step_of
from sessions.viewers.differing.log import MOST_BYTES, MOST_LINES, compare_logs
from sessions.viewers.differing.requests import MOST_REQUESTS, NOTICED_MS, compare_requests
from sessions.viewers.differing.steady import VOLATILE
from sessions.views.compare_files import logs_of, requests_of

LONGEST_NAME = 255

_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Side:
    """What was asked for as `a` or `b`, and the session that it names."""

    letter: str
    text: str
    record: Session | None

    @property
    def is_not_found(self) -> bool:
        return bool(self.text) and self.record is None


@dataclass(frozen=True)
class Head:
    """A session in the head of its column."""

    letter: str
    record: Session
    name: str
    app: str
    who: str
    took_place: datetime | None


@require_safe
def session_compare(request: MemberRequest) -> HttpResponse:
    """The comparison; without two sessions to compare, the form that asks for them."""
    a, b = (_side(request, letter) for letter in "AB")
    context: dict[str, Any] = {"a": a, "b": b}
    if a.record is None or b.record is None or a.record.id == b.record.id:
        context["is_one"] = a.record is not None and b.record is not None
        return render(request, "compare/choose.html", context, status=404 if a.is_not_found or b.is_not_found else 200)
    sides = (a.record, b.record)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "facts"
    context |= {"heads": [_head("A", a.record), _head("B", b.record)], "tab": tab, "tabs": TABS}
    return render(request, f"compare/{tab}.html", context | READERS[tab](request, sides))


def _side(request: MemberRequest, letter: str) -> Side:
    text = request.GET.get(letter.lower(), "").strip()
    return Side(letter, text, find_pasted(request.user, text))


def _head(letter: str, record: Session) -> Head:
    return Head(letter, record, session_name(record), app_and_version(record), who(record), took_place(record))


def _facts(request: MemberRequest, sides: tuple[Session, Session]) -> dict[str, Any]:
    return {"facts": compare_facts(*sides)}


def _events(request: MemberRequest, sides: tuple[Session, Session]) -> dict[str, Any]:
    steps, are_whole = zip(*(_steps(record) for record in sides), strict=True)
    return {
        "rows": _rows(request, compare_events(*steps)),
        "numbers": [len(one) for one in steps],
        "cut": _letters(are_whole),
        # Where the moments of each session are, up to the seconds.
        "moments": [f"{reverse('session_detail', args=[record.id])}?tab=events&t=" for record in sides],
        "compared": f"{MOST_EVENTS:,} events",
        "volatile": VOLATILE,
    }


def _steps(record: Session) -> tuple[list[Step], bool]:
    """The first MOST_EVENTS events, and whether these are all."""
    axis = axis_of(record)
    steps: list[Step] = []
    after: str | None = None
    while len(steps) < MOST_EVENTS:
        page = events_page(record.id, after=after, limit=min(EVENTS_ON_A_PAGE, MOST_EVENTS - len(steps)))
        steps += [
            step_of(event, summary(event), tone(event.event_type), axis.t(event.event_time)) for event in page.events
        ]
        after = page.next_cursor
        if after is None:
            return steps, True
    return steps, False


def _requests(request: MemberRequest, sides: tuple[Session, Session]) -> dict[str, Any]:
    files = requests_of(sides, _chosen(request))
    context: dict[str, Any] = {"files": files, "noticed_ms": NOTICED_MS, "volatile": VOLATILE}
    if (first := files[0].content) and (second := files[1].content):
        context["rows"] = _rows(request, compare_requests(first, second))
        context["compared"] = f"{MOST_REQUESTS:,} requests"
        context["cut"] = _letters((first.is_whole, second.is_whole))
    return context


def _log(request: MemberRequest, sides: tuple[Session, Session]) -> dict[str, Any]:
    files = logs_of(sides, _chosen(request))
    context: dict[str, Any] = {"files": files, "volatile": VOLATILE}
    if (first := files[0].content) and (second := files[1].content):
        context["rows"] = _rows(request, compare_logs(first, second))
        context["compared"] = f"{MOST_LINES:,} lines, up to {filesizeformat(MOST_BYTES)}"
        context["cut"] = _letters((first.is_whole, second.is_whole))
    return context


def _rows(request: MemberRequest, rows: Sequence[Row]) -> Rows:
    start = request.GET.get("from", "")
    return rows_to_show(rows, int(start) if _NUMBER.fullmatch(start) else 0, unfolded="equal" in request.GET)


def _letters(are_whole: tuple[bool, ...]) -> str:
    """Which sessions are compared only in part: ``, `A`, `B` or `A and B`."""
    return " and ".join(letter for letter, is_whole in zip("AB", are_whole, strict=True) if not is_whole)


def _chosen(request: MemberRequest) -> str:
    return request.GET.get("file", "")[:LONGEST_NAME]


TABS = {"facts": "Facts", "events": "Events", "requests": "Requests", "log": "Log"}
READERS: dict[str, Callable[[MemberRequest, tuple[Session, Session]], dict[str, Any]]] = {
    "facts": _facts,
    "events": _events,
    "requests": _requests,
    "log": _log,
}
