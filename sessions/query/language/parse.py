"""Reads a search: text becomes an expression, and what is wrong with it is named.

What is left out is a term, a value of a list, or an operator that has nothing to join. Nothing raises: a text that
cannot be read at all has one mistake and no expression.
"""

from collections.abc import Iterable

from lark import Token, Tree

from sessions.query.expression import All, AnyOf, Expression, Not, OneOf, Term, Words
from sessions.query.language.fields import SEARCH, Dialect, Field
from sessions.query.language.grammar import unescaped
from sessions.query.language.mistakes import Mistake, Parsed
from sessions.query.language.tokens import UnreadableError, named, tokens
from sessions.query.language.tree import ReadTree, read_tree
from sessions.query.language.values import Condition, InvalidValueError, condition_of


def parse(text: str, dialect: Dialect = SEARCH) -> Parsed:
    try:
        read = read_tree(tokens(text, dialect), text)
    except UnreadableError as error:
        return Parsed(text, None, (Mistake(0, 0, str(error)),))
    reading = _Reading(dialect, read)
    expression = joined(AnyOf, map(reading.expression, read.tree.children))
    return Parsed(text, expression, tuple(sorted(reading.mistakes, key=lambda mistake: mistake.start)))


def expression_of(node: Tree[Token], dialect: Dialect, read: ReadTree) -> Expression | None:
    """What a node of the tree means."""
    return _Reading(dialect, read).expression(node)


def joined(kind: type[All] | type[AnyOf], operands: Iterable[Expression | None]) -> Expression | None:
    """The operands in one, without those that are left out. None if all of them are."""
    flat: list[Expression] = []
    for operand in operands:
        if isinstance(operand, kind):
            flat.extend(operand.operands)
        elif operand is not None:
            flat.append(operand)
    if len(flat) < 2:
        return flat[0] if flat else None
    return kind(tuple(flat))


class _Reading:
    def __init__(self, dialect: Dialect, read: ReadTree) -> None:
        self.dialect = dialect
        self.mistakes = list(read.mistakes)
        self.broken = read.broken

    def expression(self, node: Tree[Token] | Token) -> Expression | None:
        assert isinstance(node, Tree)
        match node.data:
            case "any":
                return joined(AnyOf, map(self.expression, operands(node)))
            case "all":
                return joined(All, map(self.expression, operands(node)))
            case "group":
                return self.expression(node.children[1])
            case "negation":
                operand = self.expression(node.children[1])
                return operand and Not(operand)
            case "list":
                return self.listed(node)
            case _:
                (token,) = node.children
                assert isinstance(token, Token)
                return self.leaf(token)

    def leaf(self, token: Token) -> Expression | None:
        match token.type:
            case "TERM":
                return self.term(token)
            case "WORD":
                return Words(str(token))
            case "PHRASE":
                text = unescaped(token)
                if text.strip():
                    return Words(text)
                self.say(token, "There is nothing between these quotes.")
            case "OPEN_PHRASE":
                self.say(token, "The quote is not closed, so that all of this is searched for.", f'{token}"')
                return Words(token[1:].strip())
            case "STARRED":
                self.say(token, "An asterisk stands behind the value of a field.", str(token[:-1]))
            case "STRAY_RANGE":
                self.say(token, "A range stands behind a field, as in date:[2026-01-01 TO *].")
        return None

    def term(self, token: Token) -> Expression | None:
        name, value = named(token)
        field = self.field(token)
        if field is None:
            return None
        start = (token.start_pos or 0) + len(token) - len(value)
        if value != value.lstrip():
            self.say(token, f"“{name}:” has no value, since a blank follows it.", f"{name}:{value.lstrip()}")
            return None
        condition = self.condition(field, name, value, start)
        return Term(field.name, condition) if condition else None

    def listed(self, node: Tree[Token]) -> Expression | None:
        opening, *items = operands(node)
        assert isinstance(opening, Token)
        field = self.field(opening)
        if field is None or opening.start_pos in self.broken:
            return None
        name, _ = named(opening)
        found = [self.item(field, name, item) for item in items if isinstance(item, Tree)]
        conditions = [condition for condition in found if condition]
        values = dict.fromkeys(value for one in conditions if isinstance(one, OneOf) for value in one.values)
        if values:
            return Term(field.name, OneOf(tuple(values)))
        return joined(AnyOf, (Term(field.name, one) for one in conditions))

    def item(self, field: Field, name: str, item: Tree[Token]) -> Condition | None:
        (token,) = item.children
        assert isinstance(token, Token)
        if token.type == "NOTHING":
            return None
        raw = token.removesuffix(",") if token.type in ("WORD", "TERM") and len(token) > 1 else str(token)
        return self.condition(field, name, raw, token.start_pos or 0)

    def field(self, token: Token) -> Field | None:
        """The field that a term or a list names."""
        name, _ = named(token)
        found = self.dialect.field(name)
        if found is None:
            meant = self.dialect.resembling(name)
            message = f"There is no field “{name[:60]}”."
            if self.dialect.is_strict:
                message += f" Fields are {', '.join(self.dialect.fields)}."
            self.say(token, message, meant and meant + token[len(name) :])
        return found

    def condition(self, field: Field, name: str, raw: str, start: int) -> Condition | None:
        try:
            return condition_of(field, raw)
        except InvalidValueError as error:
            if error.start == error.end:
                start, end = start - len(name) - 1, start + len(raw)
            else:
                start, end = start + error.start, start + error.end
            self.mistakes.append(Mistake(start, end, error.message.replace("It", f"“{name}”", 1), error.suggestion))
        return None

    def say(self, token: Token, message: str, suggestion: str | None = None) -> None:
        self.mistakes.append(Mistake(token.start_pos or 0, token.end_pos or 0, message, suggestion))


def operands(node: Tree[Token]) -> list[Tree[Token] | Token]:
    """The children without the signs that stand between and around them."""
    return [child for child in node.children if isinstance(child, Tree) or child.type == "LIST"]
