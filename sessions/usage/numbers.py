"""Numbers about sessions: per day, and by app, device and user. The same rows as the list, counted instead of shown.

Days that were counted ahead are added up. The sessions of all other days are read, so their number has a bound.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain, pairwise

from django.utils import timezone

from sessions.models import User
from sessions.postgresql.deadlines import within
from sessions.query import Parameters
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.groups import Group
from sessions.query.criteria.visibility import readable_by
from sessions.query.parameters import FIRST_DAY, day_range, midnight
from sessions.query.plans.count import count
from sessions.query.plans.key_bounds import is_indexed
from sessions.usage.queue_times import percentile
from sessions.usage.rolled_up import Day, Parts, countable, parts
from sessions.usage.statement import MOST_SESSIONS, Row, usage_rows

DAYS_UNLESS_ASKED = 28
MOST_DAYS = 366
# For more days, filters without counts are answered only if one of them, or the range, bounds what has to be read.
FREELY_READ_DAYS = 92
# How many times counts are looked up, if they are given up before they can be used.
ATTEMPTS = 3


@dataclass(frozen=True)
class Numbers:
    """How many sessions there were, how long they ran in all, and how long half and 95 % of them waited at most.

    Times are in milliseconds. The waiting times are None if none is known, and exact unless `Usage.is_about`.
    """

    sessions: int = 0
    duration_ms: int = 0
    queue_median_ms: int | None = None
    queue_p95_ms: int | None = None


@dataclass(frozen=True)
class Named:
    """`value` is the value of the list's parameter, and `label` is what people call it."""

    value: str
    label: str
    numbers: Numbers


@dataclass
class Usage:
    """`days` has every day of the range, oldest first. `too_many` means that nothing was counted.

    `is_about` means that waiting times of more than a day, or of several names on a day, are right within 1 %.
    """

    total: Numbers = field(default_factory=Numbers)
    days: dict[date, Numbers] = field(default_factory=dict)
    apps: list[Named] = field(default_factory=list)
    devices: list[Named] = field(default_factory=list)
    users: list[Named] = field(default_factory=list)
    too_many: bool = False
    is_about: bool = False


class UsageRequest:
    """The usage that was asked for. A range without an end gets one, and one of more than 366 days is cut (`is_cut`).

    `given` has the parameters with that range, and `request` is the list that they ask for.
    """

    def __init__(self, asked: Parameters) -> None:
        viewer, clauses = asked.viewer, asked.request.clauses
        self.is_cut = False
        data, values = asked.data.copy(), dict(asked.values)
        first, last = self._days(viewer, values.get("start"), values.get("end"))
        if "start" not in values or self.is_cut:
            data["start"], values["start"] = str(first), first
        if "end" not in values:
            data["end"], values["end"] = str(last), last
        self.given = replace(asked, data=data, values=values)
        start, end = day_range(values["start"], values["end"], viewer.zone)
        self.request = replace(asked.request, clauses=replace(clauses, start=start, end=end))
        self.days = [first + timedelta(days=number) for number in range((last - first).days + 1)]

    @property
    def ranges(self) -> list[Day]:
        """The part of each day that is asked for: from midnight to midnight, or less at the ends of the range."""
        edges = [midnight(day, self.request.viewer.zone) for day in (*self.days, self.days[-1] + timedelta(days=1))]
        clauses = self.request.clauses
        start, end = clauses.start or edges[0], clauses.end or edges[-1]
        return [
            Day(max(first, start), min(last, end), is_whole=start <= first and last <= end)
            for first, last in pairwise(edges)
        ]

    def _days(self, viewer: User, start: date | None, end: date | None) -> tuple[date, date]:
        """The first and the last day of the range, in the viewer's zone: days as given, even skipped ones."""
        zone = viewer.zone
        today = timezone.localdate(timezone=zone)
        first = day_of(start, zone) if start else None
        last = day_of(end, zone) if end else max(today, first or today)
        if first is None:
            first = max(last - timedelta(days=DAYS_UNLESS_ASKED - 1), FIRST_DAY)
        if (last - first).days >= MOST_DAYS:
            self.is_cut = True
            first = last - timedelta(days=MOST_DAYS - 1)
        return first, last


