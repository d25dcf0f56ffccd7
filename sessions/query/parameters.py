"""Every parameter of a list, declared once: read by the page, the CSV, the JSON and their documentation."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Any, Literal

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from sessions.contract.choices import AttachmentKind
from sessions.contract.leap_seconds import leap_second
from sessions.models import Session
from sessions.models.dimensions import FILTERS, Dimension
from sessions.query.criteria.order import NEWEST_FIRST, TERMS
from sessions.query.durations import LENGTHS_OF_TIME, milliseconds
from sessions.query.rows import FIELDS

MOST_VALUES = 500
LONGEST_VALUE = 1_025  # a maker and a model of 255 characters, each of them a quote that is doubled
MOST_ROWS = 100_000
LONGEST_SEARCH = 2_000
LAST_ID = 2**63 - 1
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2199, 12, 31)
# Python itself also accepts weeks (2026-W25-1) and dates without hyphens.
RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,}(Z|[+-][0-9]{2}:[0-9]{2})?)?", re.IGNORECASE)
# Minutes, hours, days and weeks before now: at most what lies between FIRST_DAY and today, even in minutes.
AGO = re.compile(r"-([0-9]{1,7}+)([mhdw])", re.IGNORECASE)
INCLUSIVE = timedelta(microseconds=1)


class SeveralWidget(forms.SelectMultiple):
    """Values given by repeating the parameter; empty ones, which an unset form field sends, count as absent."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        values = super().value_from_datadict(data, files, name) or []
        return [value for value in values if value != ""]


class SeveralField(forms.Field):
    widget = SeveralWidget

    def to_python(self, value: list[str] | None) -> list[str]:
        return list(dict.fromkeys(value or []))

    def validate(self, value: list[str]) -> None:
        if len(value) > MOST_VALUES:
            raise ValidationError(f"Give at most {MOST_VALUES} values.")
        no_null_characters, not_too_long = ProhibitNullCharactersValidator(), MaxLengthValidator(LONGEST_VALUE)
        for item in value:
            no_null_characters(item)
            not_too_long(item)


class SeveralChoicesField(forms.MultipleChoiceField):
    widget = SeveralWidget

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)
        names = ", ".join(str(value) for value, _ in choices)
        self.error_messages["invalid_choice"] = f"“%(value)s” is not one of {names}."

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(super().to_python(value)))


@dataclass(frozen=True)
class Ago:
    """A time before now, as `-7d` or `-3h`. `settled` makes a day or a moment of it."""

    number: int
    unit: Literal["w", "d", "h", "m"]


class DayOrMomentField(forms.CharField):
    """A day of the viewer's zone (YYYY-MM-DD) or a moment (RFC 3339)."""

    def to_python(self, value: str | None) -> date | datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        # An offset's + that was not quoted arrives as a space.
        written = text.replace(" ", "+", 1) if "T" in text else text
        if not RFC_3339.fullmatch(written):
            raise ValidationError(f"“{text}” is not a date. Use YYYY-MM-DD or RFC 3339.")
        try:
            parsed = parse_date(written) or leap_second(written) or parse_datetime(written)
        except ValueError as error:
            raise ValidationError(f"“{text}” does not exist in the calendar.") from error
        if parsed is None:
            raise ValidationError(f"“{text}” does not exist in the calendar.")
        if isinstance(parsed, datetime) and parsed.tzinfo is None:
            raise ValidationError(f"“{text}” has no zone. End it with Z or an offset such as +02:00.")
        day = parsed.date() if isinstance(parsed, datetime) else parsed
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(f"“{text}” is not between {FIRST_DAY} and {LAST_DAY}.")
        return parsed

    def run_validators(self, value: Any) -> None:
        """A date has no characters to validate; `to_python` checked all there is."""


class DayMomentOrAgoField(DayOrMomentField):
    """A day, a moment, or a time before now (-7d), of which `settled` makes a day or a moment."""

    def to_python(self, value: str | None) -> date | datetime | Ago | None:  # type: ignore[override]
        if value and (ago := AGO.fullmatch(value.strip())):
            return Ago(int(ago[1]), ago[2].lower())  # type: ignore[arg-type]
        return super().to_python(value)


