"""The fields of Formal's query language, and what each asks of our sessions."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError

from sessions.contract.choices import OPEN_STATUSES, Status
from sessions.foreign.formal_query import Clause, Query, QueryError, Range, Term
from sessions.models import Organisation, User
from sessions.models.dimensions import FILTERS, Dimension
from sessions.models.keys import value_key
from sessions.query.criteria.clauses import EXACT_COLUMNS, Clauses, TooWideError
from sessions.query.criteria.names import keys_of_names
from sessions.query.parameters import DayOrMomentField, day_range

ACTIVE = frozenset(status.value for status in OPEN_STATUSES)
COMPLETED = frozenset(Status.values) - ACTIVE
SESSION_STATUSES = {"active": ACTIVE, "completed": COMPLETED}
STATUS_FIELDS = {"sessionStatus": SESSION_STATUSES, "status": {name: frozenset({name}) for name in Status.values}}
TIME_FIELD = "startTime"


def _of_words(dimension: Dimension) -> Callable[[Organisation, list[str]], set[int]]:
    known = frozenset(dimension.words)

    def keys(organisation: Organisation, values: list[str]) -> set[int]:
        if unknown := sorted(set(values) - known):
            raise QueryError(f"“{unknown[0][:60]}” is not one of {', '.join(sorted(known))}.")
        return {value_key(dimension.kind, organisation.pk, value) for value in values}

    return keys


def _named(name: str) -> Callable[[Organisation, list[str]], set[int]]:
    return lambda organisation, values: keys_of_names(organisation, {name: values})[name]


# What is found by keys, so that AND and OR join these in any way.
KEY_FIELDS: Mapping[str, Callable[[Organisation, list[str]], set[int]]] = {
    "": _named("q"),
    "user.username": _named("user"),
    "user.email": _named("user"),
    **{
        name: _of_words(dimension) if dimension.vocabulary else _named(name)
        for name, dimension in FILTERS.items()
        if name not in STATUS_FIELDS
    },
}
FIELDS = (*KEY_FIELDS, *STATUS_FIELDS, TIME_FIELD, *EXACT_COLUMNS)


def narrowed(clauses: Clauses, viewer: User, query: Query) -> Clauses:
    """The clauses and those that the query adds. Raises QueryError."""
    exact: dict[str, str] = {}
    for clause in query:
        fields = {_known(term) for term in clause}
        if fields <= KEY_FIELDS.keys():
            clauses = clauses.having(_keys(viewer.organisation, clause))
        elif fields <= STATUS_FIELDS.keys():
            clauses = clauses.showing(frozenset[str]().union(*(_statuses(term) for term in clause)))
        elif len(clause) > 1:
            raise QueryError(f"{' and '.join(sorted(fields))} cannot be joined by OR.")
        elif fields == {TIME_FIELD}:
            clauses = clauses.between(*_range(viewer, clause))
        else:
            (term,) = clause
            if exact.setdefault(term.field, _word(term)) != term.value:
                clauses = clauses.having(())
    try:
        return clauses.exactly(exact)
    except TooWideError as error:
        raise QueryError(
            f"{', '.join(exact)} can be asked for within 24 hours: give startTimestamp and endTimestamp."
        ) from error


def _known(term: Term) -> str:
    if term.field not in FIELDS:
        raise QueryError(f"There is no field “{term.field[:60]}”. Fields are {', '.join(filter(None, FIELDS))}.")
    return term.field


def _word(term: Term) -> str:
    if isinstance(term.value, Range):
        raise QueryError(f"{term.field or 'A search'} takes no range.")
    return term.value


def _keys(organisation: Organisation, clause: Clause) -> set[int]:
    """Of one of these values: asked field by field, whatever their number."""
    values: dict[str, list[str]] = {}
    for term in sorted(clause, key=lambda term: (term.field, str(term.value))):
        values.setdefault(term.field, []).append(_word(term))
    return {key for field, given in values.items() for key in KEY_FIELDS[field](organisation, given)}


def _statuses(term: Term) -> frozenset[str]:
    known = STATUS_FIELDS[term.field]
    if _word(term) not in known:
        raise QueryError(f"“{str(term.value)[:60]}” is not one of {', '.join(known)}.")
    return known[_word(term)]


def _range(viewer: User, clause: Clause) -> tuple[datetime | None, datetime | None]:
    (term,) = clause
    if not isinstance(term.value, Range):
        raise QueryError(f"{TIME_FIELD} takes a range: {TIME_FIELD}:[2026-01-01 TO 2026-01-31]")
    return day_range(_moment(term.value.first), _moment(term.value.last), viewer.zone)


def _moment(text: str) -> date | datetime | None:
    try:
        return None if text == "*" else DayOrMomentField().clean(text)
    except ValidationError as error:
        raise QueryError(error.messages[0]) from error
