"""The conditions that sessions are found by, and how `not`, `and` and `or` join them.

Each condition writes itself as SQL on the row `s`, which is never NULL. And each has covers: groups of keys of which
every session that meets the condition has one. Plans find rows by the keys of covers, and check the condition on them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from math import prod
from typing import Any
from uuid import UUID

from sessions.contract.choices import OPEN_STATUSES, Status
from sessions.models.dimensions import OF_KIND, Kind
from sessions.models.keys import value_key
from sessions.postgresql.folding import escaped
from sessions.postgresql.prepared import as_array
from sessions.query import tuning
from sessions.query.criteria.groups import COLUMNS, WORDS, Group, by_kind

# An open session that has been silent for longer than the organisation's limit is lost, whatever status is stored.
SHOWN_STATUS = (
    "CASE WHEN s.status IN ('queued', 'active') AND s.last_seen_at < %(lost_before)s THEN 'lost' ELSE s.status END"
)
# How long a session ran. A lost one ran until its last sign of life. It is unknown for a running one, and for one whose
# start lies after the last that was heard of it.
DURATION_MS = f"CASE WHEN {SHOWN_STATUS} NOT IN ('queued', 'active') AND s.duration_ms >= 0 THEN s.duration_ms END"
ALL_STATUSES = frozenset(Status.values)
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


class Written:
    """The parameters of a statement into which conditions write themselves."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def value(self, value: Any) -> str:
        """The placeholder of a value."""
        name = f"value_of_condition_{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"


class Condition:
    @property
    def parts(self) -> "tuple[Condition, ...]":
        """The conditions that it joins."""
        return ()

    def sql(self, written: Written) -> str:
        raise NotImplementedError

    def covers(self, organisation_id: int) -> list[Group]:
        """None are known unless a condition says so."""
        return []

    def negated(self) -> "Condition":
        """What holds for exactly the other sessions, with `not` as far inside as it goes."""
        return Negation(self)


@dataclass(frozen=True)
class HasKey(Condition):
    """The session has one of these keys."""

    group: Group

    def sql(self, written: Written) -> str:
        options = []
        for kind, values in by_kind(self.group).items():
            given = as_array(values) if OF_KIND[kind].has_ids else values
            options.append(sql_has_one(kind, values, "" if kind == Kind.FLAG else written.value(given)))
        return f"(({' OR '.join(options)}) IS TRUE)" if options else "FALSE"

    def covers(self, organisation_id: int) -> list[Group]:
        return [self.group]


@dataclass(frozen=True)
class Shows(Condition):
    """The session is shown with one of these statuses."""

    statuses: frozenset[str]

    def sql(self, written: Written) -> str:
        return f"({SHOWN_STATUS} = ANY({written.value(sorted(self.statuses))}))"

    def covers(self, organisation_id: int) -> list[Group]:
        return [status_group(self.statuses, organisation_id)] if self.statuses != ALL_STATUSES else []

    def negated(self) -> Condition:
        return Shows(ALL_STATUSES - self.statuses)


@dataclass(frozen=True)
class TookPlace(Condition):
    """From `start` up to but without `end`; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def sql(self, written: Written) -> str:
        ends = [("s.occurred_at >= ", self.start), ("s.occurred_at < ", self.end)]
        return joined("AND", [f"{sql}{written.value(moment)}" for sql, moment in ends if moment])


@dataclass(frozen=True)
class Lasted(Condition):
    """The session's duration or queue time, in milliseconds, lies in a range that includes both ends."""

    column: str
    first: int | None = None
    last: int | None = None

    def sql(self, written: Written) -> str:
        time = f"({DURATION_MS})" if self.column == "duration_ms" else f"s.{self.column}"
        limits = [(">=", self.first), ("<=", self.last)]
        parts = [f"{time} {sign} {written.value(limit)}" for sign, limit in limits if limit is not None]
        return f"({joined('AND', parts)} IS TRUE)"


@dataclass(frozen=True)
class StartsWith(Condition):
    """The text of a dimension begins with one of these prefixes."""

    kind: Kind
    prefixes: tuple[str, ...]

    def sql(self, written: Written) -> str:
        patterns = [f"{escaped(prefix)}%" for prefix in self.prefixes]
        return f"(({COLUMNS[self.kind]} LIKE ANY({written.value(patterns)}::text[])) IS TRUE)"


@dataclass(frozen=True)
class AttributeStartsWith(Condition):
    """An attribute's text begins with one of these prefixes."""

    name: str
    prefixes: tuple[str, ...]

    def sql(self, written: Written) -> str:
        patterns = [f"{escaped(prefix)}%" for prefix in self.prefixes]
        text = f"s.attributes ->> {written.value(self.name)}"
        return f"((({text}) LIKE ANY({written.value(patterns)}::text[])) IS TRUE)"


@dataclass(frozen=True)
class HasFile(Condition):
    """The session has a file of one of these kinds. None is known by a key."""

    kinds: tuple[str, ...]

    def sql(self, written: Written) -> str:
        kinds = f"a.kind = ANY({written.value(list(self.kinds))}::text[])"
        return f"(EXISTS (SELECT FROM history_attachment a WHERE a.session_id = s.id AND {kinds}))"


