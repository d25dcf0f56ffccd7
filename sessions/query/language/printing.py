"""Writes an expression as text. Parsed again, it is the same expression."""

import re
from typing import assert_never

from sessions.query.expression import All, AnyOf, Between, Expression, Not, OneOf, Term, Value, Words
from sessions.query.language.fields import ATTRIBUTE

# What no reader takes for anything but a value or a part of a name.
_PLAIN = re.compile(r"[A-Za-z0-9_@/][A-Za-z0-9_.@/+-]*+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]++")
_SIGNS = frozenset({"AND", "OR", "NOT"})


def text_of(expression: Expression) -> str:
    match expression:
        case Words(text):
            return quoted(text)
        case Term(field, condition):
            return f"{_name(field)}:{_condition(condition)}"
        case Not(operand):
            return f"-{_operand(operand)}"
        case All(operands):
            return " ".join(map(_operand, operands))
        case AnyOf(operands):
            return " OR ".join(map(_operand, operands))
        case _:
            assert_never(expression)


def _operand(expression: Expression) -> str:
    """The text with parentheses where it would be torn apart without them."""
    text = text_of(expression)
    return f"({text})" if isinstance(expression, All | AnyOf | Not) else text


def _condition(condition: OneOf | Between) -> str:
    if isinstance(condition, OneOf):
        values = " ".join(map(text_of_value, condition.values))
        return values if len(condition.values) == 1 else f"({values})"
    opening = "[" if condition.includes_first else "{"
    closing = "]" if condition.includes_last else "}"
    return f"{opening}{condition.first or '*'} TO {condition.last or '*'}{closing}"


def _name(field: str) -> str:
    name = field.removeprefix(ATTRIBUTE)
    return field if name == field or _PLAIN_NAME.fullmatch(name) else f"{ATTRIBUTE}{quoted(name)}"


def text_of_value(value: Value) -> str:
    is_plain = _PLAIN.fullmatch(value.text) and value.text not in _SIGNS
    return f"{value.text if is_plain else quoted(value.text)}{'*' * value.is_prefix}"


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
