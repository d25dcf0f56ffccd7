"""The usage page: the bars of its charts, and the links from each number to the sessions that it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sessions.presenters.filter_bar import Preset, changed, presets
from sessions.query.session_query import SessionQuery
from sessions.query.usage import Named, Numbers, Usage, UsageQuery
from sessions.templatetags.history import duration

# A chart is drawn in units of its own: a day is 10 wide, of which the bar takes 8; the highest bar is 100.
DAY_WIDTH, BAR_WIDTH, HEIGHT = 10, 8, 100
SHORT_ENOUGH = ("Today", "Last 7 days", "Last 4 weeks", "Last 3 months", "Month to date")


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A bar for each day, oldest first."""

    title: str
    highest: str
    bars: list[Bar]
    width: int
    first: date
    last: date


@dataclass(frozen=True)
class Line:
    """A line of a table. Each of its numbers leads to the list: of all its sessions, the longest or slowest first."""

    label: str | date
    numbers: Numbers
    hours: str
    sessions_link: str
    longest_link: str
    slowest_link: str
    share: str


@dataclass(frozen=True)
class Top:
    title: str
    kind: str
    lines: list[Line]


def charts(found: Usage) -> list[Chart]:
    """Each has a scale of its own: beside the 95th percentile no median could be seen."""
    return [
        chart(found, "Sessions", lambda day: day.sessions, lambda most: f"{most:,}"),
        chart(found, "Hours", lambda day: day.duration_ms, lambda most: f"{hours_of(most)} h"),
        chart(found, "Median queue", lambda day: day.queue_median_ms or 0, duration),
        chart(found, "95th percentile", lambda day: day.queue_p95_ms or 0, duration),
    ]


def chart(found: Usage, title: str, value: Callable[[Numbers], int], say: Callable[[int], str]) -> Chart:
    days = list(found.days)
    values = [value(numbers) for numbers in found.days.values()]
    most = max(values)
    return Chart(title, say(most), bars(values, most), len(days) * DAY_WIDTH, days[0], days[-1])


def bars(values: Sequence[int], most: int) -> list[Bar]:
    """Anything above nothing is at least one unit high, so that it is seen."""
    found = []
    for number, value in enumerate(values):
        if value:
            height = max(round(value / most * HEIGHT, 1), 1.0)
            found.append(Bar(number * DAY_WIDTH + 1, round(HEIGHT - height, 1), height))
    return found


def day_lines(asked: UsageQuery, found: Usage) -> list[Line]:
    """Newest first, as the list is."""
    most = max(numbers.sessions for numbers in found.days.values())
    return [line(asked.query, day, numbers, most, day_range(asked, day)) for day, numbers in found.days.items()][::-1]


def tops(asked: UsageQuery, found: Usage) -> list[Top]:
    every = (("Apps", "app", found.apps), ("Devices", "device", found.devices), ("Users", "user", found.users))
    return [Top(title, kind, named_lines(asked.query, kind, named)) for title, kind, named in every if named]


def named_lines(query: SessionQuery, kind: str, named: list[Named]) -> list[Line]:
    most = named[0].numbers.sessions
    return [line(query, one.label, one.numbers, most, {kind: [one.value]}) for one in named]


def total_line(asked: UsageQuery, found: Usage) -> Line:
    return line(asked.query, "", found.total, found.total.sessions, {})


def line(query: SessionQuery, label: str | date, numbers: Numbers, most: int, narrowed: dict[str, list[str]]) -> Line:
    without = narrowed | {"limit": []}
    return Line(
        label,
        numbers,
        hours_of(numbers.duration_ms),
        changed(query.data, **without, sort=[]),
        changed(query.data, **without, sort=["-duration_ms"]),
        changed(query.data, **without, sort=["-queue_ms"]),
        f"{numbers.sessions / most * 100:.1f}" if most else "0",
    )


def day_range(asked: UsageQuery, day: date) -> dict[str, list[str]]:
    """A day's part of the range, which may begin or end with a moment within it."""
    start, end = asked.query.values.get("start"), asked.query.values.get("end")
    first, last = day == asked.days[0], day == asked.days[-1]
    return {
        "start": [str(asked.query.data["start"]) if first and isinstance(start, datetime) else str(day)],
        "end": [str(asked.query.data["end"]) if last and isinstance(end, datetime) else str(day)],
    }


def hours_of(milliseconds: int) -> str:
    return f"{milliseconds / 3_600_000:,.1f}"


def usage_presets(query: SessionQuery) -> list[Preset]:
    """Those of the list that are no longer than what is counted."""
    return [preset for preset in presets(query) if preset.label in SHORT_ENOUGH]
