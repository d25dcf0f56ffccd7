"""The conditions of a list, whoever asks for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sessions.query.criteria.conditions import (
    ALL_STATUSES,
    Condition,
    Every,
    HasKey,
    IsOneOf,
    Reads,
    Shows,
    TookPlace,
    reads,
)
from sessions.query.criteria.groups import Group

NARROW = timedelta(hours=24)


class TooWideError(ValueError):
    """A column without an index is asked for in a range of more than 24 hours."""


@dataclass(frozen=True)
class Clauses:
    """Conditions that must all be met. Each method adds one, so its result never matches more sessions.

    A row meets a group of keys if it has one of them (`sessions.models.keys`). `statuses` are compared with
    the status that is shown; None is any. Times run from `start` up to but without `end`. `ids` are those of the only
    sessions that can match; None is any. `conditions` are all others.
    """

    groups: tuple[Group, ...] = ()
    statuses: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    ids: frozenset[UUID] | None = None
    conditions: tuple[Condition, ...] = ()

    def meeting(self, condition: Condition) -> "Clauses":
        """What one of the other methods can add is added by that, so that plans know it."""
        match condition:
            case Every(conditions):
                clauses = self
                for one in conditions:
                    clauses = clauses.meeting(one)
                return clauses
            case HasKey(group):
                return self.having(group)
            case Shows(statuses):
                return self.showing(statuses)
            case TookPlace(start, end):
                return self.between(start, end)
            case IsOneOf(ids):
                return replace(self, ids=ids if self.ids is None else self.ids & ids)
            case _:
                return replace(self, conditions=(*self.conditions, condition))

    def having(self, keys: Iterable[int]) -> "Clauses":
        return replace(self, groups=(*self.groups, frozenset(keys)))

    def showing(self, statuses: Iterable[str]) -> "Clauses":
        shown = frozenset(statuses)
        if shown == ALL_STATUSES:
            return self
        return replace(self, statuses=shown if self.statuses is None else self.statuses & shown)

    def between(self, start: datetime | None, end: datetime | None) -> "Clauses":
        starts = [moment for moment in (self.start, start) if moment]
        ends = [moment for moment in (self.end, end) if moment]
        return replace(self, start=max(starts, default=None), end=min(ends, default=None))

    def exactly(self, values: Mapping[str, str]) -> "Clauses":
        """Values of EXACT_COLUMNS, by name. Raises TooWideError unless the range is set and narrow."""
        clauses = self
        for name, value in values.items():
            clauses = clauses.meeting(Reads(name, (value,)))
        clauses.check_range()
        return clauses

    def check_range(self) -> None:
        """Raises TooWideError if a column is read in more than a narrow range."""
        # The moment that ends a range belongs to it, so a range of a day is one microsecond longer.
        is_narrow = self.start and self.end and self.end - self.start <= NARROW + timedelta(microseconds=1)
        if not is_narrow and any(map(reads, self.conditions)):
            raise TooWideError
