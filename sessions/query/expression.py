"""What a search means, as a tree of words, terms, negations and alternatives.

`parse` makes the tree from text, and `sessions.query.criteria` turns it into conditions on sessions.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Text to search for: a word, or a "phrase" with its blanks."""

    text: str


@dataclass(frozen=True)
class Value:
    """A value as it was typed, without quotes. `is_prefix` if an asterisk ended it."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True)
class OneOf:
    """`user:ann`, `user:(ann bob)`, `version:8.*`: a session must have one of the values."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class Between:
    """`duration:>5m`, `queue:<=2s`, `date:2026-11-01..2026-11-07`. None is an open end."""

    first: str | None = None
    last: str | None = None
    includes_first: bool = True
    includes_last: bool = True


@dataclass(frozen=True)
class Term:
    """A condition on one field, by the name of its parameter: `app`, `duration`, `attr.branch`."""

    field: str
    condition: OneOf | Between


@dataclass(frozen=True)
class Not:
    operand: "Expression"


@dataclass(frozen=True)
class All:
    operands: "tuple[Expression, ...]"


@dataclass(frozen=True)
class AnyOf:
    operands: "tuple[Expression, ...]"


Expression = Words | Term | Not | All | AnyOf
