"""What a search means: texts and their trees."""

import pytest

from sessions.foreign.formal_fields import FORMAL
from sessions.query.expression import Expression, OneOf, Term, Value
from sessions.query.language.mistakes import Parsed
from sessions.query.language.parse import parse
from tests.query.language.trees import between, both, either, no, term, w


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \n ", None),
        ("shop", w("shop")),
        ("corner shop", w("corner shop")),
        (" corner  shop ", w("corner  shop")),
        ('"corner shop"', w("corner shop")),
        ('"corner" shop', both(w("corner"), w("shop"))),
        ("corner AND shop", both(w("corner"), w("shop"))),
        ("corner or shop", w("corner or shop")),
        ("corner OR shop", either(w("corner"), w("shop"))),
        ("ORDER NOTE ANDROID", w("ORDER NOTE ANDROID")),
        ("-shop", no(w("shop"))),
        ("NOT shop", no(w("shop"))),
        ("-corner shop", both(no(w("corner")), w("shop"))),
        ('-"corner shop"', no(w("corner shop"))),
        ("-(a OR b)", no(either(w("a"), w("b")))),
        ("NOT -a", no(no(w("a")))),
        ("a b OR c AND d", either(w("a b"), both(w("c"), w("d")))),
        ("(a OR b) c", both(either(w("a"), w("b")), w("c"))),
        ("((a))", w("a")),
        ("a (b (c d)) e", both(w("a"), w("b"), w("c d"), w("e"))),
        ("a OR (b OR c)", either(w("a"), w("b"), w("c"))),
        (r'"a \"b\" \\ \c"', w(r'a "b" \ \c')),
    ],
)
def test_words_and_operators(text: str, tree: Expression | None) -> None:
    parsed = parse(text)
    assert (parsed.expression, parsed.mistakes) == (tree, ())


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("status:failed", term("status", "failed")),
        ("STATUS:Failed", term("status", "failed")),
        ("-status:failed", no(term("status", "failed"))),
        ("NOT status:failed", no(term("status", "failed"))),
        ("status:failed checkout", both(term("status", "failed"), w("checkout"))),
        ("status:(failed lost)", term("status", "failed", "lost")),
        ("status:(failed OR lost)", term("status", "failed", "lost")),
        ("status:(failed, lost)", term("status", "failed", "lost")),
        ("status:(failed failed)", term("status", "failed")),
        ("status:l*", term("status", "lost")),
        ("user:(ann bob) x", both(term("user", "ann", "bob"), w("x"))),
        ("user:ann@example.com", term("user", "ann@example.com")),
        ("user:<ann@example.com>", term("user", "<ann@example.com>")),
        (r'user:"\"ann\""', term("user", '"ann"')),
        ('device:"Pixel 9"', term("device", "Pixel 9")),
        ('device:("Pixel 9" OR "iPad (7)")', term("device", "Pixel 9", "iPad (7)")),
        ("device:iPad(7)", term("device", "iPad(7)")),
        ("app:com.example:thing", term("app", "com.example:thing")),
        ("app:(a:b c)", term("app", "a:b", "c")),
        ('app:(a* "b c"*)', term("app", "a*", "b c*")),
        ("app:com.*", term("app", "com.*")),
        ('app:"com. x"*', term("app", "com. x*")),
        ('app:"a*"', Term("app", OneOf((Value("a*"),)))),
        ("attr.branch:main", term("attr.branch", "main")),
        ("ATTR.Branch:Main", term("attr.Branch", "Main")),
        ('attr."my \\"name\\"":x', term('attr.my "name"', "x")),
        ("attr.zoë/1:(a b)", term("attr.zoë/1", "a", "b")),
        ("event:console-error", term("event", "console-error")),
        ("has:video -has:events", both(term("has", "video"), no(term("has", "events")))),
    ],
)
def test_fields(text: str, tree: Expression) -> None:
    parsed = parse(text)
    assert (parsed.expression, parsed.mistakes) == (tree, ())


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("duration:>5m", between("duration", "5m", None, "(]")),
        ("duration:>=1h30m", between("duration", "1h30m", None)),
        ("queue:<2s", between("queue", None, "2s", "[)")),
        ("queue:<=250ms", between("queue", None, "250ms")),
        ("duration:5m", between("duration", "5m", "5m")),
        ("duration:0", between("duration", "0", "0")),
        ("duration:1m..5m", between("duration", "1m", "5m")),
        ("duration:1m..", between("duration", "1m", None)),
        ("duration:..1.5s", between("duration", None, "1.5s")),
        ("duration:[1m TO 5m]", between("duration", "1m", "5m")),
        ("duration:{1m TO *]", between("duration", "1m", None, "(]")),
        ("duration:[ * TO 5m }", between("duration", None, "5m", "[)")),
        ("duration:(1m 5m..6m)", either(between("duration", "1m", "1m"), between("duration", "5m", "6m"))),
        ("date:2026-11-01", between("date", "2026-11-01", "2026-11-01")),
        ("date:>=2026-11-01", between("date", "2026-11-01", None)),
        ("date:2026-11-01..2026-11-07", between("date", "2026-11-01", "2026-11-07")),
        ("date:<2026-11-01T10:00:00+02:00", between("date", None, "2026-11-01T10:00:00+02:00", "[)")),
        ('date:"2026-11-01"', between("date", "2026-11-01", "2026-11-01")),
    ],
)
def test_ranges(text: str, tree: Expression) -> None:
    parsed = parse(text)
    assert (parsed.expression, parsed.mistakes) == (tree, ())


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/a?b=c:d#(e)",
        "12:30",
        "com.example:thing",
        "http://localhost:8000/sessions/?q=a",
        "data:image/png;base64,AAAA",
        "C:\\temp",
        "TypeError: x is not a function",
        "f(x) [ERROR] it's 5\" wide",
        "--release",
        "a-b - c",
        '"',
        "50% & *",
        "std::vector",
        "stauts: failed",
        "staus://failed",
        "ip:10.0.0.1",
    ],
)
def test_what_is_pasted_is_searched_for_as_it_stands(text: str) -> None:
    assert parse(text) == Parsed(text, w(text))


def test_parentheses_in_pasted_text_part_it() -> None:
    text = "TypeError: Cannot read properties of undefined (reading 'price')"
    tree = both(w("TypeError: Cannot read properties of undefined"), w("reading 'price'"))
    assert (parse(text).expression, parse(text).mistakes) == (tree, ())
    assert parse("foo:(a b)").expression == both(w("foo:"), w("a b"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a b", both(w("a"), w("b"))),
        ("user.email:a OR user.username:b", either(term("user", "a"), term("user", "b"))),
        ("sessionStatus:active", term("status", "active", "queued")),
        ("startTime:[2026-01-01 TO *]", between("date", "2026-01-01", None)),
        ("resource.name:db", term("resource.name", "db")),
    ],
)
def test_formals_fields_mean_ours(text: str, tree: Expression) -> None:
    parsed = parse(text, FORMAL)
    assert (parsed.expression, parsed.mistakes) == (tree, ())
