"""Makes a tree of tokens. What does not fit is named and left out, so that there always is one."""

from dataclasses import dataclass

from lark import Token, Tree
from lark.exceptions import UnexpectedToken

from sessions.query.language.grammar import grammar
from sessions.query.language.mistakes import Mistake

NO_TREE: Tree[Token] = Tree("nothing", [])


@dataclass(frozen=True)
class ReadTree:
    """`broken` has the places of the lists that have something else than values: they are left out as a whole."""

    tree: Tree[Token]
    mistakes: list[Mistake]
    broken: set[int | None]


def read_tree(tokens: list[Token], text: str) -> ReadTree:
    reading = _Reading(text)
    for token in tokens:
        reading.read(token)
    end = Token("$END", "", start_pos=len(text), end_pos=len(text))
    return ReadTree(reading.read(end), reading.mistakes, reading.broken)


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text
        self.mistakes: list[Mistake] = []
        self.broken: set[int | None] = set()
        self.parser = grammar().parse_interactive()
        # The parentheses that are open, and whether they are left out.
        self.open: list[tuple[Token, bool]] = []
        self.last: Token | None = None

    def read(self, token: Token) -> Tree[Token]:
        """The tree, once the end is read."""
        while True:
            if token.type == "RPAR" and (not self.open or self.open[-1][1]):
                self.leave_out_closing(token)
                return NO_TREE
            try:
                tree: Tree[Token] = self.parser.feed_token(token)
            except UnexpectedToken:
                if token.type not in ("RPAR", "$END"):
                    self.leave_out(token)
                    return NO_TREE
                self.supply(token)
            else:
                self.note(token)
                return tree

    def note(self, token: Token) -> None:
        if token.type in ("LPAR", "LIST"):
            self.open.append((token, False))
        elif token.type == "RPAR":
            self.open.pop()
        self.last = token

    def leave_out_closing(self, token: Token) -> None:
        if self.open:
            self.open.pop()
        else:
            self.say(token, "A parenthesis is closed that was not opened.", "")

    def leave_out(self, token: Token) -> None:
        """Leaves out an operator that has nothing before it, and whatever is no value in a list."""
        lists = [opening for opening, is_left_out in self.open if opening.type == "LIST" and not is_left_out]
        if lists and token.type != "OR":
            self.break_off(lists[0], token)
        else:
            self.say(token, f"“{token}” stands where a term is expected.", "")

    def break_off(self, opening: Token, token: Token) -> None:
        if opening.start_pos not in self.broken:
            message = "A list has values alone, with OR or nothing between them."
            self.mistakes.append(Mistake(opening.start_pos or 0, token.end_pos or 0, message))
        self.broken.add(opening.start_pos)
        if token.type in ("LPAR", "LIST"):
            self.open.append((token, True))

    def supply(self, token: Token) -> None:
        """Gives the parser what is missing before a token that ends something."""
        if token.type == "RPAR" or not self.can_close:
            self.say_nothing_follows(token)
            self.parser.feed_token(Token("NOTHING", ""))
            return
        opening, is_left_out = self.open.pop()
        if not is_left_out:
            self.say_not_closed(opening)
            self.parser.feed_token(Token("RPAR", ")"))

    @property
    def can_close(self) -> bool:
        return "RPAR" in self.parser.accepts()  # type: ignore[no-untyped-call]

    def say_nothing_follows(self, token: Token) -> None:
        assert self.last
        is_opening = self.last.type in ("LPAR", "LIST")
        if token.type != "$END":
            message = "There is nothing between these parentheses." if is_opening else f"No term follows “{self.last}”."
            self.say(self.last, message)
        elif not is_opening:
            self.say(self.last, "The search ends where a term is expected.", "")

    def say_not_closed(self, opening: Token) -> None:
        start = opening.start_pos or 0
        message = "A parenthesis is not closed."
        self.mistakes.append(Mistake(start, len(self.text), message, f"{self.text[start:]})"))

    def say(self, token: Token, message: str, suggestion: str | None = None) -> None:
        self.mistakes.append(Mistake(token.start_pos or 0, token.end_pos or 0, message, suggestion))
