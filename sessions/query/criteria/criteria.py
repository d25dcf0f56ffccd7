"""The sessions that are meant, as SQL conditions on the row `s`: what the viewer may see, and what was asked for.

Names have been resolved, so the conditions are about ids, times and flags alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from sessions.contract.choices import OPEN_STATUSES
from sessions.models.dimensions import DIMENSIONS, OF_KIND, Kind
from sessions.postgresql.prepared import as_array
from sessions.query.criteria.clauses import Clauses
from sessions.query.criteria.conditions import (
    SHOWN_STATUS,
    Condition,
    Every,
    Written,
    sql_has_one,
    status_group,
    stored_statuses,
)
from sessions.query.criteria.groups import COLUMNS, WORDS, Group, by_kind, is_small

# The columns that criteria and orders need, for statements that select candidates first and check them afterwards.
ASKED_COLUMNS = ", ".join(
    f"s.{column}"
    for column in (
        *("id", "organisation_id", "occurred_at", "last_seen_at", "queue_ms", "duration_ms"),
        *dict.fromkeys(column for dimension in DIMENSIONS for column in dimension.columns),
    )
)

SQL_IDS = "s.id = ANY(%(ids)s::uuid[])"

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Visibility:
    """The sessions a viewer may see: all of the organisation, or those with one of the keys in `own` unless it is None.
    An open session that was last seen before `lost_before` is lost."""

    organisation_id: int
    lost_before: datetime
    own: Group | None = None


@dataclass(frozen=True)
class Criteria:
    """`visible_to` makes criteria, and `asking` narrows them. Nothing replaces the visibility, so every statement that
    is built from criteria includes it."""

    visibility: Visibility
    clauses: Clauses = field(default_factory=Clauses)

    def asking(self, clauses: Clauses) -> "Criteria":
        """A copy with these clauses instead of its own."""
        return replace(self, clauses=clauses)

    @property
    def organisation_id(self) -> int:
        return self.visibility.organisation_id

    @property
    def lost_before(self) -> datetime:
        return self.visibility.lost_before

    @property
    def start(self) -> datetime | None:
        return self.clauses.start

    @property
    def end(self) -> datetime | None:
        return self.clauses.end

    @property
    def ids(self) -> frozenset[UUID] | None:
        return self.clauses.ids

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.clauses.conditions

    @property
    def is_checked(self) -> bool:
        """Whether rows have to be checked for more than the keys of groups."""
        return bool(self.statuses or self.conditions) or self.ids is not None

    @cached_property
    def written(self) -> tuple[str, Parameters]:
        """All conditions as SQL, with the parameters that it names."""
        written = Written()
        return Every(self.conditions).sql(written), written.parameters

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All groups that a row must meet. A group that contains all keys of another is redundant and left out."""
        groups = {*self.clauses.groups}
        if self.visibility.own is not None:
            groups.add(self.visibility.own)
        if self.clauses.statuses is not None:
            groups.add(status_group(self.clauses.statuses, self.organisation_id))
        for condition in self.conditions:
            groups.update(condition.covers(self.organisation_id))
        needed = [group for group in groups if not any(other < group for other in groups)]
        return tuple(sorted(needed, key=sorted))

    @property
    def statuses(self) -> frozenset[str]:
        """The statuses to compare with the computed status of each row. Empty if the stored status is enough."""
        shown = self.clauses.statuses or frozenset()
        return shown if stored_statuses(shown) & set(OPEN_STATUSES) else frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing can match: a name that was asked for does not exist, or the range is empty."""
        is_over = bool(self.start and self.end and self.start >= self.end)
        return not all(self.groups) or is_over or (self.ids is not None and not self.ids)

    @property
    def only_running(self) -> bool:
        """Whether only sessions that run or wait right now are meant."""
        return bool(self.statuses) and self.statuses <= set(OPEN_STATUSES)

    @property
    def fingerprint(self) -> str:
        """A hash that is equal for equal criteria, whenever they were made."""
        groups = [sorted(group) for group in self.groups]
        ids = None if self.ids is None else sorted(self.ids)
        said = (self.organisation_id, groups, sorted(self.statuses), self.start, self.end, ids, self.written)
        return sha256(repr(said).encode()).hexdigest()

    @cached_property
    def parameters(self) -> Parameters:
        parameters: Parameters = {
            "organisation": self.organisation_id,
            "lost_before": self.lost_before,
            "statuses": sorted(self.statuses),
            "start": self.start,
            "end": self.end,
        }
        for number, group in enumerate(self.groups):
            for kind, values in by_kind(group).items():
                # An array is passed as text: psycopg would convert each of thousands of ids by itself.
                parameters[f"group_{number}_{kind}"] = as_array(values) if OF_KIND[kind].has_ids else values
                if kind in WORDS or is_small(group):
                    parameters |= {f"group_{number}_{kind}_{at}": value for at, value in enumerate(values)}
        parameters |= {"ids": as_array(sorted(self.ids))} if self.ids is not None else {}
        return parameters | self.written[1]

    def sql_range(self) -> str:
        return f"s.organisation_id = %(organisation)s AND {self.sql_times()}"

    def sql_times(self) -> str:
        """The range without the organisation, for queries that name a user, token, app, device or OS.

        A foreign key makes sure that these belong to one organisation. If the query named the organisation as well, a
        planner that believes a user's sessions spread evenly would walk session_newest through all that came after
        the last one.
        """
        start = "s.occurred_at >= %(start)s" if self.start else "TRUE"
        end = "s.occurred_at < %(end)s" if self.end else "TRUE"
        return f"{start} AND {end}"

    def sql_keys(self, group: Group) -> Iterator[tuple[Kind, str]]:
        """The kind of each key, and the condition on rows `s` that have it. The group must be small, or of words."""
        number = self.groups.index(group)
        for kind, values in by_kind(group).items():
            for at, value in enumerate(values):
                if kind == Kind.FLAG:
                    yield kind, f"s.{value} AND {self.sql_range()}"
                else:
                    within = self.sql_times() if OF_KIND[kind].has_ids else self.sql_range()
                    yield kind, f"{COLUMNS[kind]} = %(group_{number}_{kind}_{at})s AND {within}"

    def sql_matches(self) -> str:
        """All criteria except organisation and time, as a condition on the row `s`."""
        parts = [self.sql_group(number) for number in range(len(self.groups))]
        if self.statuses:
            parts.append(f"{SHOWN_STATUS} = ANY(%(statuses)s)")
        parts += [SQL_IDS] if self.ids is not None else []
        parts += [self.written[0]] if self.conditions else []
        return " AND ".join(parts) or "TRUE"

    def sql_group(self, number: int) -> str:
        options = [self.sql_has_one(number, kind) for kind in by_kind(self.groups[number])]
        return f"({' OR '.join(options)})" if options else "FALSE"

    def sql_has_one(self, number: int, kind: Kind) -> str:
        """That the row has one of the keys of this kind."""
        return sql_has_one(kind, by_kind(self.groups[number])[kind], f"%(group_{number}_{kind})s")
