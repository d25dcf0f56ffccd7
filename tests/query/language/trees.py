"""Short names for the parts of an expression."""

from sessions.query.expression import All, AnyOf, Between, Expression, Not, OneOf, Term, Value, Words

w = Words


def term(field: str, *values: str) -> Term:
    """One of the values; an asterisk at the end of one means what begins with it."""
    return Term(field, OneOf(tuple(Value(value.removesuffix("*"), value.endswith("*")) for value in values)))


def between(field: str, first: str | None, last: str | None, ends: str = "[]") -> Term:
    return Term(field, Between(first, last, ends[0] == "[", ends[1] == "]"))


def no(operand: Expression) -> Not:
    return Not(operand)


def both(*operands: Expression) -> All:
    return All(operands)


def either(*operands: Expression) -> AnyOf:
    return AnyOf(operands)
