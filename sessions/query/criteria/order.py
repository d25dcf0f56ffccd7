"""The orders a list can have, and the signed cursors that mark a position in one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.core import signing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SALT = "sessions.cursor"

# The values that rows are sorted by. A row without a value sorts before all rows with one.
SQL_VALUES = {
    "date": "s.occurred_at",
    "queue_ms": "COALESCE(s.queue_ms, -1)",
    "duration_ms": "COALESCE(s.duration_ms, -1)",
}


SQL_TYPES = {"date": "timestamptz", "queue_ms": "int8", "duration_ms": "int8"}


class InvalidCursorError(ValueError):
    """The cursor was altered, or belongs to another order."""


@dataclass(frozen=True)
class Term:
    """One value, and which way it goes."""

    field: str
    descending: bool

    @property
    def name(self) -> str:
        return f"-{self.field}" if self.descending else self.field

    @property
    def spelled_out(self) -> str:
        return f"{self.field}:{'desc' if self.descending else 'asc'}"

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self.name]

    def reversed(self) -> "Term":
        return Term(self.field, not self.descending)


@dataclass(frozen=True)
class Order:
    """Sorts by the values that were asked for, then by date, then by id.

    Date and id go in the direction of the last value that was asked for, so that one index serves an order and its
    reverse: session_newest, session_queue_ms, session_duration_ms.
    """

    asked: tuple[Term, ...]

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        if any(term.field == "date" for term in self.asked):
            return self.asked
        return (*self.asked, Term("date", self.asked[-1].descending))

    @property
    def first(self) -> Term:
        return self.asked[0]

    @property
    def name(self) -> str:
        return ",".join(term.name for term in self.asked)

    @property
    def is_by_date(self) -> bool:
        return self.first.field == "date"

    @property
    def is_one_way(self) -> bool:
        return len({term.descending for term in self.terms}) == 1

    @property
    def description(self) -> str:
        first, *others = (term.description for term in self.asked)
        return ", then ".join([first, *(other.lower() for other in others)])

    @property
    def previous_label(self) -> str:
        return {"-date": "Newer", "date": "Older"}.get(self.name, "Previous")

    @property
    def next_label(self) -> str:
        return {"-date": "Older", "date": "Newer"}.get(self.name, "Next")

    def reversed(self) -> "Order":
        return Order(tuple(term.reversed() for term in self.asked))

    def sql_values(self) -> str:
        """The sort values of the row `s`, to be selected, named `value_0` and so on."""
        return ", ".join(f"{SQL_VALUES[term.field]} AS value_{number}" for number, term in enumerate(self.terms))

    def sql(self) -> str:
        """The ORDER BY of rows `s`."""
        return self._sql([SQL_VALUES[term.field] for term in self.terms], "s.id")

    def sql_of_values(self) -> str:
        """The ORDER BY of the columns that `sql_values` selected."""
        return self._sql(self.sql_names(), "id")

    def sql_names(self) -> list[str]:
        return [f"value_{number}" for number in range(len(self.terms))]

    def sql_types(self) -> list[str]:
        return [SQL_TYPES[term.field] for term in self.terms]

    def sql_after(self) -> str:
        """The condition on rows that come after a position, given as `position_0` and so on, and `position_id`."""
        values = [*(SQL_VALUES[term.field] for term in self.terms), "s.id"]
        position = [*(f"%(position_{number})s" for number in range(len(self.terms))), "%(position_id)s"]
        signs = ["<" if term.descending else ">" for term in self.terms]
        signs.append(signs[-1])
        if self.is_one_way:
            return f"({', '.join(values)}) {signs[0]} ({', '.join(position)})"
        condition = "FALSE"
        for value, sign, at in reversed(list(zip(values, signs, position, strict=True))):
            condition = f"({value} {sign} {at} OR ({value} = {at} AND {condition}))"
        # The first condition is redundant, but an index can use it.
        return f"{values[0]} {signs[0]}= {position[0]} AND {condition}"

    def sort(self, positions: "list[Position]") -> None:
        positions.sort(key=lambda position: position.id, reverse=self.terms[-1].descending)
        for number, term in reversed(list(enumerate(self.terms))):
            positions.sort(key=lambda position: position.values[number], reverse=term.descending)

    def _sql(self, values: Sequence[str], ident: str) -> str:
        ways = ["DESC" if term.descending else "ASC" for term in self.terms]
        return ", ".join(f"{value} {way}" for value, way in zip([*values, ident], [*ways, ways[-1]], strict=True))


DESCRIPTIONS = {
    "-date": "Newest first",
    "date": "Oldest first",
    "-queue_ms": "Longest queue first",
    "queue_ms": "Shortest queue first",
    "-duration_ms": "Longest first",
    "duration_ms": "Shortest first",
}
TERMS = [Term(field, descending) for field in SQL_VALUES for descending in (True, False)]
ORDERS = {term.name: Order((term,)) for term in TERMS}
NEWEST_FIRST = ORDERS["-date"]


@dataclass(frozen=True)
class Position:
    """A row's position in an order: its values by the order's terms, and its id."""

    values: tuple[datetime | int, ...]
    id: uuid.UUID

    @property
    def date(self) -> datetime:
        """The date among the values: every order has it as a term."""
        return next(value for value in self.values if isinstance(value, datetime))

    def to_cursor(self, order: Order) -> str:
        values = [
            (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value
            for value in self.values
        ]
        # Signed without a timestamp: equal positions have equal cursors, so an unchanged answer keeps its ETag.
        return signing.Signer(salt=SALT).sign_object([order.name, values, self.id.hex])

    @classmethod
    def from_cursor(cls, cursor: str, order: Order) -> "Position":
        """Raises InvalidCursorError for anything but a cursor of this order."""
        try:
            name, values, ident = signing.Signer(salt=SALT).unsign_object(cursor)
        except (signing.BadSignature, ValueError) as error:
            raise InvalidCursorError("This cursor was not issued here, or was altered.") from error
        if name != order.name:
            raise InvalidCursorError(f"This cursor belongs to sort={name}, not to sort={order.name}.")
        return cls(
            tuple(
                EPOCH + timedelta(microseconds=value) if term.field == "date" else value
                for term, value in zip(order.terms, values, strict=True)
            ),
            uuid.UUID(ident),
        )
