"""The fields that can be asked for, with the examples that can: what completion and the help page offer."""

from dataclasses import dataclass

from sessions.query.language.fields import FIELDS, Field


@dataclass(frozen=True)
class Offered:
    """`name` is what stands before the colon, or before an attribute's own name."""

    name: str
    field: Field
    examples: tuple[str, ...]


def offered() -> tuple[Offered, ...]:
    return tuple(Offered(name, field, field.examples) for name, field in FIELDS.items())
