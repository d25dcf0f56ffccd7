"""The grammar of a search.

    status:failed -app:shop (user:ann OR user:(bob "cy d")) duration:>5m "expired card" checkout page

AND binds closer than OR and may be left out. A field's name and its value are one token, since no blank may part them.
A quote or a parenthesis within a word belongs to it, so that `f(x)` and `5"` can be pasted. Every text is made of these
tokens, and every pattern is possessive: it never goes back over what it has read.
"""

import re
from functools import cache

from lark import Lark

NAME = r'(?i:attr\."(?:[^"\\]|\\.)*+"|attr\.[^\s:"()]++|[a-z][a-z0-9_.-]*+)'
PHRASE = r'"(?:[^"\\]|\\[\s\S])*+"'
RANGE = r"[\[{]\s*+[^\s\]}]++\s++TO\s++[^\s\]}]++\s*+[\]}]"
WORD = r"[^\s()]++(?:\([^\s()]*+\)[^\s()]*+)*+"
# A quote that is never closed, with all that follows it. A quote alone is a word.
OPEN_PHRASE = r'"\s*+[^\s"][\s\S]*+'

GRAMMAR = rf"""
    start: any?
    any: all (OR all)*
    all: operand (AND? operand)*
    operand: LPAR any RPAR                -> group
           | (MINUS | NOT) operand        -> negation
           | LIST item (OR? item)* RPAR   -> list
           | (TERM | WORD | PHRASE | STARRED | OPEN_PHRASE | STRAY_RANGE | NOTHING) -> leaf
    item: TERM | WORD | PHRASE | STARRED | NOTHING

    LPAR: "("
    RPAR: ")"
    MINUS.9: /-(?=[^-\s)])/
    AND.9: /AND(?![^\s()"])/
    OR.9: /OR(?![^\s()"])/
    NOT.9: /NOT(?![^\s()"])/
    LIST.8: /{NAME}:\(/
    TERM.7: /{NAME}:(?:{PHRASE}\*?|{RANGE}|{OPEN_PHRASE}|{WORD})?/
    STARRED.7: /{PHRASE}\*/
    PHRASE.6: /{PHRASE}/
    OPEN_PHRASE.5: /{OPEN_PHRASE}/
    STRAY_RANGE.4: /\[\s*+[^\s\]]++\s++TO(?!\S)[^\]()]*+\]?/
    WORD.1: /{WORD}/
    BLANK: /\s+/
    %ignore BLANK
    // Put where an operand is missing, so that what stands around it can be read.
    %declare NOTHING
"""


def unescaped(phrase: str) -> str:
    """What stands between the quotes. Only quotes and backslashes need a backslash, so that others can be pasted."""
    return re.sub(r'\\(["\\])', r"\1", phrase[1:-1])


@cache
def grammar() -> Lark:
    """Made at the first search, since it takes some milliseconds."""
    return Lark(GRAMMAR, parser="lalr", lexer="basic")
