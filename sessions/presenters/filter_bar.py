"""The filter bar: what can be chosen, what is chosen, and the links that take a choice away."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from sessions.models.dimensions import FILTERS
from sessions.query import Parameters
from sessions.query.expression import OneOf, Term, Value, Words
from sessions.query.language.parts import Part, operands_of, parts_of
from sessions.query.meaning import attribute_name
from sessions.query.options import Options
from sessions.query.parameters import SessionFilterSet

# Where a page stands, not what it shows: another filter starts from the first page.
PLACE_PARAMETERS = ("cursor", "mode")
# Parameters that say how rows are answered, not which.
NOT_FILTERS = {"view", "sort", "sort_by", "limit", "fields", "count", *PLACE_PARAMETERS}
SEARCHED_FROM = 8
# Each chip's link holds all the others: 500 of them made a page of 7 MB.
MOST_CHIPS = 20
# The filters that stand in the bar. All others are in its menu.
IN_THE_BAR = ("user", "app", "device")


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    note: str
    checked: bool
    is_heading: bool = False


@dataclass(frozen=True)
class Choice:
    """A filter with several values: its closed label says what is chosen."""

    name: str
    label: str
    everything: str
    options: list[Option]
    more: bool

    @property
    def is_in_the_bar(self) -> bool:
        return self.name in IN_THE_BAR

    @cached_property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.checked]

    @property
    def summary(self) -> str:
        if not self.chosen:
            return self.everything
        return self.chosen[0].label if len(self.chosen) == 1 else f"{self.label}: {len(self.chosen)}"

    @property
    def is_searched(self) -> bool:
        return len(self.options) > SEARCHED_FROM


@dataclass(frozen=True)
class Chip:
    """One value that is set, and the query string without it."""

    name: str
    label: str
    text: str
    without: str


@dataclass(frozen=True)
class Preset:
    label: str
    query: str
    is_current: bool


def choices(asked: Parameters, options: Options) -> list[Choice]:
    found = []
    for name, dimension in FILTERS.items():
        chosen = dict.fromkeys(asked.values.get(name, []))
        if dimension.vocabulary:
            listed = [
                Option(value, text, "", value in chosen)
                for value, text in dimension.vocabulary.choices
                if not dimension.is_facet or (value, "") in options.values.get(name, [])
            ]
        elif name == "os":
            listed = os_options(options.values.get("os", []), options.majors, chosen)
        elif name == "app":
            listed = [
                Option(value, note or value, value if note else "", value in chosen)
                for value, note in options.values.get(name, [])
            ]
        else:
            listed = [Option(value, value, note, value in chosen) for value, note in options.values.get(name, [])]
        # What the address asks for stays visible, also when it is not (or no longer) on offer.
        there = {option.value for option in listed}
        listed += [Option(value, value, "", checked=True) for value in chosen if value not in there]
        is_shown = bool(dimension.everything or chosen) and not (name == "user" and not asked.viewer.is_admin)
        if listed and is_shown:
            found.append(Choice(name, dimension.plural, dimension.everything, listed, name in options.more))
    return found


def os_options(systems: list[tuple[str, str]], majors: Mapping[str, str], chosen: Container[str]) -> list[Option]:
    """Grouped by major version, the newest first: the major one stands for all of its versions."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, version in systems:
        groups.setdefault((name, majors[version]), []).append(version)
    listed = []
    for name, major in sorted(
        groups, key=lambda group: (group[0].casefold(), [-part for part in version_parts(group[1])])
    ):
        heading = f"{name} {major}".strip()
        listed.append(Option(heading, heading, "", heading in chosen, is_heading=True))
        versions = sorted(groups[name, major], key=version_parts, reverse=True)
        values = [f"{name} {version}".strip() for version in versions]
        listed += [Option(value, value, "", value in chosen) for value in values if value != heading]
    return listed


def version_parts(version: str) -> list[int]:
    """The numbers in it, for order."""
    return [int(number) for number in re.findall("[0-9]+", version)]


