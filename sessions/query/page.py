"""One page of a list: its rows, the cursors to the pages around it, and how many sessions match in all."""

from dataclasses import dataclass, replace
from uuid import UUID

from sessions.postgresql.deadlines import within
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.order import Position
from sessions.query.plans.count import NO_CAP, Count, count, remembered_count
from sessions.query.plans.find import find
from sessions.query.plans.search import Search
from sessions.query.request import ListRequest


@dataclass(frozen=True)
class Page:
    """The ids of a page's rows, in the request's order. A cursor is None where there is nothing further that way.

    `first_cursor` is the position of the first row, whether anything lies before it or not.
    """

    ids: list[UUID]
    next_cursor: str | None
    prev_cursor: str | None
    first_cursor: str | None

    @property
    def is_all(self) -> bool:
        return not (self.next_cursor or self.prev_cursor)


def find_page(request: ListRequest) -> Page:
    """The rows after the request's position, or those before it. Rows that were read backwards are put in order."""
    found = find(search_of(request))
    more = len(found) > request.limit
    found = found[: request.limit]
    if request.is_backwards:
        found.reverse()
    ids = [position.id for position in found]
    return page_between(request, found[0] if found else None, found[-1] if found else None, more, ids)


def search_of(request: ListRequest) -> Search:
    """Asks for one row more than the page has, to see whether there are more. Going backwards reverses the order."""
    order = request.order.reversed() if request.is_backwards else request.order
    return Search(request.criteria, order, request.after, request.limit + 1)


def page_between(
    request: ListRequest, first: Position | None, last: Position | None, more: bool, ids: list[UUID]
) -> Page:
    """The page whose first and last rows have these positions, None if it has no rows. `more` if others lie beyond."""
    order, after = request.order, request.after
    first, last = first or after, last or after
    has_next = after is not None if request.is_backwards else more
    has_prev = more if request.is_backwards else after is not None
    return Page(
        ids,
        last.to_cursor(order) if last and has_next else None,
        first.to_cursor(order) if first and has_prev else None,
        first.to_cursor(order) if first else None,
    )


def count_matches(request: ListRequest, page: Page | None = None) -> Count:
    """How many of the first 10,000 candidates match, or how many sessions in all if `counting` is "exact".

    Nothing is queried if the page, which was found before, has all of them.
    """
    if page and page.is_all and request.after is None:
        return Count(len(page.ids), capped=False)
    if request.counting == "exact":
        with within("analysis"):
            return count(request.criteria, NO_CAP)
    found = remembered_count(request.criteria)
    # The page may show matches that the count did not reach.
    return replace(found, value=max(found.value, len(page.ids))) if page and found.capped else found


def still_matching(request: ListRequest, ids: list[UUID]) -> set[UUID]:
    """Those of these sessions that the request finds as they are now."""
    criteria = request.criteria
    if not ids or criteria.is_empty:
        return set()
    rows = fetch_all(
        "SELECT s.id FROM history_session s "
        f"WHERE s.id = ANY(%(ids)s) AND {criteria.sql_range()} AND {criteria.sql_matches()}",
        criteria.parameters | {"ids": ids},
    )
    return {ident for (ident,) in rows}
