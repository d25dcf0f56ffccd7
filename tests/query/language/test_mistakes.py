"""What is wrong with a search: each mistake with its place, and what applies all the same."""

import pytest

from sessions.foreign.formal_fields import FORMAL
from sessions.query.expression import Expression
from sessions.query.language.parse import parse
from tests.query.language.trees import between, either, no, term, w


@pytest.mark.parametrize(
    ("text", "marked", "said", "corrected"),
    [
        ("a stauts:failed", "stauts:failed", "There is no field “stauts”.", "a status:failed"),
        ("statuss:(failed lost)", "statuss:(", "There is no field “statuss”.", "status:(failed lost)"),
        ('usr:"Ann B"', 'usr:"Ann B"', None, None),
        ('users:"Ann B"', 'users:"Ann B"', "There is no field “users”.", 'user:"Ann B"'),
        ("status:faled", "faled", "“faled” is not one of queued,", "status:failed"),
        ("status:(faled lost)", "faled", "“faled” is not one of queued,", "status:(failed lost)"),
        ("status:x*", "x*", "“x” is not one of queued,", None),
        ("a status: failed b", "status: failed", "“status:” has no value, since a blank", "a status:failed b"),
        ("status:", "status:", "“status” has no value.", None),
        ("app:*", "*", "“app” has no value.", None),
        ('app:""', '""', "“app” has no value.", None),
        ('app:"a b', '"a b', "“app” has no value, since its quote is not closed.", 'app:"a b"'),
        ("app:>5", ">5", "“app” cannot be compared.", "app:5"),
        ("app:[a TO b]", "[a TO b]", "“app” takes no range.", None),
        ("app:" + "x" * 1_026, "x" * 1_026, "A value has at most 1025 characters.", None),
        ("duration:>", "duration:>", "“duration” has no value.", None),
        ("duration:5m*", "5m*", "“5m*” is not a length of time.", None),
        ("duration:>90", "90", "“90” is not a length of time.", "duration:>90s"),
        ("duration:1m..5x", "5x", "“5x” is not a length of time.", None),
        ("duration:..", "..", "“duration” has no value.", None),
        ("duration:[* TO *]", "[* TO *]", "“duration” has no value.", None),
        ("duration:5m..1m", "5m..1m", "The range ends before it begins.", "duration:1m..5m"),
        ("date:>banana", "banana", "“banana” is not a date.", None),
        ("date:2026-02-30", "2026-02-30", "does not exist in the calendar", None),
        ("date:2026-11-07..2026-11-01", "2026-11-07..2026-11-01", "ends before", "date:2026-11-01..2026-11-07"),
        ('"a b', '"a b', "The quote is not closed", '"a b"'),
        ('a ""', '""', "There is nothing between these quotes.", None),
        ('"a b"*', '"a b"*', "An asterisk stands behind the value of a field.", '"a b"'),
        ("[2026 TO", "[2026 TO", "A range stands behind a field", None),
        ("(a OR b", "(a OR b", "A parenthesis is not closed.", "(a OR b)"),
        ("user:(a b", "user:(a b", "A parenthesis is not closed.", "user:(a b)"),
        ("a)", ")", "A parenthesis is closed that was not opened.", "a"),
        ("()", "(", "There is nothing between these parentheses.", None),
        ("user:()", "user:(", "There is nothing between these parentheses.", None),
        ("a OR", "OR", "The search ends where a term is expected.", "a"),
        ("OR a", "OR", "“OR” stands where a term is expected.", "a"),
        ("a AND OR b", "OR", "“OR” stands where a term is expected.", "a AND  b"),
        ("(a OR) b", "OR", "No term follows “OR”.", None),
        ("NOT", "NOT", "The search ends where a term is expected.", ""),
        ("user:(a -b)", "user:(a -", "A list has values alone", None),
        ("user:(a AND b)", "user:(a AND", "A list has values alone", None),
        ("user:(a (b) -c)", "user:(a (", "A list has values alone", None),
    ],
)
def test_a_mistake_has_its_place_and_a_suggestion(
    text: str, marked: str, said: str | None, corrected: str | None
) -> None:
    parsed = parse(text)
    if said is None:
        assert not parsed.mistakes
        return
    (mistake,) = parsed.mistakes
    assert text[mistake.start : mistake.end] == marked
    assert said in mistake.message
    assert (None if mistake.suggestion is None else parsed.corrected(mistake)) == corrected


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("stauts:failed", None),
        ("a stauts:failed", w("a")),
        ("-stauts:failed a", w("a")),
        ("a OR stauts:failed", w("a")),
        ("status:(faled lost)", term("status", "lost")),
        ("status:(faled)", None),
        ("user:(a -b) c", w("c")),
        ("user:(a (b c) d) e", w("e")),
        ("user:(ann bob", term("user", "ann", "bob")),
        ("statuss:(failed) a", w("a")),
        ("(a OR", w("a")),
        ("-(a OR b", no(either(w("a"), w("b")))),
        ("a OR OR b", either(w("a"), w("b"))),
        ("duration:(1m x)", between("duration", "1m", "1m")),
        ('"a b', w("a b")),
        ("a)) OR b", either(w("a"), w("b"))),
        ("status: failed b", w("b")),
    ],
)
def test_the_rest_applies(text: str, tree: Expression | None) -> None:
    parsed = parse(text)
    assert parsed.expression == tree
    assert parsed.mistakes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" * 10_001, "longer than 10000 characters"),
        ("app:a " * 101, "more than 100 terms"),
        ("user:(" + "a " * 101 + ")", "more than 100 terms"),
        ("(" * 31 + "a", "nested deeper than 30 levels"),
        ("NOT " * 401, "more than 400 operators"),
        ("app:\0", "a character that no text can have"),
        ("a \ud83d", "a character that no text can have"),
    ],
)
def test_what_cannot_be_read_is_one_mistake(text: str, said: str) -> None:
    parsed = parse(text)
    (mistake,) = parsed.mistakes
    assert said in mistake.message
    assert (parsed.expression, parsed.placed(mistake)) == (None, mistake.message)


def test_the_most_that_is_read_is_read() -> None:
    assert not parse("app:a " * 100).mistakes
    assert not parse("word " * 2_000).mistakes
    assert not parse("(" * 30 + "a" + ")" * 30).mistakes
    assert not parse("NOT " * 99 + "a").mistakes


def test_a_reader_without_a_page_is_told_the_place() -> None:
    parsed = parse("a stauts:failed")
    assert parsed.placed(parsed.mistakes[0]) == (
        "“stauts:failed” at character 3 is not understood: There is no field “stauts”. Did you mean “status:failed”?"
    )


def test_a_strict_dialect_knows_every_name() -> None:
    (mistake,) = parse("http://example.com", FORMAL).mistakes
    assert mistake.message.startswith("There is no field “http”. Fields are user.username,")
