"""Checks the parameters of a list, and turns them into a request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import cached_property
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import QueryDict

from sessions.models import SavedView, User
from sessions.query.criteria.clauses import Clauses
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.order import NEWEST_FIRST, TERMS, InvalidCursorError, Order, Position
from sessions.query.criteria.visibility import visible_to
from sessions.query.expression import All, Between, Expression, OneOf, Term, Value
from sessions.query.language.mistakes import Mistake, Parsed
from sessions.query.language.parse import joined
from sessions.query.language.parse import parse as parse_search
from sessions.query.language.parts import operands_of
from sessions.query.language.printing import text_of
from sessions.query.meaning import FIELDS as ASKED
from sessions.query.meaning import LASTED, CannotAskError, attribute_name, check, conditions_of
from sessions.query.parameters import (
    MOST_ROWS,
    SessionFilterSet,
    SeveralField,
    day_range,
    is_reversed,
    settled,
    takes_several,
)
from sessions.query.rows import FIELDS
from sessions.query.saved_views import named_view, with_view

ROWS_ON_A_PAGE = 50
NO_SEARCH = Parsed("", None)
ATTRIBUTE_FIELD = SeveralField(required=False)
# Each is a part of the statement that looks up names.
MOST_ATTRIBUTES = 20
TERMS_BY_NAME = {name: term for term in TERMS for name in (term.name, term.spelled_out)}


@dataclass(frozen=True)
class ListRequest:
    """A viewer's request for a list, all of it valid. The page begins after the position `after`, or ends before it if
    `is_backwards`."""

    viewer: User
    clauses: Clauses = field(default_factory=Clauses)
    order: Order = NEWEST_FIRST
    after: Position | None = None
    is_backwards: bool = False
    limit: int = ROWS_ON_A_PAGE
    fields: tuple[str, ...] = tuple(FIELDS)
    counting: Literal["capped", "exact", "none"] = "capped"

    @cached_property
    def criteria(self) -> Criteria:
        return visible_to(self.viewer).asking(self.clauses)


@dataclass(frozen=True)
class FieldError:
    """An error in one parameter. The codes are those of the API's errors. `mistake` has the place in a search."""

    field: str
    code: Literal["invalid_value", "unknown_parameter"]
    message: str
    mistake: Mistake | None = None


class InvalidParametersError(ValueError):
    """`errors` has at least one."""

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = errors
        super().__init__("\n".join(f"{error.field}: {error.message}" for error in errors))


@dataclass(frozen=True)
class Parameters:
    """The parameters of an address. `values` has those that are valid, by name; `errors` has the errors of the others.
    `search` is what `q` asks for. `data` includes the parameters of the saved view.

    For pages, which report the errors and apply the rest. Every other reader calls `parse`.
    """

    viewer: User
    data: QueryDict
    values: Mapping[str, Any]
    errors: list[FieldError]
    search: Parsed = NO_SEARCH
    view: SavedView | None = None

    @property
    def invalid(self) -> set[str]:
        """The names of the parameters that are left out, or of which a part is."""
        return {error.field for error in self.errors}

    @property
    def other_errors(self) -> list[FieldError]:
        """The errors without the mistakes of the search."""
        return [error for error in self.errors if not error.mistake]

    @cached_property
    def request(self) -> ListRequest:
        """The request that the valid parameters make."""
        values = self.values
        order = order_of(values)
        return ListRequest(
            self.viewer,
            clauses_of(self.viewer, values, self.search.expression),
            order,
            Position.from_cursor(values["cursor"], order) if "cursor" in values else None,
            values.get("mode") == "before",
            values.get("limit", ROWS_ON_A_PAGE),
            tuple(values.get("fields") or FIELDS),
            values.get("count", "capped"),
        )


def parse(viewer: User, data: QueryDict) -> ListRequest:
    """Raises InvalidParametersError: a request that was not understood gets no answer."""
    found = read_parameters(viewer, data)
    if found.errors:
        raise InvalidParametersError(found.errors)
    return found.request


def read_parameters(viewer: User, data: QueryDict, *, most_rows: int = MOST_ROWS) -> Parameters:
    """`most_rows` is what a page can take: a higher `limit` is an error."""
    view = named_view(viewer, data)
    if view:
        data = with_view(view, data)
    filters = SessionFilterSet(data)
    filters.is_valid()
    errors = [
        FieldError(name, "unknown_parameter", f"There is no parameter “{name[:60]}”.")
        for name in data
        if name not in filters.filters and not attribute_name(name)
    ]
    errors += [
        FieldError(name, "invalid_value", "Give this once.")
        for name, given in data.lists()
        if name in filters.filters and len(given) > 1 and not takes_several(name)
    ]
    for name, messages in filters.errors.items():
        errors += [FieldError(name, "invalid_value", str(message)) for message in messages]
    cleaned = filters.form.cleaned_data
    repeated = {error.field for error in errors}
    values = {name: value for name, value in cleaned.items() if value not in (None, "", []) and name not in repeated}
    if "view" in values and not view:
        errors.append(FieldError("view", "invalid_value", f"There is no view “{values.pop('view')}”."))
    search, mistakes = _read_search(values)
    errors += mistakes
    for name in values.keys() & {"start", "end"}:
        values[name] = settled(values[name], viewer.zone)
    attributes, refused = _read_attributes(data)
    values |= attributes
    errors += refused
    errors += [*_check_range(values, viewer.zone), *_check_order(values), *_check_cursor(values)]
    if values.get("limit", 0) > most_rows:
        values["limit"] = most_rows
        errors.append(FieldError("limit", "invalid_value", f"At most {most_rows} rows fit here."))
    return Parameters(viewer, data, values, errors, search, view)


