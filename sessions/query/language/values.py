"""The values of fields: which there are, and the condition that each stands for."""

import re
from dataclasses import dataclass
from datetime import UTC

from django.core.exceptions import ValidationError

from sessions.query.durations import LENGTHS_OF_TIME, NUMBER, milliseconds
from sessions.query.expression import Between, OneOf, Value
from sessions.query.language.fields import Field, Sort
from sessions.query.language.grammar import PHRASE, RANGE, unescaped
from sessions.query.language.misspelling import closest
from sessions.query.parameters import LONGEST_VALUE, DayMomentOrAgoField, is_reversed, settled

_PHRASE = re.compile(rf"({PHRASE})(\*?)")
_RANGE = re.compile(RANGE)
_COMPARISON = re.compile(r"([<>]=?+)")
Condition = OneOf | Between


@dataclass(frozen=True)
class InvalidValueError(ValueError):
    """What is wrong with the characters from `start` to `end` of a value, and what may have been meant."""

    message: str
    start: int
    end: int
    suggestion: str | None = None


def is_value(field: Field, raw: str) -> bool:
    try:
        condition_of(field, raw)
    except InvalidValueError:
        return False
    return True


def condition_of(field: Field, raw: str) -> Condition:
    """The condition of a value as it stands in the text: a word, a "phrase", a comparison or a range.

    Raises InvalidValueError.
    """
    if len(raw) > LONGEST_VALUE:
        raise InvalidValueError(f"A value has at most {LONGEST_VALUE} characters.", 0, len(raw))
    if not raw or raw == "*":
        raise InvalidValueError("It has no value.", 0, len(raw))
    if phrase := _PHRASE.fullmatch(raw):
        return _single(field, unescaped(phrase[1]), raw, is_prefix=bool(phrase[2]))
    if raw.startswith('"'):
        suggestion = raw + '"' if _PHRASE.fullmatch(raw + '"') else None
        raise InvalidValueError("It has no value, since its quote is not closed.", 0, len(raw), suggestion)
    if _RANGE.fullmatch(raw):
        return _range(field, raw)
    if field.sort.is_ordered:
        return _compared(field, raw)
    if raw.startswith(">") or (raw.startswith("<") and not raw.endswith(">")):
        raise InvalidValueError("It cannot be compared.", 0, len(raw), raw.lstrip("<>=") or None)
    return _single(field, raw.removesuffix("*"), raw, is_prefix=raw.endswith("*"))


def _single(field: Field, text: str, raw: str, *, is_prefix: bool) -> Condition:
    if field.sort.is_ordered:
        if is_prefix:
            raise InvalidValueError("It takes no asterisk.", 0, len(raw))
        return _between(field, raw, (text, 0), (text, 0))
    if not text:
        raise InvalidValueError("It has no value.", 0, len(raw))
    if field.sort is Sort.TEXT:
        return OneOf((Value(text, is_prefix),))
    return OneOf(tuple(Value(value) for value in _words(field, text, raw, is_prefix=is_prefix)))


def _words(field: Field, text: str, raw: str, *, is_prefix: bool) -> list[str]:
    """The values of the vocabulary that a word means, in any case."""
    asked = text.lower()
    meant = [values for word, values in field.words.items() if asked == word.lower()]
    if not meant and is_prefix:
        meant = [values for word, values in field.words.items() if word.lower().startswith(asked)]
    if not meant:
        message = f"“{text[:60]}” is not one of {', '.join(field.words)}."
        raise InvalidValueError(message, 0, len(raw), closest(asked, field.words))
    return list(dict.fromkeys(value for values in meant for value in values))


def _range(field: Field, raw: str) -> Between:
    """`[a TO b]`; a brace instead of a bracket leaves the end itself out."""
    if not field.sort.is_ordered:
        raise InvalidValueError("It takes no range.", 0, len(raw))
    first, _, last = raw[1:-1].split(maxsplit=2)
    ends = (None if first == "*" else first), (None if last.strip() == "*" else last.strip())
    places = raw.index(first), raw.rindex(last)
    return _between(
        field, raw, (ends[0], places[0]), (ends[1], places[1]),
        includes_first=raw[0] == "[", includes_last=raw[-1] == "]",
    )  # fmt: skip


def _compared(field: Field, raw: str) -> Between:
    """`>5m`, `<=5m`, `1m..5m`, `1m..`, or a value alone."""
    if sign := _COMPARISON.match(raw):
        end = (raw[sign.end() :], sign.end())
        is_inclusive = sign[1].endswith("=")
        if sign[1].startswith(">"):
            return _between(field, raw, end, (None, 0), includes_first=is_inclusive)
        return _between(field, raw, (None, 0), end, includes_last=is_inclusive)
    first, dots, last = raw.partition("..")
    if not dots:
        return _between(field, raw, (first, 0), (first, 0))
    return _between(field, raw, (first or None, 0), (last or None, len(first) + len(dots)))


def _between(
    field: Field,
    raw: str,
    first: tuple[str | None, int],
    last: tuple[str | None, int],
    *,
    includes_first: bool = True,
    includes_last: bool = True,
) -> Between:
    """Each end with its place in the value. An open end counts as included."""
    lower, upper = (_checked(field, *end) for end in (first, last))
    if lower is None and upper is None:
        raise InvalidValueError("It has no value.", 0, len(raw))
    if lower is not None and upper is not None and _is_reversed(field, lower, upper):
        suggestion = raw.replace(lower, "\0").replace(upper, lower).replace("\0", upper)
        raise InvalidValueError("The range ends before it begins.", 0, len(raw), suggestion)
    return Between(lower, upper, includes_first or lower is None, includes_last or upper is None)


def _checked(field: Field, text: str | None, start: int) -> str | None:
    """The end of a range, if it can be one. Raises InvalidValueError."""
    if text is None:
        return None
    if not text:
        raise InvalidValueError("It has no value.", 0, 0)
    if field.sort is Sort.DATE:
        try:
            DayMomentOrAgoField().clean(text)
        except ValidationError as error:
            raise InvalidValueError(error.messages[0], start, start + len(text)) from error
    elif milliseconds(text) is None:
        message = f"“{text[:60]}” is not a length of time. {LENGTHS_OF_TIME}"
        raise InvalidValueError(message, start, start + len(text), f"{text}s" if NUMBER.fullmatch(text) else None)
    return text


def _is_reversed(field: Field, first: str, last: str) -> bool:
    if field.sort is Sort.DURATION:
        return (milliseconds(first) or 0) > (milliseconds(last) or 0)
    start, end = (settled(DayMomentOrAgoField().clean(text), UTC) for text in (first, last))
    return is_reversed(start, end, UTC)
