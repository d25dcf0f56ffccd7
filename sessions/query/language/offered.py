"""The fields that can be asked for, with the examples that can: what completion and the help page offer."""

from dataclasses import dataclass
from functools import cache

from sessions.query.language.clauses import answerable
from sessions.query.language.fields import FIELDS, Field
from sessions.query.language.parse import parse


@dataclass(frozen=True)
class Offered:
    """`name` is what stands before the colon, or before an attribute's own name."""

    name: str
    field: Field
    examples: tuple[str, ...]


@cache
def offered() -> tuple[Offered, ...]:
    found = [Offered(name, field, tuple(filter(is_answered, field.examples))) for name, field in FIELDS.items()]
    return tuple(one for one in found if one.examples)


def is_answered(text: str) -> bool:
    parsed = parse(text)
    _, refused = answerable(parsed.expression)
    return not parsed.mistakes and not refused
