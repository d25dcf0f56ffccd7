"""The question that a plan answers, and how plans query PostgreSQL."""

from dataclasses import dataclass

from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.criteria import Criteria, Parameters
from sessions.query.criteria.order import Order, Position


@dataclass(frozen=True)
class Search:
    criteria: Criteria
    order: Order
    after: Position | None
    limit: int

    @property
    def parameters(self) -> Parameters:
        parameters = {**self.criteria.parameters, "limit": self.limit}
        if self.after:
            parameters |= {f"position_{number}": value for number, value in enumerate(self.after.values)}
            parameters["position_id"] = self.after.id
        return parameters

    def sql_after(self) -> str:
        return self.order.sql_after() if self.after else "TRUE"

    def resumed(self, after: Position, found: int) -> "Search":
        return Search(self.criteria, self.order, after, self.limit - found)


def fetch(sql: str, parameters: Parameters) -> list[Position]:
    """The positions that a statement finds, which selects the values of its order and the id."""
    return [Position(tuple(values), ident) for *values, ident in fetch_all(sql, parameters)]
