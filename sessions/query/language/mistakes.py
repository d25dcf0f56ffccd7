"""What is wrong with a search, where, and what was meant."""

from dataclasses import dataclass

from sessions.query.expression import Expression

LONGEST_PART = 60


@dataclass(frozen=True)
class Mistake:
    """The characters from `start` up to but without `end` are left out, or read otherwise than they stand. If there are
    none, nothing can be read.

    `suggestion` is the text to put in their place, if there is one that may have been meant.
    """

    start: int
    end: int
    message: str
    suggestion: str | None = None


@dataclass(frozen=True)
class Parsed:
    """A search as it was read: what applies of it, and each mistake. The expression is None if nothing is asked for."""

    text: str
    expression: Expression | None
    mistakes: tuple[Mistake, ...] = ()

    def corrected(self, mistake: Mistake) -> str:
        """The text with the suggestion in the place of the mistake."""
        return (self.text[: mistake.start] + (mistake.suggestion or "") + self.text[mistake.end :]).strip()

    def placed(self, mistake: Mistake) -> str:
        """The message for a reader who does not see the text: with the place, and what was meant."""
        part = self.text[mistake.start : mistake.end]
        if not part:
            return mistake.message
        said = f"“{shortened(part)}” at character {mistake.start + 1} is not understood: {mistake.message}"
        return f"{said} Did you mean “{shortened(mistake.suggestion)}”?" if mistake.suggestion else said


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_PART else f"{text[:LONGEST_PART]}…"
