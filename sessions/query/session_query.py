"""The query object: what a viewer asked for, checked; and the rows, the count or the stream that answer it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.http import QueryDict

from sessions.contract import schema
from sessions.models import User
from sessions.models.keys import Kind, value_key
from sessions.postgresql.deadlines import within
from sessions.postgresql.fetching import fetch_prepared
from sessions.query.criteria.clauses import Criteria
from sessions.query.criteria.names import NAMED, keys_of_names
from sessions.query.criteria.order import NEWEST_FIRST, TERMS, InvalidCursorError, Order, Place
from sessions.query.criteria.visibility import visible_to
from sessions.query.parameters import MOST_ROWS, SessionFilterSet, day_range
from sessions.query.plans.choice import find, is_straight
from sessions.query.plans.count import NO_CAP, Count, count, known_count
from sessions.query.plans.search import Search
from sessions.query.rows import FIELDS, LISTED, json_rows
from sessions.query.stream import copy_csv, copy_json

ROWS_ON_A_PAGE = 50
FETCHED_AT_ONCE = 1_000


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one parameter. Codes are those of the API's errors."""

    field: str
    code: Literal["invalid_value", "unknown_parameter"]
    message: str


@dataclass(frozen=True)
class Page:
    """Rows in the asked order. A cursor is None where there is nothing further that way.

    `first_cursor` is the place of the first row, whether anything lies before it or not.
    """

    records: list[schema.Session]
    next_cursor: str | None
    prev_cursor: str | None
    first_cursor: str | None


@dataclass(frozen=True)
class Places:
    """Which rows a page has, in the asked order, before they are fetched."""

    ids: list[UUID]
    next_cursor: str | None
    prev_cursor: str | None
    first_cursor: str | None


