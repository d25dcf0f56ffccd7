"""The orders a list can have, and the signed cursors that mark a place in one."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SALT = "sessions.cursor"


class InvalidCursorError(ValueError):
    """The cursor was altered, or belongs to another order."""


@dataclass(frozen=True)
class Order:
    """By one value, then by id, both in the same direction, so that one index serves both directions."""

    field: str
    descending: bool

    @property
    def name(self) -> str:
        return f"-{self.field}" if self.descending else self.field

    @property
    def spelled_out(self) -> str:
        return f"{self.field}:{'desc' if self.descending else 'asc'}"

    @property
    def sql_value(self) -> str:
        return SQL_VALUES[self.field]

    @property
    def is_by_date(self) -> bool:
        return self.field == "date"

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self.name]

    @property
    def previous_label(self) -> str:
        return {"-date": "Newer", "date": "Older"}.get(self.name, "Previous")

    @property
    def next_label(self) -> str:
        return {"-date": "Older", "date": "Newer"}.get(self.name, "Next")

    def reversed(self) -> "Order":
        return Order(self.field, not self.descending)

    def sql(self, value: str = "", ident: str = "s.id") -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"{value or self.sql_value} {direction}, {ident} {direction}"

    def sql_beyond(self) -> str:
        """The condition on rows that come after a place, given as `place_value` and `place_id`."""
        return f"({self.sql_value}, s.id) {'<' if self.descending else '>'} (%(place_value)s, %(place_id)s)"


# Each is the leading expression of an index: session_newest, session_queue_ms, session_duration_ms.
SQL_VALUES = {
    "date": "s.occurred_at",
    "queue_ms": "COALESCE(s.queue_ms, -1)",
    "duration_ms": "COALESCE(s.duration_ms, -1)",
}
DESCRIPTIONS = {
    "-date": "Newest first",
    "date": "Oldest first",
    "-queue_ms": "Longest queue first",
    "queue_ms": "Shortest queue first",
    "-duration_ms": "Longest first",
    "duration_ms": "Shortest first",
}
NEWEST_FIRST = Order("date", descending=True)
ORDERS = {
    order.name: order
    for field in SQL_VALUES
    for order in (Order(field, descending=True), Order(field, descending=False))
}


@dataclass(frozen=True)
class Place:
    """A row's place in an order."""

    value: datetime | int
    id: uuid.UUID

    def to_cursor(self, order: Order) -> str:
        value = (self.value - EPOCH) // timedelta(microseconds=1) if isinstance(self.value, datetime) else self.value
        # No time of signing in it: the same place has the same cursor, so an unchanged answer the same ETag.
        return signing.Signer(salt=SALT).sign_object([order.name, value, self.id.hex])

    @classmethod
    def from_cursor(cls, cursor: str, order: Order) -> "Place":
        """Raises InvalidCursorError for anything but a cursor of this order."""
        try:
            name, value, ident = signing.Signer(salt=SALT).unsign_object(cursor)
        except (signing.BadSignature, ValueError) as error:
            raise InvalidCursorError("This cursor was not issued here, or was altered.") from error
        if name != order.name:
            raise InvalidCursorError(f"This cursor belongs to sort={name}, not to sort={order.name}.")
        return cls(EPOCH + timedelta(microseconds=value) if order.is_by_date else value, uuid.UUID(ident))
