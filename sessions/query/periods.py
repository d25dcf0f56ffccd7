"""The GIN index on (period, key), asked some 7-day periods at a time: what bounds any combination of filters.

One statement asks the windows of about two years in turn, each only if those before it did not find enough.
Which periods they are it works out itself, from where the next session lies and where the last one does. Periods
in which nothing took place are left out between two statements, so that one session dated 1970 costs nothing.
And a planner that does not know the periods has nothing to overestimate: of a list of the keys of all of them it
expected so much that it read the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sessions.keys import PERIOD_BITS, period_start, sql_period
from sessions.query.criteria import ASKED_COLUMNS, Criteria, Parameters
from sessions.query.order import Place
from sessions.query.search import Search, fetch_all

# Beyond this a group's keys cost more to probe than to check on the rows the other groups give.
PROBED_KEYS = 64
# How many periods each window has. To plan one takes 0.1 ms, also if it is never opened.
WINDOWS = (1, 2, 4, 8, 8, 16, 16, 32, 32)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Windows:
    """What is asked of the rows in each window, as the end of a statement about rows `s`, and then of all of `found`.

    `limit`, among the parameters, is how many are enough. `sql_answer` names no columns `near` and `far`.
    """

    criteria: Criteria
    parameters: Parameters
    widths: tuple[int, ...]
    descending: bool
    sql_columns: str
    sql_end: str
    sql_answer: str
    sql_order: str = "1"

    def walk(self, edge: datetime | None = None) -> Iterator[list[tuple[Any, ...]]]:
        """The answer of each statement: at first with what lies before `edge`, or from it on if ascending."""
        covered = sum(self.widths)
        while True:
            rows = fetch_all(self.sql(is_edged=edge is not None), {**self.parameters, **self.keys, "edge": edge})
            yield [row[2:] for row in rows]
            near, far = rows[0][:2]
            if near is None or abs(near - far) < covered:
                return
            edge = period_start(near - covered + 1 if self.descending else near + covered)

    def sql(self, *, is_edged: bool) -> str:
        nearest, farthest = ("max", "min") if self.descending else ("min", "max")
        edge = f"s.occurred_at {'<' if self.descending else '>='} %(edge)s" if is_edged else "TRUE"
        moments = f"FROM history_session s WHERE {self.criteria.sql_range()}"
        return f"""
            WITH bounds AS MATERIALIZED (
                SELECT {sql_period(f"(SELECT {nearest}(s.occurred_at) {moments} AND {edge})")} AS near,
                       {sql_period(f"(SELECT {farthest}(s.occurred_at) {moments})")} AS far
            ), {", ".join(self.sql_windows())}, found AS (
                {" UNION ALL ".join(f"SELECT * FROM window_{number}" for number in range(len(self.widths)))}
            )
            SELECT near, far, answer.* FROM bounds LEFT JOIN ({self.sql_answer}) answer ON TRUE
            ORDER BY {self.sql_order}
        """

    def sql_windows(self) -> Iterator[str]:
        first = 0
        for number, width in enumerate(self.widths):
            probes = [self.sql_probe(group, first, first + width - 1) for group in range(len(self.probed))]
            if number:
                probes.append(f"(SELECT total FROM total_{number - 1}) < %(limit)s")
            # OFFSET 0: otherwise an estimate may turn it into a walk along another index.
            yield f"""
                window_{number} AS MATERIALIZED (
                    SELECT {self.sql_columns} FROM (
                        SELECT {ASKED_COLUMNS} FROM history_session s WHERE {" AND ".join(probes)} OFFSET 0
                    ) s
                    WHERE {self.criteria.sql_range()} AND {self.criteria.sql_matches()} AND {self.sql_end}
                )
            """
            before = f"(SELECT total FROM total_{number - 1}) + " if number else ""
            yield f"total_{number} AS MATERIALIZED (SELECT {before}count(*) AS total FROM window_{number})"
            first += width

    def sql_probe(self, group: int, first: int, last: int) -> str:
        """Rows that hold one of a group's keys in the periods `first` to `last` from the near one (session_keys)."""
        period = f"(near {'-' if self.descending else '+'} step)"
        return f"""
            s.keys && ARRAY(
                SELECT {period} << {PERIOD_BITS} | key
                FROM bounds, generate_series({first}, LEAST({last}, abs(near - far))) step,
                     unnest(%(probe_{group})s::bigint[]) key
            )
        """

    @property
    def probed(self) -> list[frozenset[int]]:
        small = [group for group in self.criteria.groups if len(group) <= PROBED_KEYS]
        return small or [min(self.criteria.groups, key=len)]

    @property
    def keys(self) -> Parameters:
        return {f"probe_{number}": sorted(group) for number, group in enumerate(self.probed)}


def periods(search: Search) -> list[Place]:
    """From the place on, window by window until there are enough."""
    edge = None
    if search.after:
        edge = search.after.date + MICROSECOND if search.order.first.descending else search.after.date
    places: list[Place] = []
    for found in listed(search, WINDOWS, edge):
        places += found
        if len(places) >= search.limit:
            break
    return places[: search.limit]


def gather_periods(search: Search) -> list[Place]:
    """The same for what has no index of its own: the first of all that matches, wherever it lies."""
    places = [place for found in listed(search, (sum(WINDOWS),), None) for place in found]
    search.order.sort(places)
    return places[: search.limit]


def listed(search: Search, widths: tuple[int, ...], edge: datetime | None) -> Iterator[list[Place]]:
    order = search.order
    windows = Windows(
        search.criteria,
        search.parameters,
        widths,
        order.first.descending,
        sql_columns=f"{order.sql_values()}, s.id",
        sql_end=f"{search.sql_beyond()} ORDER BY {order.sql()} LIMIT %(limit)s",
        sql_answer=f"SELECT * FROM found ORDER BY {order.sql_of_values()} LIMIT %(limit)s",
        sql_order=order.sql_of_values(),
    )
    for rows in windows.walk(edge):
        yield [Place(tuple(values), ident) for *values, ident in rows if ident]


def count_periods(criteria: Criteria, cap: int) -> int:
    """How many match, but never more than `cap`."""
    windows = Windows(
        criteria,
        criteria.parameters | {"limit": cap},
        WINDOWS,
        descending=True,
        sql_columns="1",
        sql_end="TRUE LIMIT %(limit)s",
        sql_answer="SELECT count(*) FROM found",
    )
    total = 0
    for [(found,)] in windows.walk():
        total += found
        if total >= cap:
            break
    return min(total, cap)
