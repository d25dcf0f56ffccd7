"""What may be meant by a search that is being typed: fields, and values that occur in the viewer's sessions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.utils import timezone
from lark import Token

from sessions.models import User
from sessions.query.expression import Value
from sessions.query.language.fields import SEARCH, Field, Sort
from sessions.query.language.grammar import grammar
from sessions.query.language.offered import offered
from sessions.query.language.printing import text_of_value
from sessions.query.language.tokens import is_readable, named
from sessions.query.options import filter_options

MOST_CANDIDATES = 30
# Words of vocabularies are offered without their field from so many letters on.
FEW_LETTERS = 2
DURATIONS = (">10s", ">1m", ">5m", ">1h", "<10s", "1m..5m")


@dataclass(frozen=True)
class Candidate:
    """The text to put in, what it is called, and what is to be said about it."""

    text: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Completion:
    """The candidates take the place of what stands from `start` on."""

    start: int
    candidates: list[Candidate]


@dataclass(frozen=True)
class Place:
    """What is being typed: the value of a field, or a word. `typed` stands from `start` on, perhaps after a quote."""

    start: int
    typed: str
    field: str | None = None


def completion(viewer: User, before: str) -> Completion:
    """Candidates for what stands before the caret, at most 30."""
    place = place_of(before) if is_readable(before) else None
    if place is None:
        return Completion(len(before), [])
    found = of_words(place.typed) if place.field is None else of_values(viewer, place.field, place.typed)
    return Completion(place.start, list(islice(found, MOST_CANDIDATES)))


def place_of(before: str) -> Place | None:
    """None if nothing can be offered there, as in a phrase."""
    listed: str | None = None
    last: Token | None = None
    for last in grammar().lex(before):
        if last.type == "LIST":
            listed, _ = named(last)
        elif last.type == "RPAR":
            listed = None
    end = len(before)
    if last is None or last.end_pos != end or last.type in ("LPAR", "LIST", "MINUS") or last == "-":
        return Place(end, "", listed)
    if last.type == "TERM" and listed is None:
        name, value = named(last)
        return of_quoted(end - len(value), value, name)
    if listed is not None or last.type == "WORD":
        return of_quoted(last.start_pos or 0, last, listed)
    return None


def of_quoted(start: int, value: str, field: str | None) -> Place | None:
    if not value.startswith('"'):
        return Place(start, value, field)
    is_closed = value.endswith('"') and len(value) > 1
    return None if is_closed or field is None else Place(start, value[1:], field)


def of_words(typed: str) -> Iterator[Candidate]:
    """Fields, and words of their vocabularies, that begin with what is typed."""
    begun = typed.lower()
    for one in offered():
        if one.name.startswith(begun):
            yield Candidate(one.name if one.name.endswith(".") else f"{one.name}:", one.name, one.field.help_text)
    if len(begun) >= FEW_LETTERS:
        for one in offered():
            for word in one.field.words:
                if word.startswith(begun):
                    yield Candidate(f"{one.name}:{word} ", f"{one.name}:{word}")


def of_values(viewer: User, name: str, typed: str) -> Iterator[Candidate]:
    field = SEARCH.field(name)
    if field is None:
        return
    for value, note in values(viewer, field, typed):
        text = value if field.sort.is_ordered else text_of_value(Value(value))
        yield Candidate(f"{text} ", value, note)


def values(viewer: User, field: Field, typed: str) -> Iterator[tuple[str, str]]:
    """Values and notes on them. Those of closed vocabularies and ranges begin with what is typed."""
    if field.sort is Sort.TEXT:
        yield from occurring(viewer, field, typed)
        return
    known = dates(viewer) if field.sort is Sort.DATE else DURATIONS if field.sort is Sort.DURATION else field.words
    for value in known:
        if value.startswith(typed.lower()):
            yield value, ""


def occurring(viewer: User, field: Field, typed: str) -> Iterator[tuple[str, str]]:
    """From the options of the filter bar, all of which the viewer may see."""
    for value, label in filter_options(viewer, typed).values.get(field.name, []):
        yield (f"{value} {label}".strip(), "") if field.name == "os" else (value, label)


def dates(viewer: User) -> list[str]:
    today = timezone.localdate(timezone=viewer.zone)
    week, month = (today - timedelta(days=days) for days in (6, 29))
    return [str(today), f">={week}", f">={month}", f"{week}..{today}"]
