"""The mistakes of a search, each with the text around it and the link that puts it right."""

from dataclasses import dataclass

from sessions.presenters.filter_bar import changed
from sessions.query import Parameters
from sessions.query.language.mistakes import Mistake

AROUND = 24
LONGEST = 80
MOST_SHOWN = 10


@dataclass(frozen=True)
class ShownMistake:
    """The marked part with what stands before and after it; `query` is the address with the suggestion in its place."""

    before: str
    part: str
    after: str
    message: str
    suggestion: str | None
    query: str


@dataclass(frozen=True)
class ShownMistakes:
    """`is_unfinished` if all of it may be put right by typing on, so that nobody needs to be alarmed."""

    shown: list[ShownMistake]
    more: int
    is_unfinished: bool


def search_mistakes(asked: Parameters, *, is_typing: bool = False) -> ShownMistakes:
    mistakes = asked.search.mistakes
    end = len(asked.search.text.rstrip())
    return ShownMistakes(
        [shown_mistake(asked, one) for one in mistakes[:MOST_SHOWN]],
        max(len(mistakes) - MOST_SHOWN, 0),
        is_typing and all(one.end >= end for one in mistakes),
    )


def shown_mistake(asked: Parameters, mistake: Mistake) -> ShownMistake:
    text = asked.search.text
    before, after = text[: mistake.start], text[mistake.end :]
    corrected = asked.search.corrected(mistake)
    return ShownMistake(
        before if len(before) <= AROUND else f"…{before[-AROUND:]}",
        cut(text[mistake.start : mistake.end], LONGEST),
        cut(after, AROUND),
        mistake.message,
        None if mistake.suggestion is None else cut(corrected, LONGEST),
        changed(asked.data, q=[corrected] if corrected else []),
    )


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