def clauses_of(viewer: User, values: Mapping[str, Any], search: Expression | None = None) -> Clauses:
    """The clauses that a search and valid values, by parameter, stand for. The names of people, apps and so on are
    looked up in one statement."""
    clauses = Clauses().between(*day_range(values.get("start"), values.get("end"), viewer.zone))
    terms = (*terms_of(values), *([search] if search else []))
    return clauses.meeting(conditions_of(viewer, All(terms)))


def terms_of(values: Mapping[str, Any]) -> Iterator[Term]:
    """What valid values ask for besides a range of time, as a search would."""
    for name in sorted(name for name in values if name in ASKED or attribute_name(name)):
        yield Term(name, OneOf(tuple(map(Value, values[name]))))
    for name in LASTED:
        ends = (values.get(f"{name}_{end}") for end in ("min", "max"))
        first, last = (None if end is None else f"{end}ms" for end in ends)
        if first or last:
            yield Term(name, Between(first, last))


def _read_attributes(data: QueryDict) -> tuple[dict[str, list[str]], list[FieldError]]:
    """The values of `attr.NAME`, by parameter, and what is wrong with them."""
    values: dict[str, list[str]] = {}
    errors = []
    for name, given in data.lists():
        attribute = attribute_name(name)
        if not attribute:
            continue
        if len(values) == MOST_ATTRIBUTES:
            errors.append(FieldError(name[:60], "invalid_value", f"Give at most {MOST_ATTRIBUTES} attributes."))
            break
        try:
            ATTRIBUTE_FIELD.clean([attribute])
            # An empty one counts as absent, as in every parameter: it lifts the one of a view.
            cleaned = ATTRIBUTE_FIELD.clean([value for value in given if value])
        except ValidationError as error:
            errors.append(FieldError(name[:60], "invalid_value", error.messages[0]))
        else:
            values |= {name: cleaned} if cleaned else {}
    return values, errors


def _read_search(values: dict[str, Any]) -> tuple[Parsed, list[FieldError]]:
    """The search, and what is wrong with it. Leaves out `q` if nothing of it applies."""
    if "q" not in values:
        return NO_SEARCH, []
    parsed = parse_search(values["q"])
    answered: list[Expression] = []
    refused: list[Mistake] = []
    for operand in operands_of(parsed.expression):
        try:
            check(operand)
        except CannotAskError as error:
            refused.append(Mistake(0, 0, f"“{text_of(operand)}”: {error}"))
        else:
            answered.append(operand)
    if not answered:
        del values["q"]
    search = replace(parsed, expression=joined(All, answered), mistakes=(*parsed.mistakes, *refused))
    return search, [FieldError("q", "invalid_value", search.placed(one), one) for one in search.mistakes]


def order_of(values: Mapping[str, Any]) -> Order:
    names = values.get("sort_by") or values.get("sort")
    return Order(tuple(TERMS_BY_NAME[name] for name in names)) if names else NEWEST_FIRST


def _check_range(values: dict[str, Any], zone: tzinfo) -> list[FieldError]:
    """Leaves out both ends of a range that ends before it begins."""
    if not is_reversed(values.get("start"), values.get("end"), zone):
        return []
    del values["start"], values["end"]
    return [FieldError("end", "invalid_value", "The end of the range lies before its start.")]


def _check_order(values: dict[str, Any]) -> list[FieldError]:
    found = []
    fields = [term.field for term in order_of(values).asked]
    if len(set(fields)) < len(fields):
        name = "sort_by" if "sort_by" in values else "sort"
        del values[name]
        found.append(FieldError(name, "invalid_value", "Each field can be given once."))
    if "sort_by" in values and "sort" in values:
        found.append(FieldError("sort_by", "invalid_value", "Give sort or sort_by, not both."))
    return found


def _check_cursor(values: dict[str, Any]) -> list[FieldError]:
    """Leaves out a cursor that leads nowhere in this order."""
    try:
        if "cursor" in values:
            Position.from_cursor(values["cursor"], order_of(values))
    except InvalidCursorError as error:
        del values["cursor"]
        values.pop("mode", None)  # without a cursor, before means the end of the list
        return [FieldError("cursor", "invalid_value", str(error))]
    return []
