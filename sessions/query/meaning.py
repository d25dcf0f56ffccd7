"""What the expressions of a search, and the parameters of a list, mean: conditions on sessions.

Their values have been read, by the parser or by the parameters' fields. A name that does not exist matches nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple
from uuid import UUID

from sessions.models import User
from sessions.models.dimensions import FILTERS, Dimension, of_attribute
from sessions.models.keys import value_key
from sessions.query.criteria.conditions import (
    EXACT_COLUMNS,
    AttributeStartsWith,
    Condition,
    Every,
    HasEvent,
    HasFile,
    HasKey,
    IsOneOf,
    Lasted,
    Reads,
    Shows,
    StartsWith,
    TookPlace,
    either,
)
from sessions.query.criteria.names import ATTRIBUTES, LOOKED_UP, TEXTS, LookUp, keys_of_each
from sessions.query.durations import milliseconds
from sessions.query.expression import All, AnyOf, Between, Expression, Not, OneOf, Term, Value, Words
from sessions.query.parameters import DayMomentOrAgoField, day_range, settled

# What one search may consist of. Each term that is looked up is a part of one statement.
MOST_PARTS = 500
MOST_LOOK_UPS = 60
DEEPEST = 60

LASTED = {"duration": "duration_ms", "queue": "queue_ms"}
# The parameters whose values are those of a term; `attr.NAME` comes to them.
FIELDS = frozenset({*FILTERS, *LOOKED_UP, "id", "external_id", "has", "event"}) - {"q", ATTRIBUTES}
ATTRIBUTE = f"{ATTRIBUTES}."
EVENTS = "events"


def attribute_name(field: str) -> str | None:
    """`branch` of `attr.branch`. None for other fields."""
    return field.removeprefix(ATTRIBUTE) if field.startswith(ATTRIBUTE) and field != ATTRIBUTE else None


class CannotAskError(ValueError):
    """The expression asks for more than a statement can take."""


def check(expression: Expression) -> None:
    """Raises CannotAskError for what `conditions_of` cannot take."""
    parts, level = 0, [expression]
    for _ in range(DEEPEST):
        parts += len(level)
        level = [part for one in level for part in _parts(one)]
        if not level or parts > MOST_PARTS:
            break
    if level:
        raise CannotAskError(f"A search has at most {MOST_PARTS} parts, {DEEPEST} deep.")
    if len(set(_look_ups(gathered(expression)))) > MOST_LOOK_UPS:
        raise CannotAskError(f"A search has at most {MOST_LOOK_UPS} different words and names.")


def conditions_of(viewer: User, expression: Expression) -> Condition:
    """What sessions must meet. Names are looked up in one statement. `check` has found nothing wrong."""
    expression = gathered(expression)
    look_ups = list(dict.fromkeys(_look_ups(expression)))
    keys = keys_of_each(viewer.organisation, look_ups)
    found = {look_up: HasKey(frozenset(of_one)) for look_up, of_one in zip(look_ups, keys, strict=True)}
    return _Reading(viewer, found).condition(expression)


class _Reading(NamedTuple):
    """`found` has what the look-ups of an expression have found."""

    viewer: User
    found: dict[LookUp, HasKey]

    def condition(self, expression: Expression) -> Condition:
        match expression:
            case Words(text):
                return self.found[LookUp("q", (text,))]
            case Term():
                return self.term(expression)
            case Not(operand):
                return self.condition(operand).negated()
            case All(operands):
                return Every(tuple(map(self.condition, operands)))
            case AnyOf(operands):
                return either(map(self.condition, operands))

    def term(self, term: Term) -> Condition:
        name, organisation = term.field, self.viewer.organisation
        texts = [value.text for value in _values(term)]
        if name in LASTED:
            return _lasted(term)
        if name == "date":
            return _took_place(term, self.viewer.zone)
        if name == "id":
            return IsOneOf(frozenset(_uuids(texts)))
        if name == "external_id":
            return IsOneOf(frozenset(map(organisation.session_id, texts)))
        if name in EXACT_COLUMNS:
            return Reads(name, tuple(texts))
        if name == "has":
            return _has(texts)
        if name == "event":
            types = tuple(value.text for value in _values(term) if not value.is_prefix)
            return HasEvent(types, tuple(value.text for value in _values(term) if value.is_prefix))
        if look_up := _look_up(term):
            return either([self.found[look_up], *_prefixes(term)])
        return _has_word(FILTERS[name], organisation.pk, texts)


def gathered(expression: Expression) -> Expression:
    """The same, with values of one field that are alternatives in one term: so they are looked up at once."""
    match expression:
        case Not(operand):
            return Not(gathered(operand))
        case All(operands):
            return All(tuple(map(gathered, operands)))
        case AnyOf(operands):
            values: dict[str, list[Value]] = {}
            others: list[Expression] = []
            for operand in map(gathered, operands):
                if isinstance(operand, Term) and isinstance(operand.condition, OneOf):
                    values.setdefault(operand.field, []).extend(operand.condition.values)
                else:
                    others.append(operand)
            terms = [Term(field, OneOf(tuple(dict.fromkeys(of_one)))) for field, of_one in values.items()]
            return AnyOf((*terms, *others))
        case _:
            return expression


def _parts(expression: Expression) -> Sequence[Expression]:
    match expression:
        case All(operands) | AnyOf(operands):
            return operands
        case Not(operand):
            return (operand,)
        case _:
            return ()


def _look_ups(expression: Expression) -> Iterator[LookUp]:
    match expression:
        case Words(text):
            yield LookUp("q", (text,))
        case Term() if look_up := _look_up(expression):
            yield look_up
        case _:
            for part in _parts(expression):
                yield from _look_ups(part)


def _look_up(term: Term) -> LookUp | None:
    values = _values(term)
    whole = tuple(value.text for value in values if not value.is_prefix)
    if name := attribute_name(term.field):
        return LookUp(ATTRIBUTES, tuple(of_attribute(name, text) for text in whole))
    if term.field not in LOOKED_UP:
        return None
    return LookUp(term.field, whole, tuple(value.text for value in values if value.is_prefix))


def _prefixes(term: Term) -> list[Condition]:
    """The prefixes of texts that are nowhere but on the sessions."""
    dimension = TEXTS.get(term.field)
    prefixes = tuple(value.text for value in _values(term) if value.is_prefix)
    if prefixes and (name := attribute_name(term.field)):
        return [AttributeStartsWith(name, prefixes)]
    return [StartsWith(dimension.kind, prefixes)] if dimension and prefixes and not dimension.is_facet else []


def _values(term: Term) -> tuple[Value, ...]:
    return term.condition.values if isinstance(term.condition, OneOf) else ()


def _has(texts: list[str]) -> Condition:
    kinds = tuple(text for text in texts if text != EVENTS)
    conditions = [HasFile(kinds)] if kinds else []
    return either([*conditions, *([HasEvent()] if EVENTS in texts else [])])


def _has_word(dimension: Dimension, organisation_id: int, words: Iterable[str]) -> Condition:
    if dimension.parameter == "status":
        return Shows(frozenset(words))
    return HasKey(frozenset(value_key(dimension.kind, organisation_id, word) for word in words))


def _uuids(texts: Iterable[str]) -> Iterator[UUID]:
    for text in texts:
        try:
            yield UUID(text)
        except ValueError:
            continue


def _lasted(term: Term) -> Condition:
    ends = term.condition
    assert isinstance(ends, Between)
    first, last = (None if end is None else milliseconds(end) for end in (ends.first, ends.last))
    if first is not None and not ends.includes_first:
        first += 1
    if last is not None and not ends.includes_last:
        last -= 1
    return Lasted(LASTED[term.field], first, last)


def _took_place(term: Term, zone: tzinfo) -> Condition:
    """The half-open range in UTC. An end that is left out begins after its day, or ends before it."""
    ends = term.condition
    assert isinstance(ends, Between)
    first, last = (settled(DayMomentOrAgoField(required=False).clean(text), zone) for text in (ends.first, ends.last))
    start, _ = day_range(first, None, zone)
    _, end = day_range(None, last, zone)
    if not ends.includes_first:
        _, start = day_range(None, first, zone)
    if not ends.includes_last:
        end, _ = day_range(last, None, zone)
    return TookPlace(start, end)