def chips(asked: Parameters) -> list[Chip]:
    """Everything that narrows the list, in the order of the parameters."""
    filters = SessionFilterSet.base_filters
    labels = {name: str(filter_.label) for name, filter_ in filters.items() if name not in NOT_FILTERS}
    labels |= {name: named for name in asked.values if (named := attribute_name(name))}
    found: list[Chip] = []
    for name, label in labels.items():
        if name == "q" and name in asked.values:
            found += search_chips(asked)
        elif name in asked.values:
            found += chips_of(asked, name, label)
    return found


def chips_of(asked: Parameters, name: str, label: str) -> list[Chip]:
    value = asked.values[name]
    without = changed(asked.data, **{name: []})
    if not isinstance(value, list):
        # What is relative or a length of time reads best as it was given.
        text = f"{value:%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else str(value)
        given = asked.data.get(name, "")
        is_plain = isinstance(value, int) or given.startswith("-")
        return [Chip(name, label, given if is_plain else text, without)]
    if len(value) > MOST_CHIPS:
        return [Chip(name, label, f"{len(value)} values", without)]
    choices = dict(getattr(SessionFilterSet.base_filters.get(name), "extra", {}).get("choices", ()))
    found = []
    for item in value:
        rest = [other for other in asked.data.getlist(name) if other != item]
        found.append(Chip(name, label, str(choices.get(item, item)), changed(asked.data, **{name: rest})))
    return found


def search_chips(asked: Parameters) -> list[Chip]:
    """One for each part of the search that applies. Without a part, the text of the search is what is left."""
    applied = operands_of(asked.search.expression)
    parts = [one for one in parts_of(asked.search.text) if set(operands_of(one.expression)) <= set(applied)]
    if not 0 < len(parts) <= MOST_CHIPS:
        return [Chip("q", "Search", asked.values["q"], changed(asked.data, q=[]))]
    return [search_chip(asked, part) for part in parts]


def search_chip(asked: Parameters, part: Part) -> Chip:
    """A value of a filter is labelled as the filter labels it."""
    label, text = "Search", part.text
    match part.expression:
        case Term(name, OneOf((Value(value, is_prefix=False),))) if name in FILTERS:
            words = FILTERS[name].vocabulary
            label, text = FILTERS[name].label, str(dict(words.choices)[value]) if words else value
        case Words(found):
            text = found
    return Chip("q", label, text, changed(asked.data, q=[part.rest] if part.rest else []))


def changed(data: QueryDict, **values: list[str]) -> str:
    """The query string with some parameters replaced, from the first page on. Where a view applies, a parameter that is
    taken away stays as an empty one: without it, the view's would apply again."""
    if data.get("view"):
        values = {name: listed or ([""] if name in data and name != "view" else []) for name, listed in values.items()}
    asked = {name: tuple(listed) for name, listed in (dict(data.lists()) | values).items() if listed}
    return "&".join(encoded(name, listed) for name, listed in asked.items() if name not in PLACE_PARAMETERS)


@lru_cache(maxsize=64)
def encoded(name: str, values: tuple[str, ...]) -> str:
    """Kept, since nine links of a page repeat them: for 500 users that was half of its time."""
    return urlencode([(name, value) for value in values])


def presets(asked: Parameters) -> list[Preset]:
    """The vendor's date presets, in days of the viewer's zone, today included."""
    today = timezone.localdate(timezone=asked.viewer.zone)
    starts = (
        ("Today", today),
        ("Last 7 days", today - timedelta(days=6)),
        ("Last 4 weeks", today - timedelta(days=27)),
        ("Last 3 months", months_before(today, 3)),
        ("Last 12 months", months_before(today, 12)),
        ("Month to date", today.replace(day=1)),
        ("Year to date", today.replace(month=1, day=1)),
    )
    current = (asked.values.get("start"), asked.values.get("end"))
    return [
        Preset(label, changed(asked.data, start=[str(start)], end=[str(today)]), current == (start, today))
        for label, start in starts
    ]


def months_before(day: date, months: int) -> date:
    """The day after the same day of an earlier month, so that the range is whole months."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last) + timedelta(days=1)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