def day_of(given: date, zone: tzinfo) -> date:
    """The day itself, or the day of a moment."""
    return given.astimezone(zone).date() if isinstance(given, datetime) else given


def usage(asked: UsageRequest) -> Usage:
    """Numbers by user are for admins: anybody else has only one user."""
    criteria = asked.request.criteria
    if criteria.is_empty:
        return Usage(days={day: Numbers() for day in asked.days})
    with within("analysis"):
        return _usage(asked, criteria)


def _usage(asked: UsageRequest, criteria: Criteria) -> Usage:
    if len(asked.days) > FREELY_READ_DAYS and not countable(criteria) and is_too_much_to_read(criteria):
        return too_many(asked)
    for _ in range(ATTEMPTS):
        chosen = parts(criteria, asked.ranges)
        rows = ask(asked, chosen)
        if not chosen.counts or chosen.counted_days in [row.sessions for row in rows if row.kind == "holding"]:
            return answer(asked, rows)
    return answer(asked, ask(asked, Parts()))


def is_too_much_to_read(criteria: Criteria) -> bool:
    """Whether every filter with an index finds too many sessions, or the range does if no filter has an index."""
    indexed: list[Group | None] = [group for group in criteria.groups if is_indexed(group)]
    return all(count(readable_by(group, criteria), MOST_SESSIONS).capped for group in indexed or [None])


def too_many(asked: UsageRequest) -> Usage:
    return Usage(days=dict.fromkeys(asked.days, Numbers()), too_many=True)


def ask(asked: UsageRequest, chosen: Parts) -> list[Row]:
    viewer = asked.request.viewer
    midnights = [midnight(day, viewer.zone) for day in asked.days]
    return usage_rows(asked.request.criteria, chosen, midnights, with_users=viewer.is_admin)


def answer(asked: UsageRequest, rows: list[Row]) -> Usage:
    [read] = [numbers_of(row) for row in rows if row.kind == "read" and row.value is None]
    if read.sessions > MOST_SESSIONS:
        return too_many(asked)
    parts_of: dict[int, list[Numbers]] = defaultdict(list)
    for row in rows:
        if row.kind in ("read", "counted") and row.value is not None:
            parts_of[int(row.value)].append(numbers_of(row))
    queue = {row.value: dict(zip(row.buckets, row.bucket_sessions, strict=True)) for row in rows if row.kind == "queue"}
    days = {day: together(parts_of[number], queue.get(str(number), {})) for number, day in enumerate(asked.days)}
    is_about = any(row.kind == "counted" for row in rows)
    if is_about:
        in_all: Counter[int] = Counter()
        for of_day in queue.values():
            in_all.update(of_day)
        total = together(list(chain.from_iterable(parts_of.values())), in_all)
    else:
        total = read
    apps, devices, users = (named_of(rows, kind) for kind in ("app", "device", "user"))
    return Usage(total, days, apps, devices, users, is_about=is_about)


def numbers_of(row: Row) -> Numbers:
    return Numbers(row.sessions, row.duration_ms, row.queue_median_ms, row.queue_p95_ms)


def named_of(rows: list[Row], kind: str) -> list[Named]:
    named = [Named(str(row.value), row.label or str(row.value), numbers_of(row)) for row in rows if row.kind == kind]
    return sorted(named, key=lambda one: (-one.numbers.sessions, one.label))


def together(parts: list[Numbers], queue: Mapping[int, int]) -> Numbers:
    """The sum of numbers that were read or counted apart. A single one stays exact."""
    if len(parts) == 1:
        return parts[0]
    sessions, duration_ms = sum(part.sessions for part in parts), sum(part.duration_ms for part in parts)
    return Numbers(sessions, duration_ms, percentile(queue, 0.5), percentile(queue, 0.95))
