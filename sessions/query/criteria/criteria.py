"""Which sessions are meant: what the viewer may see, and what was asked, as conditions on the row `s`.

Names are resolved by now, so that only ids, times and flags are asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from sessions.contract.choices import OPEN_STATUSES, Status
from sessions.models.keys import Kind, value_key
from sessions.postgresql.prepared import as_array
from sessions.query import tuning
from sessions.query.criteria.clauses import EXACT_COLUMNS, Clauses
from sessions.query.criteria.groups import COLUMNS, WORDS, Group, by_kind, is_small

# A session that is silent for longer than the organisation's limit is lost, whatever was stored.
SHOWN_STATUS = (
    "CASE WHEN s.status IN ('queued', 'active') AND s.last_seen_at < %(lost_before)s THEN 'lost' ELSE s.status END"
)

# What criteria and orders ask of a row, for statements that narrow down in two steps.
ASKED_COLUMNS = """
    s.id, s.organisation_id, s.occurred_at, s.user_id, s.token_id, s.app_id, s.device_id, s.os_id, s.status, s.platform,
    s.exception, s.crash, s.anr, s.rage_tap, s.last_seen_at, s.queue_ms, s.duration_ms
"""

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Visibility:
    """The sessions a viewer may see: those of the organisation, and unless `own` is None only those with one of its
    keys. An open session that was last seen before `lost_before` is lost."""

    organisation_id: int
    lost_before: datetime
    own: Group | None = None


@dataclass(frozen=True)
class Criteria:
    """Made by `visible_to` and narrowed by `asking`. Nothing replaces the visibility, so every statement that is made
    of criteria holds it."""

    visibility: Visibility
    clauses: Clauses = field(default_factory=Clauses)

    def asking(self, clauses: Clauses) -> "Criteria":
        """These criteria with the clauses in place of those that they had."""
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
    def exact(self) -> tuple[tuple[str, str], ...]:
        return self.clauses.exact

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All groups that a row must meet. One that contains all keys of another group is redundant and left out."""
        groups = {*self.clauses.groups}
        if self.visibility.own is not None:
            groups.add(self.visibility.own)
        if self.clauses.statuses is not None:
            groups.add(frozenset(value_key(Kind.STATUS, self.organisation_id, one) for one in self.stored_statuses))
        needed = [group for group in groups if not any(other < group for other in groups)]
        return tuple(sorted(needed, key=sorted))

    @cached_property
    def stored_statuses(self) -> frozenset[str]:
        """The statuses of rows that may be shown with one that was asked for: what is shown as lost may be stored as
        open."""
        shown = self.clauses.statuses or frozenset()
        return shown | set(OPEN_STATUSES) if Status.LOST in shown else shown

    @property
    def statuses(self) -> frozenset[str]:
        """The statuses to compare with the computed status of each row. Empty if the stored status is enough."""
        shown = self.clauses.statuses or frozenset()
        return shown if self.stored_statuses & set(OPEN_STATUSES) else frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing can match, since a name that was asked for does not exist."""
        return not all(self.groups) or bool(self.start and self.end and self.start >= self.end)

    @property
    def only_running(self) -> bool:
        """Whether only sessions that run or wait right now are meant."""
        return bool(self.statuses) and self.statuses <= set(OPEN_STATUSES)

    @property
    def fingerprint(self) -> str:
        """The same for what is the same, whenever it was asked."""
        groups = [sorted(group) for group in self.groups]
        said = (self.organisation_id, groups, sorted(self.statuses), self.start, self.end, self.exact)
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
                # As text: psycopg would write each of thousands of ids by itself.
                parameters[f"group_{number}_{kind}"] = values if kind in WORDS else as_array(values)
                if kind in WORDS or is_small(group):
                    parameters |= {f"group_{number}_{kind}_{at}": value for at, value in enumerate(values)}
        parameters |= {f"exact_{number}": value for number, (_, value) in enumerate(self.exact)}
        return parameters

    def sql_range(self) -> str:
        return f"s.organisation_id = %(organisation)s AND {self.sql_times()}"

    def sql_times(self) -> str:
        """The range without the organisation, for queries that name a user, token, app, device or OS.

        Those are of one organisation, as a foreign key makes sure. Were the organisation named as well,
        a planner that believes a user's sessions spread evenly would walk session_newest through
        all that came after the last one.
        """
        start = "s.occurred_at >= %(start)s" if self.start else "TRUE"
        end = "s.occurred_at < %(end)s" if self.end else "TRUE"
        return f"{start} AND {end}"

    def sql_keys(self, group: Group) -> Iterator[tuple[Kind, str]]:
        """Of each key of a group that is small, or of words: its kind, and the condition on rows `s` that have it."""
        number = self.groups.index(group)
        for kind, values in by_kind(group).items():
            within = self.sql_range() if kind in WORDS else self.sql_times()
            for at, value in enumerate(values):
                has_it = f"s.{value}" if kind == Kind.FLAG else f"{COLUMNS[kind]} = %(group_{number}_{kind}_{at})s"
                yield kind, f"{has_it} AND {within}"

    def sql_matches(self) -> str:
        """All of the criteria but organisation and time, as a condition on the row `s`."""
        parts = [self.sql_group(number) for number in range(len(self.groups))]
        if self.statuses:
            parts.append(f"{SHOWN_STATUS} = ANY(%(statuses)s)")
        parts += [f"{EXACT_COLUMNS[name]} = %(exact_{number})s" for number, (name, _) in enumerate(self.exact)]
        return " AND ".join(parts) or "TRUE"

    def sql_group(self, number: int) -> str:
        options = []
        for kind, values in by_kind(self.groups[number]).items():
            if kind == Kind.FLAG:
                options += [f"s.{flag}" for flag in values]
            elif len(values) > tuning.ESTIMATED_VALUES and kind not in WORDS:
                options.append(f"({COLUMNS[kind]} IN (SELECT unnest(%(group_{number}_{kind})s::bigint[]))) IS TRUE")
            else:
                options.append(f"{COLUMNS[kind]} = ANY(%(group_{number}_{kind})s)")
        return f"({' OR '.join(options)})" if options else "FALSE"
