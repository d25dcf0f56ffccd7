"""Which sessions are meant: names already resolved to keys, so that only ids, times and flags are asked for."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from django.utils import timezone

from sessions.contract.choices import OPEN_STATUSES, Status
from sessions.models import Organisation
from sessions.models.keys import KIND_BITS, NUMBERS, VALUES_PER_ORGANISATION, Kind, key, kind_of, value_key
from sessions.postgresql.prepared import as_array

COLUMNS = {
    Kind.USER: "s.user_id",
    Kind.TOKEN: "s.token_id",
    Kind.APP: "s.app_id",
    Kind.DEVICE: "s.device_id",
    Kind.OS: "s.os_id",
    Kind.STATUS: "s.status",
    Kind.PLATFORM: "s.platform",
}

# A session that is silent for longer than the organisation's limit is lost, whatever was stored.
SHOWN_STATUS = (
    "CASE WHEN s.status IN ('queued', 'active') AND s.last_seen_at < %(lost_before)s THEN 'lost' ELSE s.status END"
)

# What criteria and orders ask of a row, for statements that narrow down in two steps.
ASKED_COLUMNS = """
    s.id, s.organisation_id, s.occurred_at, s.user_id, s.token_id, s.app_id, s.device_id, s.os_id, s.status, s.platform,
    s.exception, s.crash, s.anr, s.rage_tap, s.last_seen_at, s.queue_ms, s.duration_ms
"""

# What has no index: only asked for within a range so narrow that all of its rows can be read.
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
NARROW = timedelta(hours=24)
# Of more, a planner would weigh each by itself, which takes longer than to look them up: 4 ms for 2,000.
ESTIMATED_VALUES = 64
# Each of so many keys is asked by itself.
FEW_KEYS = 8

Parameters = dict[str, Any]


class TooWideError(ValueError):
    """An exact value was asked for in a range of more than 24 hours."""


@dataclass(frozen=True)
class Criteria:
    """`groups` are and-ed, the keys within a group or-ed; times from `start` up to but without `end`.

    `statuses` are those that are shown, where the stored one does not tell.
    """

    organisation_id: int
    lost_before: datetime
    groups: tuple[frozenset[int], ...] = ()
    statuses: frozenset[str] = frozenset()
    start: datetime | None = None
    end: datetime | None = None
    exact: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, organisation: Organisation) -> "Criteria":
        return cls(organisation.pk, lost_before=timezone.now() - organisation.lost_after)

    def having(self, keys: Iterable[int]) -> "Criteria":
        """Also one of these keys. A group that holds all of another asks for nothing more than the other."""
        groups = {*self.groups, frozenset(keys)}
        needed = [group for group in groups if not any(other < group for other in groups)]
        return replace(self, groups=tuple(sorted(needed, key=sorted)))

    def showing(self, statuses: Iterable[str]) -> "Criteria":
        """Only sessions shown with one of these statuses: by stored status, and by how long open ones are silent."""
        shown = frozenset(statuses)
        stored = shown | set(OPEN_STATUSES) if Status.LOST in shown else shown
        keys = (value_key(Kind.STATUS, self.organisation_id, status) for status in stored)
        return replace(self.having(keys), statuses=shown if stored & set(OPEN_STATUSES) else frozenset())

    def only(self, group: frozenset[int]) -> "Criteria":
        """One of its groups and the range, without the rest: at least as many sessions as match."""
        return replace(self, groups=(group,) if group else (), statuses=frozenset(), exact=())

    def between(self, start: datetime | None, end: datetime | None) -> "Criteria":
        return replace(self, start=start, end=end)

    def exactly(self, values: Mapping[str, str]) -> "Criteria":
        """Also these values of EXACT_COLUMNS, by name. Raises TooWideError unless the range is set and narrow."""
        # One microsecond more: the moment that ends a range belongs to it.
        if values and not (self.start and self.end and self.end - self.start <= NARROW + timedelta(microseconds=1)):
            raise TooWideError
        return replace(self, exact=(*self.exact, *values.items()))

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

    def sql_keys(self, group: frozenset[int]) -> Iterator[tuple[Kind, str]]:
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
            elif len(values) > ESTIMATED_VALUES and kind not in WORDS:
                options.append(f"({COLUMNS[kind]} IN (SELECT unnest(%(group_{number}_{kind})s::bigint[]))) IS TRUE")
            else:
                options.append(f"{COLUMNS[kind]} = ANY(%(group_{number}_{kind})s)")
        return f"({' OR '.join(options)})" if options else "FALSE"


def is_small(group: frozenset[int]) -> bool:
    return len(group) <= FEW_KEYS


def has_several_flags(group: frozenset[int]) -> bool:
    """Whether a row can have two keys of one kind of the group, as it can of no other kind."""
    return len(by_kind(group).get(Kind.FLAG, ())) > 1


@lru_cache(maxsize=8)
def by_kind(group: frozenset[int]) -> Mapping[Kind, list[Any]]:
    """The values of a group as they stand in their columns: ids, or the words of statuses, platforms and flags.

    Kept for the rest of a request, since a search can find thousands.
    """
    values: dict[Kind, list[Any]] = {}
    keys, start = sorted(group), 0
    while start < len(keys):
        kind = kind_of(keys[start])
        first = key(kind, 0)
        end = bisect_left(keys, first + (1 << KIND_BITS), start)
        idents = [found - first for found in keys[start:end]]
        values[kind] = [WORDS[kind][ident % VALUES_PER_ORGANISATION] for ident in idents] if kind in WORDS else idents
        start = end
    return values


WORDS = {kind: {number: word for word, number in numbers.items()} for kind, numbers in NUMBERS.items()}
