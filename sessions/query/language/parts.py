"""The parts of a search that all must match, each with the text that is left without it."""

from dataclasses import dataclass

from lark import Token, Tree

from sessions.query.expression import All, Expression
from sessions.query.language.fields import SEARCH
from sessions.query.language.parse import expression_of
from sessions.query.language.tokens import UnreadableError, tokens
from sessions.query.language.tree import read_tree

Node = Tree[Token]


@dataclass(frozen=True)
class Part:
    """`text` is how it was typed, `rest` the search without it."""

    text: str
    expression: Expression
    rest: str


def parts_of(text: str) -> list[Part]:
    """In the order of the text. Of alternatives (`a OR b`), the only part is the whole; mistakes have none."""
    try:
        read = read_tree(tokens(text, SEARCH), text)
    except UnreadableError:
        return []
    nodes = nodes_of(read.tree)
    found = []
    for number, node in enumerate(nodes):
        if expression := expression_of(node, SEARCH, read):
            rest = joined([*nodes[:number], *nodes[number + 1 :]], text)
            found.append(Part(typed(node, text), expression, rest))
    return found


def nodes_of(tree: Node) -> list[Node]:
    """What AND joins, or the whole if there are alternatives."""
    whole = [child for child in tree.children if isinstance(child, Tree)]
    if len(whole) == 1 and len(alternatives := [one for one in whole[0].children if isinstance(one, Tree)]) == 1:
        return [one for one in alternatives[0].children if isinstance(one, Tree)]
    return whole


def joined(nodes: list[Node], text: str) -> str:
    """The texts of the nodes. Words that came to follow each other stay apart, by AND."""
    written = ""
    for number, node in enumerate(nodes):
        if number:
            written += " AND " if is_word(node) and is_word(nodes[number - 1]) else " "
        written += typed(node, text)
    return written


def is_word(node: Node) -> bool:
    return node.data == "leaf" and isinstance(node.children[0], Token) and node.children[0].type == "WORD"


def typed(node: Node, text: str) -> str:
    """The text of a node. What the reader supplied, such as a parenthesis that was not closed, has no place in it."""
    places = [
        token for token in node.scan_values(lambda token: isinstance(token, Token)) if token.start_pos is not None
    ]
    return text[places[0].start_pos : places[-1].end_pos] if places else ""


def operands_of(expression: Expression | None) -> tuple[Expression, ...]:
    if expression is None:
        return ()
    return expression.operands if isinstance(expression, All) else (expression,)
