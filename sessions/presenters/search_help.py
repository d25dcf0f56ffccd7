"""What the help page says of searches: put together from the list of fields, so that it cannot grow old."""

from dataclasses import dataclass
from typing import Any

from sessions.query.language.fields import Sort
from sessions.query.language.offered import Offered, offered

# What a search is made of, each with what it means. What cannot be answered is not shown.
FORMS = (
    ("corner shop", "The text as it stands, in the app ID, app name, username, e-mail or token label."),
    ('"status:failed"', "In quotes, everything is text. A quote or a backslash in it needs a backslash before it."),
    ("checkout AND kiosk", "Both, in any order."),
    ("checkout OR kiosk", "One of them."),
    ("status:failed", "The field has this value. No blank stands behind the colon."),
    ("device:\"Pixel 9\"", "A value with blanks stands in quotes."),
    ("status:(failed lost)", "The field has one of these values."),
    ("-status:ended", "Not: without the sessions that this finds. NOT means the same."),
    ("status:failed checkout", "All of it must match."),
    ("(checkout OR kiosk) status:failed", "Parentheses hold together. Without them, AND comes first."),
    ("date:>=2026-11-01", "From there on. The other comparisons are >, < and <=."),
    ("date:2026-11-01..2026-11-07", "From the first to the last, both included."),
    ("date:[2026-11-01 TO *]", "The same in brackets; an asterisk is an open end."),
    ("app:com.example.*", "The value begins with this."),
)  # fmt: skip
KINDS = {
    Sort.TEXT: "",
    Sort.WORDS: "One of these words:",
    Sort.DURATION: "A length of time: 250ms, 90s, 5m, 1h30m, 2d.",
    Sort.DATE: "A day is 2026-11-01, a moment 2026-11-01T12:00:00Z.",
}


@dataclass(frozen=True)
class Form:
    text: str
    meaning: str


@dataclass(frozen=True)
class FieldHelp:
    """A field as the page explains it."""

    name: str
    meaning: str
    kind: str
    words: tuple[str, ...]
    examples: tuple[str, ...]


def search_help_context() -> dict[str, Any]:
    return {
        "forms": [Form(text, meaning) for text, meaning in FORMS],
        "fields": [field_help(one) for one in offered()],
    }


def field_help(one: Offered) -> FieldHelp:
    name = f"{one.name}NAME" if one.name.endswith(".") else one.name
    return FieldHelp(name, one.field.help_text, KINDS[one.field.sort], tuple(one.field.words), one.examples)
