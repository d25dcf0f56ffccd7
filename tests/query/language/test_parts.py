"""The parts of a search, and what is left of it without one."""

import pytest
from hypothesis import given

from sessions.query.expression import All, Expression
from sessions.query.language.parse import joined, parse
from sessions.query.language.parts import operands_of, parts_of
from sessions.query.language.printing import text_of
from tests.query.language.test_properties import EXPRESSIONS


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("corner shop", [("corner shop", "")]),
        ("status:failed  corner shop", [("status:failed", "corner shop"), ("corner shop", "status:failed")]),
        ("a -b", [("a", "-b"), ("-b", "a")]),
        ("a OR b", [("a OR b", "")]),
        ("(a OR b) NOT c", [("(a OR b)", "NOT c"), ("NOT c", "(a OR b)")]),
        ("a app:x b", [("a", "app:x b"), ("app:x", "a AND b"), ("b", "a app:x")]),
        ("a AND app:x AND b", [("a", "app:x b"), ("app:x", "a AND b"), ("b", "a app:x")]),
        ("a user:(b OR c)", [("a", "user:(b OR c)"), ("user:(b OR c)", "a")]),
        ("stauts:failed a", [("a", "stauts:failed")]),
        ("app:x (a", [("app:x", "(a"), ("(a", "app:x")]),
        ("app:\0", []),
    ],
)
def test_each_part_leaves_the_rest(text: str, parts: list[tuple[str, str]]) -> None:
    assert [(one.text, one.rest) for one in parts_of(text)] == parts


@given(EXPRESSIONS)
def test_without_a_part_all_others_are_meant(expression: Expression) -> None:
    operands = operands_of(expression)
    parts = parts_of(text_of(expression))
    assert [one.expression for one in parts] == list(operands)
    for number, one in enumerate(parts):
        assert parse(one.rest).expression == joined(All, [*operands[:number], *operands[number + 1 :]])