class SessionQuery:
    """`errors` says what is wrong; everything else leaves invalid parameters out, so a strict reader checks first."""

    def __init__(
        self,
        viewer: User,
        data: QueryDict,
        *,
        most_rows: int = MOST_ROWS,
        narrow: Callable[[Criteria], Criteria] = lambda criteria: criteria,
    ) -> None:
        """`most_rows` is what the reader can take of one page; `narrow` asks for more than parameters can say."""
        self.viewer = viewer
        self.narrow = narrow
        self.data = data
        self.most_rows = most_rows
        self.filters = SessionFilterSet(data)
        self.filters.is_valid()

    @cached_property
    def errors(self) -> list[FieldError]:
        """Every invalid or unknown parameter, in the order of the parameters."""
        found = [
            FieldError(name, "unknown_parameter", f"There is no parameter “{name[:60]}”.")
            for name in self.data
            if name not in self.filters.filters
        ]
        for name, messages in self.filters.errors.items():
            found += [FieldError(name, "invalid_value", str(message)) for message in messages]
        if self.start and self.end and self.start >= self.end:
            found.append(FieldError("end", "invalid_value", "The end of the range lies before its start."))
        fields = [term.field for term in self.order.asked]
        if len(set(fields)) < len(fields):
            name = "sort_by" if "sort_by" in self.values else "sort"
            found.append(FieldError(name, "invalid_value", "Each field can be given once."))
        if "sort_by" in self.values and "sort" in self.values:
            found.append(FieldError("sort_by", "invalid_value", "Give sort or sort_by, not both."))
        if self.values.get("limit", 0) > self.most_rows:
            found.append(FieldError("limit", "invalid_value", f"At most {self.most_rows} rows fit here."))
        if self.cursor_error:
            found.append(FieldError("cursor", "invalid_value", self.cursor_error))
        return found

    @cached_property
    def values(self) -> dict[str, Any]:
        """The valid parameters that were given, by name."""
        cleaned = self.filters.form.cleaned_data
        return {name: value for name, value in cleaned.items() if value not in (None, "", [])}

    @cached_property
    def criteria(self) -> Criteria:
        """Visibility and filters, with names resolved."""
        organisation = self.viewer.organisation
        criteria = visible_to(self.viewer)
        if not (self.start and self.end and self.start >= self.end):
            criteria = criteria.between(self.start, self.end)
        asked = {name: self.values[name] for name in NAMED if name in self.values}
        if "q" in asked:
            asked["q"] = [asked["q"]]
        for keys in keys_of_names(organisation, asked).values():
            criteria = criteria.having(keys)
        for name, kind in (("platform", Kind.PLATFORM), ("flag", Kind.FLAG)):
            if name in self.values:
                criteria = criteria.having(value_key(kind, organisation.pk, value) for value in self.values[name])
        if "status" in self.values:
            criteria = criteria.showing(self.values["status"])
        return self.narrow(criteria)

    @cached_property
    def order(self) -> Order:
        names = self.values.get("sort_by") or self.values.get("sort")
        if not names:
            return NEWEST_FIRST
        terms = {name: term for term in TERMS for name in (term.name, term.spelled_out)}
        return Order(tuple(terms[name] for name in names))

    @property
    def fields(self) -> Iterable[str]:
        """Those of each session in JSON."""
        return self.values.get("fields") or FIELDS

    @property
    def limit(self) -> int:
        return min(int(self.values.get("limit", ROWS_ON_A_PAGE)), self.most_rows)

    @property
    def start(self) -> datetime | None:
        return self.range[0]

    @property
    def end(self) -> datetime | None:
        return self.range[1]

    @cached_property
    def range(self) -> tuple[datetime | None, datetime | None]:
        return day_range(self.values.get("start"), self.values.get("end"), self.viewer.zone)

    @cached_property
    def cursor_error(self) -> str | None:
        try:
            if cursor := self.values.get("cursor"):
                Place.from_cursor(cursor, self.order)
        except InvalidCursorError as error:
            return str(error)
        return None

    @cached_property
    def place(self) -> Place | None:
        if self.cursor_error or "cursor" not in self.values:
            return None
        return Place.from_cursor(self.values["cursor"], self.order)

    @cached_property
    def search(self) -> Search:
        """One row more than the page has, to see whether there is more. Backwards it is the reversed order."""
        order = self.order.reversed() if self.is_backwards else self.order
        return Search(self.criteria, order, self.place, self.limit + 1)

    @property
    def is_backwards(self) -> bool:
        return self.values.get("mode") == "before"

    @cached_property
    def places(self) -> Places:
        """One page. What was read backwards is turned round."""
        found = find(self.search)
        more = len(found) > self.limit
        found = found[: self.limit]
        if self.is_backwards:
            found.reverse()
        return self._places(found[0] if found else None, found[-1] if found else None, more, [one.id for one in found])

    def _places(self, first: Place | None, last: Place | None, more: bool, ids: list[UUID]) -> Places:
        first, last = first or self.place, last or self.place
        has_next = self.place is not None if self.is_backwards else more
        has_prev = more if self.is_backwards else self.place is not None
        return Places(
            ids,
            last.to_cursor(self.order) if last and has_next else None,
            first.to_cursor(self.order) if first and has_prev else None,
            first.to_cursor(self.order) if first else None,
        )

    @property
    def is_streamed(self) -> bool:
        """Whether the page is so long that it is better not held, and one statement can read and say it."""
        return self.limit > FETCHED_AT_ONCE and not self.is_backwards and is_straight(self.search)

    def read(self) -> Iterator[str]:
        """The page as JSON texts. Once they are read, `places` says where it ends; it has no ids if it was streamed."""
        if not self.is_streamed:
            yield from self.texts(self.places.ids)
            return
        first = last = None
        more = False
        for number, (text, place) in enumerate(copy_json(self.fields, self.search)):
            if number == self.limit:
                more = True
                continue
            first, last = first or place, place
            yield text
        self.places = self._places(first, last, more, [])

    def texts(self, ids: Sequence[UUID]) -> Iterator[str]:
        """Sessions as JSON texts in the order of their ids, fetched some at a time; ids not visible are left out."""
        for offset in range(0, len(ids), FETCHED_AT_ONCE):
            chunk = list(ids[offset : offset + FETCHED_AT_ONCE])
            by_id = self._fetch(chunk, self.fields)
            yield from (by_id[ident] for ident in chunk if ident in by_id)

    def every(self) -> Iterator[str]:
        """All that matches from the cursor on, whatever the limit, as JSON texts: in constant memory."""
        place = self.place
        while True:
            places = find(Search(self.criteria, self.order, place, FETCHED_AT_ONCE))
            yield from self.texts([place.id for place in places])
            if len(places) < FETCHED_AT_ONCE:
                return
            place = places[-1]

    def records(self, ids: Sequence[UUID]) -> list[schema.Session]:
        """Whole sessions in the order of their ids; ids not visible are left out."""
        return self._decoded(ids, FIELDS)

    def listed(self, ids: Sequence[UUID]) -> list[schema.Session]:
        """The same with what a page of the list shows of them and nothing else: 3.1 ms for 50 where whole take 3.8."""
        return self._decoded(ids, LISTED)

    def _decoded(self, ids: Sequence[UUID], fields: Iterable[str]) -> list[schema.Session]:
        by_id = self._fetch(ids, fields)
        return [msgspec.json.decode(by_id[ident], type=schema.Session) for ident in ids if ident in by_id]

    def _fetch(self, ids: Sequence[UUID], fields: Iterable[str]) -> dict[UUID, str]:
        if not ids:
            return {}
        visible = visible_to(self.viewer)
        sql = json_rows(f"s.id = ANY(%(ids)s) AND {visible.sql_range()} AND {visible.sql_matches()}", fields)
        return {ident: text for text, ident in fetch_prepared(sql, visible.parameters | {"ids": list(ids)})}

    def page(self) -> Page:
        places = self.places
        return Page(self.records(places.ids), places.next_cursor, places.prev_cursor, places.first_cursor)

    def stream(self, columns: str) -> Iterator[bytes]:
        """Every row that matches, as lines of CSV without a header: see `sessions.query.stream`."""
        return copy_csv(columns, self.criteria, self.order)

    def count(self) -> Count:
        """Of the first 10,000 that can match, or of all with `count=exact`. Without asking, if the page has all."""
        places = None if self.is_streamed else self.places
        if places and self.place is None and not (places.next_cursor or places.prev_cursor):
            return Count(len(places.ids), capped=False)
        if self.values.get("count") == "exact":
            with within("analysis"):
                return count(self.criteria, NO_CAP)
        found = known_count(self.criteria)
        # The page may show what counting did not come to.
        return replace(found, value=max(found.value, len(places.ids))) if places and found.capped else found
