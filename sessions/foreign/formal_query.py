"""Formal's query language: `field:value`, AND, OR, parentheses, "phrases", `[a TO b]`; words alone are searched for.

A query becomes clauses that all must hold, each of terms one of which must hold: what
`Clauses` can ask of our indexes. Whatever is not understood is refused, never ignored.
"""

import re
from dataclasses import dataclass

LONGEST = 10_000
MOST_TERMS = 100
MOST_CLAUSES = 100
DEEPEST = 30

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\))
        | (?:(?P<field>[A-Za-z][A-Za-z0-9_.]*):)?
          (?: "(?P<phrase>(?:[^"\\]|\\.)*)"
            | \[\s*(?P<first>\S+)\s+TO\s+(?P<last>[^\s\]]+)\s*\]
            | (?P<word>[^\s()"\[\]]+) )
    )""",
    re.VERBOSE,
)


class QueryError(ValueError):
    """What is wrong with the query, for whoever wrote it."""


@dataclass(frozen=True)
class Range:
    """Both ends inclusive; `*` is open."""

    first: str
    last: str


@dataclass(frozen=True)
class Term:
    """`field` is empty for words to search for."""

    field: str
    value: str | Range


Clause = frozenset[Term]
Query = tuple[Clause, ...]
_Token = Term | str


def parse_query(text: str) -> Query:
    """No clause for an empty query. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(f"The query is longer than {LONGEST} characters.")
    tokens = _tokens(text)
    if sum(isinstance(token, Term) for token in tokens) > MOST_TERMS:
        raise QueryError(f"The query has more than {MOST_TERMS} terms.")
    if not tokens:
        return ()
    clauses, rest = _any_of(tokens, 0)
    if rest:
        raise QueryError("A parenthesis is closed that was not opened.")
    return clauses


def _tokens(text: str) -> list[_Token]:
    """Terms, and the signs "(", ")", "AND" and "OR"."""
    found: list[_Token] = []
    text = text.rstrip()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryError(f"This is not understood: {text[position : position + 40].strip()}")
        position = match.end()
        found.append(_token(match))
    return found


def _token(match: re.Match[str]) -> _Token:
    field = match["field"] or ""
    if match["open"] or match["close"]:
        return match["open"] or match["close"]
    if match["first"]:
        return Term(field, Range(match["first"], match["last"]))
    if match["phrase"] is not None:
        return Term(field, re.sub(r"\\(.)", r"\1", match["phrase"]))
    if not field and match["word"] in ("AND", "OR"):
        return match["word"]
    if not field and (match["word"] == "NOT" or match["word"].startswith("-")):
        raise QueryError("NOT is not supported.")
    if not field and match["word"].endswith(":"):
        raise QueryError(f"“{match['word'][:60]}” has no value.")
    return Term(field, match["word"])


def _any_of(tokens: list[_Token], depth: int) -> tuple[Query, list[_Token]]:
    """What is joined by OR, and what follows it."""
    if depth > DEEPEST:
        raise QueryError(f"The query is nested deeper than {DEEPEST} levels.")
    clauses, tokens = _all_of(tokens, depth)
    while tokens[:1] == ["OR"]:
        others, tokens = _all_of(tokens[1:], depth)
        # (a AND b) OR c is (a OR c) AND (b OR c).
        clauses = tuple(dict.fromkeys(one | other for one in clauses for other in others))
        _check(clauses)
    return clauses, tokens


def _all_of(tokens: list[_Token], depth: int) -> tuple[Query, list[_Token]]:
    """What is joined by AND, which may be left out."""
    clauses, tokens = _operand(tokens, depth)
    while tokens and tokens[0] not in ("OR", ")"):
        others, tokens = _operand(tokens[1:] if tokens[0] == "AND" else tokens, depth)
        clauses = tuple(dict.fromkeys(clauses + others))
        _check(clauses)
    return clauses, tokens


def _operand(tokens: list[_Token], depth: int) -> tuple[Query, list[_Token]]:
    if not tokens:
        raise QueryError("The query ends where a term is expected.")
    head = tokens[0]
    if isinstance(head, Term):
        return (frozenset({head}),), tokens[1:]
    if head != "(":
        raise QueryError(f"“{head}” stands where a term is expected.")
    clauses, rest = _any_of(tokens[1:], depth + 1)
    if rest[:1] != [")"]:
        raise QueryError("A parenthesis is not closed.")
    return clauses, rest[1:]


def _check(clauses: Query) -> None:
    if len(clauses) > MOST_CLAUSES:
        raise QueryError("The query is too complex: put what OR joins into parentheses.")
