"""The tokens of a search, in the sense that its reader's fields give them."""

import re
from collections.abc import Iterator

from lark import Token

from sessions.query.language.fields import Dialect
from sessions.query.language.grammar import NAME, grammar, unescaped
from sessions.query.language.values import is_value

LONGEST = 10_000
MOST_TERMS = 100
MOST_SIGNS = 400
DEEPEST = 30
SIGNS = frozenset({"LPAR", "RPAR", "MINUS", "AND", "OR", "NOT"})

_NAMED = re.compile(rf"({NAME}):")
_UNREADABLE = re.compile("[\0\ud800-\udfff]")


class UnreadableError(ValueError):
    """A search cannot be read at all: it is too long, too large or too deep, or PostgreSQL takes no such text."""


def tokens(text: str, dialect: Dialect) -> list[Token]:
    """Raises UnreadableError."""
    if len(text) > LONGEST:
        raise UnreadableError(f"The search is longer than {LONGEST} characters.")
    if not is_readable(text):
        raise UnreadableError("The search has a character that no text can have.")
    found = grammar().lex(text)
    if dialect.is_strict:
        found = with_values(found, text)
    else:
        found = plain_runs(with_values(plain_words(found, dialect), text), text)
    return within_limits(found)


def is_readable(text: str) -> bool:
    """Whether PostgreSQL could store it."""
    return not _UNREADABLE.search(text)


def named(token: Token) -> tuple[str, str]:
    """The field's name in a term or before a list, and what follows its colon."""
    match = _NAMED.match(token)
    assert match
    name = match[1]
    quoted = name.lower().startswith('attr."')
    return (f"attr.{unescaped(name[5:])}" if quoted else name), token[match.end() :]


def plain_words(found: Iterator[Token], dialect: Dialect) -> Iterator[Token]:
    """Takes what only looks like a term for words: a pasted address, a time, `TypeError:`."""
    for token in found:
        if token.type not in ("TERM", "LIST") or is_meant(token, dialect):
            yield token
        elif token.type == "TERM":
            yield part(token, "WORD", 0, len(token))
        else:
            yield part(token, "WORD", 0, len(token) - 1)
            yield part(token, "LPAR", len(token) - 1, len(token))


def is_meant(token: Token, dialect: Dialect) -> bool:
    """Whether it names a field, or misspells one and has a value that the field could have."""
    name, value = named(token)
    if dialect.field(name):
        return True
    meant = dialect.resembling(name)
    if not meant or not value or value.startswith("//"):
        return False
    return token.type == "LIST" or is_value(dialect.fields[meant], value)


def with_values(found: Iterator[Token], text: str) -> Iterator[Token]:
    """Takes `app: shop` for one term, so that its value is not searched for as a word."""
    waiting: Token | None = None
    for token in found:
        if waiting and token.type in ("WORD", "PHRASE"):
            yield spanning(waiting, token, text)
            waiting = None
            continue
        if waiting:
            yield waiting
        waiting = token if token.type == "TERM" and token.endswith(":") else None
        if not waiting:
            yield token
    if waiting:
        yield waiting


def plain_runs(found: Iterator[Token], text: str) -> Iterator[Token]:
    """Takes words that follow each other for one text, with the blanks between them. A word that is negated
    stays apart, and so do the values of a list."""
    run: Token | None = None
    is_apart = in_list = False
    for token in found:
        if run and token.type == "WORD":
            run = spanning(run, token, text)
            continue
        if run:
            yield run
            run = None
        in_list = token.type == "LIST" or (in_list and token.type != "RPAR")
        if token.type == "WORD" and not (is_apart or in_list):
            run = token
        else:
            yield token
        is_apart = token.type in ("MINUS", "NOT")
    if run:
        yield run


def within_limits(found: Iterator[Token]) -> list[Token]:
    """The tokens, of which there are not too many. Raises UnreadableError."""
    listed: list[Token] = []
    terms = signs = depth = 0
    for token in found:
        listed.append(token)
        terms += token.type not in SIGNS
        signs += token.type in SIGNS
        depth += (token.type in ("LPAR", "LIST")) - (token.type == "RPAR")
        if terms > MOST_TERMS:
            raise UnreadableError(f"The search has more than {MOST_TERMS} terms.")
        if depth > DEEPEST:
            raise UnreadableError(f"The search is nested deeper than {DEEPEST} levels.")
        if signs > MOST_SIGNS:
            raise UnreadableError(f"The search has more than {MOST_SIGNS} operators and parentheses.")
    return listed


def part(token: Token, kind: str, start: int, end: int) -> Token:
    begins = (token.start_pos or 0) + start
    return Token(kind, token[start:end], start_pos=begins, end_pos=begins + end - start)


def spanning(first: Token, last: Token, text: str) -> Token:
    """A token of the first one's kind, up to the end of the last one."""
    return Token(first.type, text[first.start_pos : last.end_pos], start_pos=first.start_pos, end_pos=last.end_pos)
