"""Expressions as clauses: a conjunction of conditions, each of which is met by one of several keys.

Clauses have no negation, and only keys can be alternatives in them. An expression that needs more is refused.
"""

from collections.abc import Iterator
from datetime import date, datetime

from sessions.contract.choices import Status
from sessions.models import User
from sessions.models.dimensions import FILTERS
from sessions.models.keys import value_key
from sessions.query.criteria.clauses import EXACT_COLUMNS, Clauses, TooWideError
from sessions.query.criteria.names import LOOKED_UP, keys_of_names
from sessions.query.language.expression import All, AnyOf, Between, Expression, Not, OneOf, Term, Value, Words
from sessions.query.language.mistakes import Mistake
from sessions.query.language.parse import joined
from sessions.query.language.printing import text_of
from sessions.query.parameters import DayOrMomentField, day_range

MOST_CLAUSES = 100
MOST_PRODUCTS = 1_000

Alternatives = tuple[Words | Term, ...]


class NotAnsweredError(ValueError):
    """The expression asks for what clauses cannot express."""


def answerable(expression: Expression | None) -> tuple[Expression | None, list[Mistake]]:
    """What clauses can express of a search, and what is left out of it."""
    answered, refused = [], []
    for operand in expression.operands if isinstance(expression, All) else [expression] if expression else []:
        try:
            alternatives_of(operand)
        except NotAnsweredError as error:
            refused.append(Mistake(0, 0, f"“{text_of(operand)}” cannot be asked for: {error}"))
        else:
            answered.append(operand)
    return joined(All, answered), refused


def narrowed(clauses: Clauses, viewer: User, expression: Expression | None) -> Clauses:
    """The clauses and those that the expression adds. Raises NotAnsweredError."""
    exact: dict[str, str] = {}
    for alternatives in alternatives_of(expression) if expression else ():
        match alternatives:
            case (Term("date", Between() as range_),):
                clauses = clauses.between(*_moments(range_, viewer))
            case (Term(name, OneOf((value,))),) if name in EXACT_COLUMNS:
                if exact.setdefault(name, value.text) != value.text:
                    clauses = clauses.having(())
            case (Term("status"), *_):
                clauses = clauses.showing(value for _, values in _by_field(alternatives) for value in values)
            case _:
                clauses = clauses.having(_keys(viewer, alternatives))
    try:
        return clauses.exactly(exact)
    except TooWideError as error:
        raise NotAnsweredError(
            f"{', '.join(exact)} can be asked for within 24 hours: give a start and an end."
        ) from error


def alternatives_of(expression: Expression) -> tuple[Alternatives, ...]:
    """The expression as a conjunction of alternatives that `narrowed` can ask for. Raises NotAnsweredError."""
    match expression:
        case Words() | Term():
            found: tuple[Alternatives, ...] = ((expression,),)
        case Not(Term("status", OneOf(values))):
            others = set(Status.values) - {value.text for value in values}
            found = ((Term("status", OneOf(tuple(Value(word) for word in sorted(others)))),),)
        case Not():
            raise NotAnsweredError("NOT is not supported.")
        case All(operands):
            found = tuple(dict.fromkeys(one for operand in operands for one in alternatives_of(operand)))
        case AnyOf(operands):
            found = _any_of([alternatives_of(operand) for operand in operands])
    for alternatives in found:
        _check(alternatives)
    return found


def _any_of(operands: list[tuple[Alternatives, ...]]) -> tuple[Alternatives, ...]:
    """(a AND b) OR c is (a OR c) AND (b OR c)."""
    found, *others = operands
    for operand in others:
        if len(found) * len(operand) > MOST_PRODUCTS:
            raise NotAnsweredError("The search is too complex: put what OR joins into parentheses.")
        found = tuple(dict.fromkeys(tuple(dict.fromkeys(one + other)) for one in found for other in operand))
        if len(found) > MOST_CLAUSES:
            raise NotAnsweredError("The search is too complex: put what OR joins into parentheses.")
    return found


def _check(alternatives: Alternatives) -> None:
    fields = {one.field if isinstance(one, Term) else "q" for one in alternatives}
    for one in alternatives:
        if isinstance(one, Term) and isinstance(one.condition, OneOf):
            if any(value.is_prefix for value in one.condition.values):
                raise NotAnsweredError("An asterisk is not supported.")
            if one.field in EXACT_COLUMNS and len(one.condition.values) > 1:
                raise NotAnsweredError(f"Values of {one.field} cannot be joined by OR.")
    if unknown := sorted(fields - {"q", "date", *FILTERS, *EXACT_COLUMNS}):
        raise NotAnsweredError(f"{unknown[0]} cannot be asked for yet.")
    is_of_keys = fields <= {"q", *FILTERS} - {"status"}
    if not is_of_keys and fields != {"status"} and len(alternatives) > 1:
        raise NotAnsweredError(f"{' and '.join(sorted(fields))} cannot be joined by OR.")


def _by_field(alternatives: Alternatives) -> Iterator[tuple[str, list[str]]]:
    values: dict[str, list[str]] = {}
    for one in alternatives:
        if isinstance(one, Words):
            values.setdefault("q", []).append(one.text)
        elif isinstance(one.condition, OneOf):
            values.setdefault(one.field, []).extend(value.text for value in one.condition.values)
    yield from values.items()


def _keys(viewer: User, alternatives: Alternatives) -> set[int]:
    """The keys of everything that has one of the names or words, looked up in one statement."""
    organisation = viewer.organisation
    asked = dict(_by_field(alternatives))
    names = {name: values for name, values in asked.items() if name in LOOKED_UP}
    keys = set[int]().union(*keys_of_names(organisation, names).values())
    for name in asked.keys() - names.keys():
        keys |= {value_key(FILTERS[name].kind, organisation.pk, word) for word in asked[name]}
    return keys


def _moments(range_: Between, viewer: User) -> tuple[datetime | None, datetime | None]:
    """The half-open range in UTC. An end that is left out begins after its day, or ends before it."""
    first, last = (_moment(text) for text in (range_.first, range_.last))
    start, _ = day_range(first, None, viewer.zone)
    _, end = day_range(None, last, viewer.zone)
    if not range_.includes_first:
        _, start = day_range(None, first, viewer.zone)
    if not range_.includes_last:
        end, _ = day_range(last, None, viewer.zone)
    return start, end


def _moment(text: str | None) -> date | datetime | None:
    moment: date | datetime | None = DayOrMomentField(required=False).clean(text)
    return moment
