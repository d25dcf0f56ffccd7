"""Whatever the text: nothing raises, and what is printed reads as it was meant."""

from hypothesis import example, given
from hypothesis import strategies as st

from sessions.query.expression import All, AnyOf, Between, Expression, Not, OneOf, Term, Value, Words
from sessions.query.language.fields import FIELDS, Sort
from sessions.query.language.mistakes import Parsed
from sessions.query.language.parse import parse
from sessions.query.language.printing import text_of

PIECES = (
    "status:", "status:failed", "stauts:x", "user:(", "attr.a:", 'attr."b c":', "date:", "2026-11-01", "..", ">=",
    "duration:>5m", "[", "]", "{a TO b]", " TO ", "(", ")", " ", "-", "OR", "AND", "NOT", '"', "\\", "*", "a", ",",
    "é", "\0", "\ud800", "\n",
)  # fmt: skip
# Surrogates and NUL cannot be stored, so no expression has them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
WORDS = TEXTS.filter(lambda text: bool(text.strip()))
NAMES = st.sampled_from([name for name, field in FIELDS.items() if field.sort is Sort.TEXT and name != "attr."])
ATTRIBUTES = TEXTS.map(lambda name: f"attr.{name}")
DURATIONS = st.integers(0, 10_000).map(lambda number: f"{number}s")


def ranges(ends: tuple[str | None, str | None], includes_first: bool, includes_last: bool) -> Between:
    first, last = ends
    if first and last and int(first[:-1]) > int(last[:-1]):
        first, last = last, first
    return Between(first, last, includes_first or not first, includes_last or not last)


def of_values(values: list[Value]) -> OneOf:
    return OneOf(tuple(dict.fromkeys(values)))


TERMS = st.one_of(
    st.builds(Words, WORDS),
    st.builds(
        Term,
        NAMES | ATTRIBUTES,
        st.lists(st.builds(Value, TEXTS, st.booleans()), min_size=1, max_size=4).map(of_values),
    ),
    st.builds(Term, st.just("status"), st.sampled_from([OneOf((Value("failed"),)), OneOf((Value("lost"),))])),
    st.builds(
        Term,
        st.sampled_from(["duration", "queue"]),
        st.builds(
            ranges,
            st.tuples(DURATIONS | st.none(), DURATIONS | st.none()).filter(any),
            st.booleans(),
            st.booleans(),
        ),
    ),
)


def several(kind: type[All] | type[AnyOf], operands: list[Expression]) -> Expression:
    """As the parser makes it: nothing is nested in its own kind."""
    flat = [one for operand in operands for one in (operand.operands if isinstance(operand, kind) else [operand])]
    return kind(tuple(flat))


def nested(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    lists = st.lists(inner, min_size=2, max_size=4)
    return st.one_of(
        st.builds(Not, inner), st.builds(several, st.just(All), lists), st.builds(several, st.just(AnyOf), lists)
    )


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(TERMS, nested, max_leaves=20)


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
@example("(" * 1_000)
@example("-" * 1_000)
@example('"\\' * 1_000)
@example("user:(" * 40)
@example("NOT (" * 40)
def test_any_text_is_read(text: str) -> None:
    parsed = parse(text)
    for mistake in parsed.mistakes:
        assert 0 <= mistake.start <= mistake.end <= len(text)
        assert mistake.message
        parse(parsed.corrected(mistake))
    if parsed.expression:
        assert parse(text_of(parsed.expression)).expression == parsed.expression


@given(EXPRESSIONS)
def test_what_is_printed_reads_as_it_was_meant(expression: Expression) -> None:
    text = text_of(expression)
    assert parse(text) == Parsed(text, expression)
