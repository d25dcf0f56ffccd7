"""The bounded scan: it reads the next rows in order, whether they match or not, and keeps those that match."""

from dataclasses import dataclass
from datetime import timedelta

from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.groups import Group, is_small
from sessions.query.criteria.order import Position
from sessions.query.plans.key_bounds import is_indexed, selectivity
from sessions.query.plans.merge_append import sql_rows_of_keys
from sessions.query.plans.search import Search


@dataclass(frozen=True)
class Scan:
    """The matches among the next `rows` rows. `first` and `last` are the ends of what was scanned. `last` is None if
    enough was found, or if no rows are left."""

    rows: int
    positions: list[Position]
    first: Position | None
    last: Position | None

    @property
    def span(self) -> timedelta:
        """The time from the first row that was scanned to the last one."""
        assert self.first is not None
        assert self.last is not None
        return abs(self.first.date - self.last.date)

    @property
    def apart(self) -> timedelta | None:
        """The average time between two matches, if there were any."""
        return self.span / len(self.positions) if self.positions else None


def bounded_scan(search: Search, rows: int) -> Scan:
    order = search.order
    if group := driving_group(search):
        source = f"({sql_rows_of_keys(search, group, rows)}) s"
    else:
        source = f"history_session s WHERE {search.criteria.sql_range()} AND {search.sql_after()}"
    # Rows are numbered as they are read, and matches returned as they are met: nothing is read that is not needed.
    answer = fetch_all(
        f"""
        SELECT number, matches, {", ".join(order.sql_names())}, id FROM (
            SELECT row_number() OVER () AS number, scanned.* FROM (
                SELECT {order.sql_values()}, s.id, ({search.criteria.sql_matches()}) AS matches
                FROM {source} ORDER BY {order.sql()} LIMIT {rows}
            ) scanned
        ) numbered WHERE matches OR number IN (1, {rows}) LIMIT %(limit)s + 1
        """,
        search.parameters,
    )
    ends: dict[int, Position] = {}
    positions: list[Position] = []
    for number, matches, *values, ident in answer:
        position = ends[number] = Position(tuple(values), ident)
        if matches:
            positions.append(position)
    if len(positions) >= search.limit:
        return Scan(rows, positions[: search.limit], None, None)
    return Scan(rows, positions, ends.get(1), ends.get(rows))


def driving_group(search: Search) -> Group | None:
    """The clause whose rows are scanned: the most selective of those with few keys that have indexes of their own.

    There is none unless the order is by date, as these indexes are.
    """
    if not search.order.is_by_date:
        return None
    groups = [group for group in search.criteria.groups if is_small(group) and is_indexed(group)]
    return min(groups, key=selectivity, default=None)