class DurationField(forms.CharField):
    """A length of time, in milliseconds: see `sessions.query.durations`."""

    def to_python(self, value: str | None) -> int | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        if (found := milliseconds(text)) is None:
            raise ValidationError(f"“{text[:60]}” is not a length of time. {LENGTHS_OF_TIME}")
        return found

    def run_validators(self, value: Any) -> None:
        """A number has no characters to validate; `to_python` checked all there is."""


class WholeNumberField(forms.IntegerField):
    """Accepts digits alone: Python itself also accepts `1_000` and the digits of every script."""

    def to_python(self, value: Any) -> int | None:
        if value and not re.fullmatch(r"\s*-?[0-9]+\s*", str(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class SeveralFilter(django_filters.Filter):
    field_class = SeveralField


class SeveralChoicesFilter(django_filters.Filter):
    field_class = SeveralChoicesField


class ListedWidget(SeveralWidget):
    """Values separated by commas, or given by repeating the parameter."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        parts = (part.strip() for value in super().value_from_datadict(data, files, name) for part in value.split(","))
        return [part for part in parts if part]


class ListedChoicesFilter(SeveralChoicesFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=ListedWidget, **kwargs)


class DayOrMomentFilter(django_filters.Filter):
    field_class = DayMomentOrAgoField


class DurationFilter(django_filters.Filter):
    field_class = DurationField


class WholeNumberFilter(django_filters.Filter):
    field_class = WholeNumberField


def word_filter(words: Iterable[str], **kwargs: Any) -> django_filters.ChoiceFilter:
    """A filter whose value is one of these words. Its error message lists them."""
    words = list(words)
    message = f"“%(value)s” is not one of {', '.join(words)}."
    choices = [(word, word) for word in words]
    return django_filters.ChoiceFilter(choices=choices, error_messages={"invalid_choice": message}, **kwargs)


def filter_of(dimension: Dimension) -> django_filters.Filter:
    shown = {"label": dimension.label, "help_text": dimension.help_text}
    if dimension.vocabulary:
        return SeveralChoicesFilter(choices=dimension.vocabulary.choices, **shown)
    return SeveralFilter(**shown)


A_TIME = "YYYY-MM-DD, RFC 3339, or before now: -7d and -2w are days of the viewer's zone, -3h and -30m are exact."


class RangeFilterSet(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label="Search",
        max_length=LONGEST_SEARCH,
        help_text="Words and “phrases” in the app ID, app name, username, e-mail or token label; field:value, -, OR, "
        "parentheses: see /sessions/search-help/.",
    )
    start = DayOrMomentFilter(label="From", help_text=f"First day or moment, inclusive: {A_TIME}")
    end = DayOrMomentFilter(label="To", help_text=f"Last day or moment, inclusive: {A_TIME}")


# The filters of `sessions.models.dimensions`.
DimensionFilterSet = type(
    "DimensionFilterSet",
    (django_filters.FilterSet,),
    {name: filter_of(dimension) for name, dimension in FILTERS.items()},
)


class SessionFilterSet(RangeFilterSet, DimensionFilterSet):  # type: ignore[misc,valid-type]
    """`sessions.query.request` reads the cleaned values. `.qs` is never used: it would drop an invalid value."""

    has = SeveralChoicesFilter(
        label="Has",
        choices=[*AttachmentKind.choices, ("events", "Events")],
        help_text="A file of this kind, or events; repeatable.",
    )
    event = SeveralFilter(label="Event", help_text="Type of an event that occurred; repeatable.")
    group = SeveralFilter(label="App group", help_text="Group of the app; repeatable.")
    id = SeveralFilter(label="Session ID", help_text="Repeatable.")
    external_id = SeveralFilter(label="External ID", help_text="The producer's own id of a session; repeatable.")
    duration_min = DurationFilter(label="Duration from", help_text=f"At least so long. {LENGTHS_OF_TIME}")
    duration_max = DurationFilter(label="Duration to", help_text=f"At most so long. {LENGTHS_OF_TIME}")
    queue_min = DurationFilter(label="Queue time from", help_text=f"Queued at least so long. {LENGTHS_OF_TIME}")
    queue_max = DurationFilter(label="Queue time to", help_text=f"Queued at most so long. {LENGTHS_OF_TIME}")

    sort = ListedChoicesFilter(
        label="Sort",
        choices=[(term.name, term.description) for term in TERMS],
        help_text=f"Comma-separated, the first one first; ties go by date, then by id. Default {NEWEST_FIRST.name}.",
    )
    sort_by = SeveralChoicesFilter(
        label="Sort by",
        choices=[(term.spelled_out, term.description) for term in TERMS],
        help_text="The same as sort, spelled out: field:asc or field:desc, repeatable.",
    )
    cursor = django_filters.CharFilter(
        label="Cursor", max_length=500, help_text="next_cursor or prev_cursor of a page."
    )
    mode = word_filter(
        ("after", "before"),
        label="Mode",
        help_text="Rows after or before the cursor; before without a cursor starts from the end.",
    )
    limit = WholeNumberFilter(
        label="Rows", min_value=1, max_value=MOST_ROWS, help_text="Rows to return, 50 unless given."
    )

    fields = ListedChoicesFilter(
        label="Fields",
        choices=[(name, name) for name in FIELDS],
        help_text="Only these fields of each session, comma-separated; for JSON.",
    )
    view = WholeNumberFilter(
        label="View",
        min_value=1,
        max_value=LAST_ID,
        help_text="A saved view: its parameters apply where none of the same name is given; an empty one lifts it.",
    )
    count = word_filter(
        ("capped", "exact", "none"),
        label="Count",
        help_text="How many match: of the first 10,000 that can (capped, the default), of all (exact), or not counted "
        "(none); for JSON.",
    )

    class Meta:
        model = Session
        fields = ()

    def __init__(self, data: QueryDict | None = None) -> None:
        """Skips django-filter's copy of every filter for every request: no filter here stores anything about one."""
        self.data = data or QueryDict()
        self.is_bound = data is not None
        self.form_prefix = None
        self.filters = self.base_filters

    def get_form_class(self) -> type[forms.Form]:
        return parameters_form()


@cache
def parameters_form() -> type[forms.Form]:
    """The form of the parameters, made once: no field depends on who asks."""
    form: type[forms.Form] = django_filters.FilterSet.get_form_class(SessionFilterSet())
    return form


def takes_several(name: str) -> bool:
    """Whether a parameter of the list can be repeated."""
    return isinstance(parameters_form().base_fields[name].widget, SeveralWidget)


def settled(given: date | datetime | Ago | None, zone: tzinfo) -> date | datetime | None:
    """The day or the moment that is meant now. Days are those of the zone, hours and minutes are exact.

    What would lie before the first day is that day.
    """
    if not isinstance(given, Ago):
        return given
    now = timezone.now()
    if given.unit in "dw":
        days = timedelta(days=given.number * (7 if given.unit == "w" else 1))
        today = now.astimezone(zone).date()
        return today - days if days < today - FIRST_DAY else FIRST_DAY
    return max(now - timedelta(minutes=given.number * (60 if given.unit == "h" else 1)), midnight(FIRST_DAY, zone))


def day_range(
    start: date | datetime | None, end: date | datetime | None, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """The half-open UTC range that an inclusive one means. Its days are days of `zone`, however long they are.

    It is empty for a day that the zone skipped, such as 2011-12-30 in Pacific/Apia.
    """
    first = start if isinstance(start, datetime) or start is None else midnight(start, zone)
    if end is None:
        return first, None
    return first, end + INCLUSIVE if isinstance(end, datetime) else midnight(end + timedelta(days=1), zone)


def is_reversed(start: date | datetime | None, end: date | datetime | None, zone: tzinfo) -> bool:
    """Whether an inclusive range ends before it starts. Days are compared as days, so a skipped day is no error."""
    if start is None or end is None:
        return False
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        return start > end
    first, last = day_range(start, end, zone)
    return first is not None and last is not None and first >= last


def midnight(day: date, zone: tzinfo) -> datetime:
    """The moment in UTC at which a day begins. If clocks skip midnight, it is the moment of the change; if midnight
    comes twice, it is the first one. A day that the zone skipped begins when the next day does."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
