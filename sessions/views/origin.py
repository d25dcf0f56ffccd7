"""The list that a session was opened from: its address travels along as `from`, so that one gets back to it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from sessions.http.roles import MemberRequest
from sessions.models import User
from sessions.presenters.facts import session_name
from sessions.presenters.filter_bar import changed, chips
from sessions.query import Parameters, listed_records, read_parameters
from sessions.query.language.printing import text_of
from sessions.query.neighbours import Neighbours, neighbours
from sessions.query.saved_views import differs

LONGEST = 4_000
MOST_FIELDS = 200


@dataclass(frozen=True)
class Origin:
    """`query` is that of the list, empty for the plain list; `suffix` is added to addresses that shall lead back to it,
    which have no other parameters."""

    asked: Parameters
    query: str

    @property
    def url(self) -> str:
        url = reverse("session_list")
        return f"{url}?{self.query}" if self.query else url

    @property
    def suffix(self) -> str:
        return f"?{urlencode({'from': self.query})}" if self.query else ""

    @property
    def label(self) -> str:
        """What the list shows: a view by its name, `Sessions`, or its first filters."""
        view = self.asked.view
        if view and not differs(view, self.asked.data):
            return view.name
        found = [chip.text for chip in chips(self.asked)]
        if not found:
            return "Sessions"
        more = f" and {len(found) - 2} more" if len(found) > 2 else ""
        return f"Sessions: {', '.join(found[:2])}{more}"

    def neighbours(self, session_id: UUID) -> Neighbours:
        return neighbours(self.asked.request, session_id)

    def session_url(self, session_id: UUID) -> str:
        return reverse("session_detail", args=[session_id]) + self.suffix


@dataclass(frozen=True)
class Turn:
    """A session beside one in the list."""

    url: str
    name: str


def origin_of(request: MemberRequest) -> Origin:
    """From the parameter `from`."""
    return origin_from(request.user, request.GET.get("from", ""))


def origin_from(viewer: User, text: str) -> Origin:
    """From a list's query string. What in it is no valid filter is left out, so nothing else gets into an address."""
    given = QueryDict(mutable=True)
    if len(text) <= LONGEST and text.count("&") < MOST_FIELDS:
        given = QueryDict(text.replace("\0", "")).copy()
    asked = read_parameters(viewer, given)
    if asked.errors:
        for name in asked.invalid:
            given.pop(name, None)
        if "q" in asked.invalid and asked.search.expression:
            given["q"] = text_of(asked.search.expression)
        asked = read_parameters(viewer, given)
    return Origin(asked, changed(given))


def context_of(origin: Origin, session_id: UUID) -> dict[str, Any]:
    """The sessions that it leads on to, None at an end of the list."""
    around = origin.neighbours(session_id)
    beside = [ident for ident in (around.previous, around.next) if ident]
    turns = {
        record.id: Turn(origin.session_url(record.id), session_name(record))
        for record in listed_records(origin.asked.request.viewer, beside)
    }
    return {
        "previous": turns.get(around.previous) if around.previous else None,
        "next": turns.get(around.next) if around.next else None,
    }
