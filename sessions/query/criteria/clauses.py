"""The conditions of a list, whoever asks for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sessions.contract.choices import Status
from sessions.query.criteria.groups import Group

# Columns without an index. They can be asked for only within a range so narrow that all of its rows can be read.
EXACT_COLUMNS = {
    "installation_id": "s.installation_id",
    "space_id": "s.space_id",
    "device_id": "s.device_identifier",
    "resource.type": "s.resource_type",
    "resource.id": "s.resource_id",
    "resource.name": "s.resource_name",
    "resource.technology": "s.resource_technology",
    "connector.id": "s.connector_id",
    "connector.name": "s.connector_name",
    "sidecar.id": "s.sidecar_id",
    "sidecar.name": "s.sidecar_name",
    "sidecar.technology": "s.sidecar_technology",
}
ALL_STATUSES = frozenset(Status.values)
NARROW = timedelta(hours=24)


class TooWideError(ValueError):
    """An exact value was asked for in a range of more than 24 hours."""


@dataclass(frozen=True)
class Clauses:
    """Conditions that must all be met. Each method adds one, so its result never matches more sessions.

    A row meets a group of keys if it has one of them (`sessions.models.keys`). `statuses` are compared with
    the status that is shown; None is any. Times run from `start` up to but without `end`.
    """

    groups: tuple[Group, ...] = ()
    statuses: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    exact: tuple[tuple[str, str], ...] = ()

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
        # The moment that ends a range belongs to it, so a range of a day is one microsecond longer.
        if values and not (self.start and self.end and self.end - self.start <= NARROW + timedelta(microseconds=1)):
            raise TooWideError
        return replace(self, exact=(*self.exact, *values.items()))
