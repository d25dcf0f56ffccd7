"""Query strings as these formats write them: each parameter at most once, lists repeated or comma-separated."""

from collections.abc import Iterable

from django.http import QueryDict

from sessions.contract.errors import Problem
from sessions.query.criteria.order import InvalidCursorError, Order, Position


def one(data: QueryDict, name: str) -> str | None:
    values = data.getlist(name)
    if len(values) > 1:
        raise Problem("invalid_value", f"“{name}” is given more than once.", field=name)
    return values[0] if values else None


def several(data: QueryDict, name: str) -> list[str]:
    """Each value once, in the order given."""
    parts = [part.strip() for value in data.getlist(name) for part in value.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    allowed = list(allowed)
    if value not in allowed:
        message = f"“{value[:60]}” is not one of {', '.join(allowed)}."
        raise Problem("invalid_value", message, field=name, allowed_values=allowed, value=value[:200])
    return value


def position_of(cursor: str, order: Order) -> Position:
    """Where a cursor leads. Raises Problem."""
    try:
        return Position.from_cursor(cursor, order)
    except InvalidCursorError as error:
        raise Problem("invalid_value", str(error), field="cursor") from error