@dataclass(frozen=True)
class HasEvent(Condition):
    """An event of one of these types, or of one that begins with a prefix, occurred; any event if there are neither."""

    types: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def sql(self, written: Written) -> str:
        options = []
        if self.types:
            options.append(f"e.event_type = ANY({written.value(list(self.types))}::text[])")
        if self.prefixes:
            patterns = [f"{escaped(prefix)}%" for prefix in self.prefixes]
            options.append(f"e.event_type LIKE ANY({written.value(patterns)}::text[])")
        return f"(EXISTS (SELECT FROM history_event e WHERE e.session_id = s.id AND {joined('OR', options)}))"


@dataclass(frozen=True)
class Reads(Condition):
    """A column of EXACT_COLUMNS has one of these values."""

    name: str
    values: tuple[str, ...]

    def sql(self, written: Written) -> str:
        return f"(({EXACT_COLUMNS[self.name]} = ANY({written.value(list(self.values))})) IS TRUE)"


@dataclass(frozen=True)
class IsOneOf(Condition):
    """The session has one of these ids."""

    ids: frozenset[UUID]

    def sql(self, written: Written) -> str:
        return f"(s.id = ANY({written.value(as_array(sorted(self.ids)))}::uuid[]))"


@dataclass(frozen=True)
class Negation(Condition):
    condition: Condition

    @property
    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)

    def sql(self, written: Written) -> str:
        return f"(NOT {self.condition.sql(written)})"

    def negated(self) -> Condition:
        return self.condition


@dataclass(frozen=True)
class Every(Condition):
    conditions: tuple[Condition, ...]

    @property
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    def sql(self, written: Written) -> str:
        return joined("AND", [part.sql(written) for part in self.parts])

    def covers(self, organisation_id: int) -> list[Group]:
        return [group for part in self.parts for group in part.covers(organisation_id)]

    def negated(self) -> Condition:
        return Either(tuple(part.negated() for part in self.parts))


@dataclass(frozen=True)
class Either(Condition):
    conditions: tuple[Condition, ...]

    @property
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    def sql(self, written: Written) -> str:
        return joined("OR", [part.sql(written) for part in self.parts]) if self.parts else "FALSE"

    def covers(self, organisation_id: int) -> list[Group]:
        """Alternatives are multiplied out: of `a AND b OR c AND d`, every session has a or c, a or d, b or c, and b or
        d. Where these would be too many, the broadest covers are left out."""
        options = [sorted(part.covers(organisation_id), key=_breadth) for part in self.parts]
        if not all(options):
            return []
        while prod(map(len, options)) > tuning.MOST_COVERS and max(map(len, options)) > 1:
            max(options, key=len).pop()
        return [frozenset[int]().union(*groups) for groups in product(*options)]

    def negated(self) -> Condition:
        return Every(tuple(part.negated() for part in self.parts))


NOTHING = Either(())


def either(conditions: Iterable[Condition]) -> Condition:
    """One of them, as few conditions as possible: groups are one group, and statuses one set of them."""
    keys: list[int] = []
    statuses: list[str] = []
    others: list[Condition] = []
    has_statuses = False
    for condition in conditions:
        match condition:
            case HasKey(group):
                keys.extend(group)
            case Shows(shown):
                has_statuses = True
                statuses.extend(shown)
            case Either(parts):
                others.extend(parts)
            case _:
                others.append(condition)
    found: list[Condition] = [HasKey(frozenset(keys))] if keys else []
    found += [Shows(frozenset(statuses))] if has_statuses else []
    found += others
    return found[0] if len(found) == 1 else Either(tuple(found)) if found else NOTHING


def reads(condition: Condition) -> bool:
    """Whether it reads a column of EXACT_COLUMNS."""
    return isinstance(condition, Reads) or any(map(reads, condition.parts))


def joined(word: str, parts: list[str]) -> str:
    return f"({f' {word} '.join(parts) or 'TRUE'})"


def sql_has_one(kind: Kind, values: list[Any], given: str) -> str:
    """That the row `s` has one of the values of this kind, which are the parameter `given`."""
    if kind == Kind.FLAG:
        return " OR ".join(f"s.{flag}" for flag in values)
    if OF_KIND[kind].is_map:
        texts = f"SELECT key || chr(31) || value FROM jsonb_each_text({COLUMNS[kind]})"
        return f"{given}::text[] && ARRAY({texts})"
    if len(values) > tuning.ESTIMATED_VALUES and kind not in WORDS:
        return f"({COLUMNS[kind]} IN (SELECT unnest({given}::{OF_KIND[kind].sql_type}[]))) IS TRUE"
    return f"{COLUMNS[kind]} = ANY({given})"


def stored_statuses(shown: frozenset[str]) -> frozenset[str]:
    """The stored statuses that may be shown as one of these: a session shown as lost may be stored as open."""
    return shown | set(OPEN_STATUSES) if Status.LOST in shown else shown


def status_group(shown: frozenset[str], organisation_id: int) -> Group:
    return frozenset(value_key(Kind.STATUS, organisation_id, one) for one in stored_statuses(shown))


def _breadth(group: Group) -> tuple[int, int]:
    """A value to sort by: lower for groups that fewer sessions have a key of, as a rule."""
    return max((OF_KIND[kind].rank for kind in by_kind(group)), default=0), len(group)
