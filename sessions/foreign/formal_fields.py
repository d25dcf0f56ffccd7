"""Formal's query language: our own, with Formal's names for fields, and nothing passed over."""

from sessions.contract.choices import OPEN_STATUSES, Status
from sessions.models import User
from sessions.models.dimensions import FILTERS
from sessions.query.criteria.clauses import Clauses, TooWideError
from sessions.query.criteria.conditions import EXACT_COLUMNS
from sessions.query.language.fields import FIELDS, Dialect, Field, Sort
from sessions.query.language.parse import parse
from sessions.query.meaning import CannotAskError, check, conditions_of

ACTIVE = frozenset(status.value for status in OPEN_STATUSES)
COMPLETED = frozenset(Status.values) - ACTIVE
SESSION_STATUSES = {"active": tuple(sorted(ACTIVE)), "completed": tuple(sorted(COMPLETED))}

FORMAL = Dialect(
    {
        "user.username": FIELDS["user"],
        "user.email": FIELDS["user"],
        **{name: FIELDS[name] for name in FILTERS},
        "sessionStatus": Field("status", Sort.WORDS, words=SESSION_STATUSES),
        "startTime": FIELDS["date"],
        **{name: Field(name, Sort.TEXT) for name in EXACT_COLUMNS},
    },
    is_strict=True,
)


class QueryError(ValueError):
    """What is wrong with the query, for whoever wrote it."""


def asking(clauses: Clauses, viewer: User, query: str) -> Clauses:
    """The clauses and those that the query adds. Raises QueryError."""
    parsed = parse(query, FORMAL)
    if parsed.mistakes:
        raise QueryError(parsed.placed(parsed.mistakes[0]))
    if parsed.expression is None:
        return clauses
    try:
        check(parsed.expression)
        clauses = clauses.meeting(conditions_of(viewer, parsed.expression))
        clauses.check_range()
    except CannotAskError as error:
        raise QueryError(str(error)) from error
    except TooWideError as error:
        raise QueryError(
            f"{', '.join(EXACT_COLUMNS)} are asked for within 24 hours: give a start and an end."
        ) from error
    return clauses
