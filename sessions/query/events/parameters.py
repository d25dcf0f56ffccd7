"""The parameters of the lists of events, declared once; `help_text` is their documentation."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from sessions.models import User
from sessions.query.events.latest import DISTINCT_COLUMNS
from sessions.query.events.page import EventSearch
from sessions.query.parameters import (
    DayOrMomentField,
    ListedWidget,
    SeveralChoicesField,
    WholeNumberField,
    day_range,
)
from sessions.query.request import FieldError

EVENTS_ON_A_PAGE = 50
MOST_EVENTS = 100_000
DAY = timedelta(hours=24)
# Both ends of a range belong to it, so a range of a day is one microsecond longer.
WIDEST = DAY + timedelta(microseconds=1)


def text(help_text: str, max_length: int = 255) -> forms.CharField:
    return forms.CharField(required=False, strip=False, max_length=max_length, help_text=help_text)


class EventParameters(forms.Form):
    """The parameters of both lists."""

    session = forms.UUIDField(required=False, help_text="Events of the session with this id.")
    event_type = text("Events of exactly this type.", 100)
    interaction = forms.ChoiceField(
        required=False,
        choices=[("true", "true"), ("false", "false")],
        help_text="true: what a person did; false: what happened by itself.",
    )
    installation_id = text("Events of sessions on this installation.")
    space_id = text("Events of sessions in this space.")
    device_id = text("Events of this device: the event's own, else its session's.")
    start = DayOrMomentField(required=False, help_text="First day or moment, inclusive: YYYY-MM-DD or RFC 3339.")
    end = DayOrMomentField(required=False, help_text="Last day or moment, inclusive: YYYY-MM-DD or RFC 3339.")


class EventListParameters(EventParameters):
    cursor = text("next_cursor of a page.", 500)
    limit = WholeNumberField(
        required=False, min_value=1, max_value=MOST_EVENTS, help_text="Events to return, 50 unless given."
    )


class LatestEventParameters(EventParameters):
    """`start` and `end` at most 24 hours apart; unless given, the past 24 hours."""

    distinct = SeveralChoicesField(
        choices=[(name, name) for name in DISTINCT_COLUMNS],
        widget=ListedWidget,
        help_text="One or more of str1 to str5 and int1 to int5, comma-separated: the newest event of each value.",
    )


def parameter_errors(form: EventParameters, data: QueryDict) -> list[FieldError]:
    """Every invalid, unknown or repeated parameter."""
    found = [
        FieldError(name, "unknown_parameter", f"There is no parameter “{name[:60]}”.")
        for name in data
        if name not in form.fields
    ]
    for name, values in data.lists():
        if name in form.fields and len(values) > 1:
            found.append(FieldError(name, "invalid_value", "Give this once."))
    for name, messages in form.errors.items():
        found += [FieldError(name, "invalid_value", str(message)) for message in messages]
    return found


def event_search(viewer: User, form: EventParameters) -> EventSearch:
    """The search that a valid form asks for."""
    given: dict[str, Any] = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
    start, end = day_range(given.get("start"), given.get("end"), viewer.zone)
    names = ("event_type", "installation_id", "space_id", "device_id")
    values: dict[str, object] = {name: given[name] for name in names if name in given}
    if "interaction" in given:
        values["interaction"] = given["interaction"] == "true"
    return EventSearch(viewer, start, end, given.get("session"), values)


def past_day(now: datetime | None = None) -> tuple[datetime, datetime]:
    """The past 24 hours, rolling, as a range whose end is exclusive."""
    now = now or timezone.now()
    return now - DAY, now + timedelta(microseconds=1)
